//! What the tests of the API share. Not every test file uses all of it, and a failure here is a failed test.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod site;
