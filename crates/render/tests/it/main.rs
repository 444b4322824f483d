//! Tests of all outputs on the sample publication.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod classic;
mod collections;
mod documents;
mod feeds;
mod incremental;
mod pages;
mod sample;
mod style;
