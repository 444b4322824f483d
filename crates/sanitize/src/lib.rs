//! HTML and SVG of others made harmless.
//!
//! Everything here is a pure function of its input, takes any input without panic, and does work in
//! proportion to its length.

#![warn(missing_docs)]

mod html;
mod svg;

pub use html::{
    is_embed, is_inert, is_markdown_inert, sanitize_html, without_bad_addresses, without_bad_destinations,
};
pub use svg::{MAX_SVG_BYTES, Svg, SvgProblem, is_svg, sanitize_svg};
