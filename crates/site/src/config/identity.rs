//! `[identity]`: how URLs are cleaned.

use std::path::PathBuf;

use super::section::config_section;

config_section! {
    /// How the URLs of articles are cleaned of trackers.
    ["identity"]
    pub struct IdentityConfig {
        /// Files of tracker rules in the format of `ClearURLs` or Brave, relative to this folder,
        /// besides the rules that come with the program.
        pub rules: Vec<PathBuf> = Vec::new(),
    }
}
