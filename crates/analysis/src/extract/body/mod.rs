//! The main text: where it is, what of it does not belong to the article, and how it is written out.

pub(super) mod blocks;
mod container;
mod furniture;
mod lead;
pub(super) mod main_text;
mod phrases;
mod prune;
pub(super) mod sanitise;
mod writer;
