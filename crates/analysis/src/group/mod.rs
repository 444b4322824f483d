//! Story grouping: which articles tell the same event, and which repeat the same text.
//!
//! It works online, in the order of arrival. [`prepare`] turns an article into terms and a
//! fingerprint (pure, the costly part); [`Grouper::place`] finds the few stories that it may belong
//! to by an inverted index over a window of recent articles, compares it with their articles in
//! several views, and lets a learned decision determine whether it joins one or opens its own.
//! Copies are found by fingerprint, with a check of names and numbers; the oldest is the original,
//! unless it credits an agency whose own article is there. Two stories are merged if an article may
//! belong to both and a second learned decision, which compares the articles of both, agrees.
//!
//! Everything is decided from the articles of the window and their order, so a window rebuilt with
//! [`Grouper::restore`] continues exactly like the lost one. Lead, related articles and heat of a
//! story are determined in [`story`](crate::story).

mod config;
mod copies;
mod decide;
mod feature_set;
mod grouper;
mod index;
mod placement;
mod prepare;
pub mod train;

pub use config::GroupConfig;
pub use decide::{
    forest::{Forest, Tree},
    merge_features::{MERGE_FEATURES, MergeFeatures},
    model::Model,
};
pub use grouper::Grouper;
pub use index::join_features::{JOIN_FEATURES, JoinFeatures};
pub use placement::{JoinCandidate, MergeCandidate, Placement};
pub use prepare::{
    article::{GroupDoc, Prepared, prepare, prepare_with},
    dictionary::{Dictionary, DictionaryError},
    vectors,
};
