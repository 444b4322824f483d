//! Images: their size, measured from their own bytes, and this site's copies of them.

mod cache;
mod measure;

pub use cache::{CachedImage, ImageCache, ImageError, ImageLimits};
pub use measure::{ImageFormat, MAX_PIXELS, Measured, measure};
