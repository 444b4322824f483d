//! The window of recent articles, its index, and the search for the stories that an article may
//! belong to.

pub(super) mod compare;
pub(super) mod join_features;
mod postings;
pub(super) mod search;
pub(super) mod stories;
pub(super) mod window;
