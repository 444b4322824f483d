//! Turns an article into its terms, its credits and its fingerprint: the costly, pure half of
//! grouping.

pub(super) mod article;
pub(super) mod credits;
pub(super) mod dictionary;
mod hash;
mod lexicon;
mod roundup;
pub(super) mod sketch;
mod stop_words;
mod tokens;
pub mod vectors;
