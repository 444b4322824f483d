//! HTML: removing what the policy does not allow, and telling whether a text may pass as it is.

mod clean;
mod embed;
mod inert;
pub mod policy;
mod repair;
mod tags;

pub use clean::sanitize_html;
pub use embed::is_embed;
pub use inert::{is_inert, is_markdown_inert, without_forbidden_destinations};
pub use tags::without_forbidden_urls;
