//! Pure readers and writers of the formats that Courant exchanges: bytes in, values out, and back.
//!
//! Nothing here opens a file or a socket or reads the clock. Every reader is bounded in bytes,
//! depth and count, and takes any input without panic.

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
