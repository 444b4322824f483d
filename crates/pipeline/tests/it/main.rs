//! The jobs of the pipeline together, through the crate's public API.

#![allow(clippy::unwrap_used, reason = "a test ends where one of its steps fails")]

mod scenarios;
mod spans;
