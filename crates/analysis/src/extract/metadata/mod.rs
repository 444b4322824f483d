//! The fields of the article except its text, each from what the page states.

pub(super) mod authors;
mod date_text;
pub(super) mod dates;
pub(super) mod excerpt;
pub(super) mod images;
pub(super) mod language;
pub(super) mod links;
pub(super) mod title;
mod zone;
