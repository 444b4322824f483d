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

mod config;
mod copies;
mod decide;
mod grouper;
mod index;
mod placement;
mod prepare;
pub mod train;

pub use config::GroupConfig;
pub use decide::{
    bridge::BRIDGE_FEATURES,
    forest::{Forest, Tree},
    model::Model,
};
pub use grouper::Grouper;
pub use index::features::{FEATURES, Features};
pub use placement::{Bridge, Choice, Placement};
pub use prepare::{
    article::{GroupDoc, Prepared, prepare, prepare_with},
    dictionary::{Dictionary, DictionaryError},
    vectors,
};
