//! The client against servers that do not play fair, and the address ranges that it never asks.

#![allow(clippy::unwrap_used, reason = "a test ends where one of its steps fails")]

mod hostile;
mod special_ranges;
