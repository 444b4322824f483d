//! Story grouping: which articles tell the same event, and which repeat the same text.
//!
//! Online, in the order of arrival. [`prepare`] turns an article into terms and a fingerprint (pure, the
//! costly part); [`Grouper::place`] finds the few stories that it may belong to by an inverted index over a
//! window of recent articles, compares it with their articles in several views, and lets a learned decision
//! say whether it joins one or opens its own. Copies are found by fingerprint, with a guard on names and
//! numbers; the oldest is the original, unless it credits an agency whose own article is there. Two stories become one when an article may tell both and a second learned decision, which compares
//! the articles of the one with those of the other, says so.
//!
//! Everything is decided from the articles of the window and their order, so a window that was rebuilt with
//! [`Grouper::restore`] goes on exactly as the lost one would have. What stands for a story (lead, related,
//! heat) is the part of [`story`](crate::story).

mod because;
mod bridge;
mod common;
mod compare;
mod config;
mod copies;
mod credits;
mod decide;
mod dictionary;
mod features;
mod forest;
mod grouper;
mod hash;
mod lexicon;
mod placement;
mod postings;
mod prepare;
mod round_up;
mod search;
mod sketch;
mod stories;
pub mod train;
pub mod vectors;
mod window;
mod words;

pub use bridge::BRIDGE_FEATURES;
pub use config::GroupConfig;
pub use decide::Model;
pub use dictionary::{Dictionary, DictionaryError};
pub use features::{FEATURES, Features};
pub use forest::{Forest, Tree};
pub use grouper::Grouper;
pub use placement::{Bridge, Choice, Placement};
pub use prepare::{GroupDoc, Prepared, prepare, prepare_with};
