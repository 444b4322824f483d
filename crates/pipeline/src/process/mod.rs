//! Processing: from a stored capture to an article with its topics, its quality and its place in a story.

pub(crate) mod attribution;
pub(crate) mod batch;
pub(crate) mod candidate;
pub(crate) mod full_text;
pub(crate) mod index;
pub(crate) mod parse_article;
pub(crate) mod place;
pub(crate) mod publishable;
pub(crate) mod record_capture;
pub(crate) mod rejudge;
pub(crate) mod repair_times;
pub(crate) mod stored_input;
pub(crate) mod summary;
