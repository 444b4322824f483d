//! The HTML pages. Each file gathers what its template shows; texts and markup are in the
//! templates.

mod curve;
mod directory;
mod front;
mod layout;
mod list;
mod manual;
mod plain;
mod search;
mod story;

pub(crate) use directory::{archive, providers, topics};
pub(crate) use front::front;
pub(crate) use list::list;
pub(crate) use manual::manual;
pub(crate) use plain::{about, not_found, withdrawn};
pub(crate) use search::search;
pub(crate) use story::story;

/// The type of every page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
