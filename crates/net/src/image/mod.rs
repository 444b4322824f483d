//! The site's copies of images.

mod cache;

pub use cache::{CachedImage, ImageCache, ImageError, ImageLimits, thumbnail_file};
