//! SVG: shapes, text and gradients are kept; whatever can run, load or link is removed.
//!
//! The policy lists what is kept (SVG 2 §5 to §14, without `script`, `foreignObject`, `a`, `image`,
//! `style` elements, animation and filters). The document is written again from its events: without
//! document type, declared entities, processing instructions and comments.

mod clean;
mod expansion;
mod policy;
mod problem;
#[cfg(test)]
mod tests;

pub use clean::{Svg, sanitize_svg};
pub use problem::{MAX_SVG_BYTES, SvgProblem};

/// Whether bytes look like an SVG document; a cheap test that tells it from other images.
pub fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') && text.contains("<svg")
}
