//! The readers on shared cases, extensions of feeds, and mutated input.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(clippy::disallowed_methods, reason = "a test is configured by its environment")]

mod dates;
mod discovery;
mod extensions;
mod mutation;
