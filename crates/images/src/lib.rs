//! Images of others, from their bytes: measured by their headers, decoded within a bound of memory
//! for the whole process, and made smaller for phones. No I/O.
//!
//! A crate of its own because resizing is generic: it is compiled, and optimised also for tests,
//! in the crate that uses it.

#![warn(missing_docs)]

mod measure;
mod memory;
mod thumbnail;

pub use measure::{ImageFormat, MAX_PIXELS, Measured, measure};
pub use memory::MAX_DECODING_BYTES;
pub use thumbnail::{THUMBNAIL_WIDTHS, TooCostly, thumbnails};
