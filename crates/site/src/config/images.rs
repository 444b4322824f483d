//! `[images]`: copies of images.

use super::{section::config_section, units::Megabytes};

config_section! {
    /// Copies of images.
    ["images"]
    pub struct ImagesConfig {
        /// Keep copies of lead images and serve them from this site.
        pub cache: bool = true,
        /// Maximum size of one image, in bytes.
        pub max_bytes: u64 = 8_000_000,
        /// Maximum size of all copies together, in megabytes; those of the oldest articles are
        /// removed first. 0 sets no limit.
        pub budget_mb: Megabytes = Megabytes(5_000),
    }
}
