//! `[health]`: when a running program reports that it is not well.

use super::{section::config_section, units::Megabytes};

config_section! {
    /// Health checks.
    ["health"]
    pub struct HealthConfig {
        /// /readyz and `courant doctor` warn if a disk of the site has less free space than this,
        /// in megabytes.
        pub min_free_mb: Megabytes = Megabytes(100),
    }
}
