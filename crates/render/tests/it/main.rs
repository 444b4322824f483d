//! Tests of all outputs on the sample publication.

mod classic;
mod collections;
mod documents;
mod feeds;
mod incremental;
mod pages;
mod sample;
mod style;
