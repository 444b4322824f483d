//! Processing: turns stored captures into articles with topics, quality and a place in a story.
//!
//! `batch` takes pending captures in batches. `parse_article` parses each of them into a
//! `candidate`: it decides between page and entry, `attribution` finds the provider to credit,
//! `record_capture` parses imported records, and `publishable` removes what must not be published.
//! `full_text` completes articles of which a page has only the beginning. `place` puts the articles
//! into stories, with the story `index`, and commits the batch. `summary` counts the outcome.
//!
//! Two jobs work on stored articles: `rejudge` judges them again, with the input from
//! `stored_input`, and `repair_times` corrects times after the clock was wrong.

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
