//! Readers and writers of what Courant exchanges with the world: pure functions between bytes and values.
#![warn(missing_docs)]

pub mod encoding;
pub mod feed;
pub mod opml;
pub mod xml;
