//! `[health]`: from when on a running program says that it is not well.

use serde::{Deserialize, Serialize};

/// `[health]`: what `/readyz` and `courant doctor` take for too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthConfig {
    /// Free space on the disks of the site, in megabytes.
    pub min_free_mb: u64,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { min_free_mb: 100 }
    }
}
