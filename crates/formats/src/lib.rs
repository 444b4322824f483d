//! Pure readers and writers of what Courant exchanges with the world: bytes in, values out, and back.
//!
//! Nothing here opens a file or a socket or asks for the time. Every reader is bounded in bytes, depth and
//! count, and takes any input without panic.

#![warn(missing_docs)]

pub mod decode;
pub mod encoding;
pub mod feed;
pub mod opml;
pub mod record;
pub mod sealed;
pub mod taxonomy;
pub mod warc;
pub mod xml;

mod yaml;

pub use yaml::YamlError;
