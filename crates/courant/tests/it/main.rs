//! The program as its users meet it: run as a process, on real folders.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(clippy::disallowed_macros, reason = "tests print where their output is wanted")]
#![allow(clippy::disallowed_methods, reason = "a test is configured by its environment")]

mod api_keys;
mod beacon;
mod commands;
mod crash;
mod demo;
mod editing;
mod fake_web;
mod harness;
mod health;
mod import;
mod inspect;
mod judgement;
mod keys;
mod kills;
mod output;
mod own_examples;
mod private;
mod proposals;
mod queue;
mod serving;
mod signals;
mod sources;
mod store;
mod stories;
