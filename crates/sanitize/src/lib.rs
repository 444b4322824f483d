//! HTML and SVG of others made harmless: one policy for HTML (`html/policy.rs`) and one for SVG
//! (`svg/policy.rs`).
//!
//! - [`sanitize_html`] removes whatever the HTML policy does not allow.
//! - [`is_inert`] and [`is_markdown_inert`] tell whether a text may be passed on byte for byte;
//!   [`is_embed`] whether it is the frame of a player and nothing else.
//! - [`without_forbidden_urls`] and [`without_forbidden_destinations`] remove the URLs that a site
//!   must not publish.
//! - [`sanitize_svg`] rewrites a drawing with the allowed elements alone.
//!
//! Everything here is a pure function of its input, takes any input without panic, and does work in
//! proportion to its length.

#![warn(missing_docs)]

mod html;
mod svg;

pub use html::{
    is_embed, is_inert, is_markdown_inert, policy, sanitize_html, without_forbidden_destinations,
    without_forbidden_urls,
};
pub use svg::{MAX_SVG_BYTES, Svg, SvgProblem, is_svg, sanitize_svg};
