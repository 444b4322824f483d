//! Limits of drawings, and why one is refused.

/// Maximum size of an SVG file in bytes.
pub const MAX_SVG_BYTES: usize = 1 << 20;
/// Maximum number of elements, because drawing them takes time.
pub(super) const MAX_ELEMENTS: usize = 20_000;
/// Maximum nesting of elements.
pub(super) const MAX_DEPTH: usize = 64;

/// Maximum number in coordinates and lengths: larger ones make renderers work on shapes that nobody
/// sees.
pub(super) const MAX_NUMBER: f64 = 1e7;

/// Why an SVG is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SvgProblem {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// Larger than [`MAX_SVG_BYTES`].
    #[error("more than {MAX_SVG_BYTES} bytes")]
    TooLarge,
    /// Not a well-formed document with one `svg` element as its root.
    #[error("not a well-formed SVG document")]
    Malformed,
    /// No width and height of 1 to 32,768 pixels.
    #[error("width and height must be from 1 to 32768 pixels")]
    NoSize,
    /// Too many elements.
    #[error("more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    /// Nested too deep.
    #[error("nested deeper than {MAX_DEPTH} elements")]
    TooDeep,
    /// Elements that refer to each other in a circle, or too deep.
    #[error("elements refer to each other in a circle or too deep")]
    References,
    /// Elements that are drawn too often through references.
    #[error("draws more than {max} elements through references")]
    TooMuchDrawn {
        /// The limit.
        max: u64,
    },
    /// A number that is too large.
    #[error("contains a number larger than {MAX_NUMBER}")]
    HugeNumber,
}
