//! The fields of the article beside its text, each from what the page states about itself.

pub(super) mod authors;
mod date_text;
pub(super) mod dates;
pub(super) mod excerpt;
pub(super) mod images;
pub(super) mod language;
pub(super) mod links;
pub(super) mod title;
mod zone;
