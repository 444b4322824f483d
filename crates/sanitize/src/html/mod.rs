//! Looking at HTML without building a tree: whether it holds anything that acts, and which addresses stand in it.

mod clean;
mod embed;
mod inert;
mod tags;

pub use clean::sanitize_html;
pub use embed::is_embed;
pub use inert::{is_inert, is_markdown_inert, without_bad_destinations};
pub use tags::without_bad_addresses;
