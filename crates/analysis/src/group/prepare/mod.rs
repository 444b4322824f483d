//! The costly, pure half of grouping: an article to its terms, its credits and its fingerprint.

pub(super) mod article;
mod common;
pub(super) mod credits;
pub(super) mod dictionary;
mod hash;
mod lexicon;
mod round_up;
pub(super) mod sketch;
pub mod vectors;
mod words;
