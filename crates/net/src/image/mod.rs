//! Images: measuring them from their bytes, and the site's copies of them.

mod cache;
mod measure;
mod memory;
mod thumbnail;

pub use cache::{CachedImage, ImageCache, ImageError, ImageLimits, thumbnail_file};
pub use measure::{ImageFormat, MAX_PIXELS, Measured, measure};
pub use memory::MAX_DECODING_BYTES;
pub use thumbnail::THUMBNAIL_WIDTHS;
