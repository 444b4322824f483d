//! The stages of analysis on data: annotated pages, labelled streams, our own sets, random input.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(clippy::disallowed_macros, reason = "tests print where their output is wanted")]
#![allow(clippy::disallowed_methods, reason = "a test is configured by its environment")]

mod classic;
mod example_site;
mod extraction;
mod extraction_hostile;
mod extraction_support;
mod grouping;
mod grouping_cases;
mod grouping_languages;
mod grouping_laws;
mod grouping_restore;
mod identity_data;
mod judge_quality;
mod judge_topics;
mod news;
mod support;
