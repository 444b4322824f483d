//! The HTML pages. Each file gathers what its templates show; the words and the markup are in the templates.

mod curve;
mod directory;
mod frame;
mod front;
mod list;
mod list_html;
mod manual;
mod plain;
mod search;
mod shell;
mod story;
mod story_html;

pub use search::{FoundArticle, SearchView};

pub(crate) use directory::{archive, providers, topics};
pub(crate) use front::front;
pub(crate) use list::list;
pub(crate) use manual::manual;
pub(crate) use plain::{about, not_found, withdrawn};
pub(crate) use search::search;
pub(crate) use shell::Shells;
pub(crate) use story::story;

/// The type of every page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
