//! `[seal]`: the private part of records.

use std::path::PathBuf;

use super::section::config_section;

/// The key file of a new site, relative to its folder.
pub(crate) const KEY_FILE: &str = "keys/site.key";

config_section! {
    /// The private part of records.
    ["seal"]
    pub struct SealConfig {
        /// Files with the keys that seal it, newest first; `[]` publishes records without it.
        pub keys: Vec<PathBuf> = vec![KEY_FILE.into()],
    }
}
