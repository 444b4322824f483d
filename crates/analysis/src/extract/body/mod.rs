//! The main text: where it is, which parts don't belong to the article, and how it is written out.

pub(super) mod blocks;
mod boilerplate;
mod container;
mod lead;
pub(super) mod main_text;
mod phrases;
mod prune;
pub(super) mod sanitize;
mod writer;
