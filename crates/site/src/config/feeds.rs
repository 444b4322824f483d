//! `[feeds]`: the feeds of stories.

use super::section::config_section;

config_section! {
    /// Feeds besides those of the site and its topics.
    ["feeds"]
    pub struct FeedsConfig {
        /// Give each story its own feeds. A static build then has three more files per story; false
        /// saves them, if a host allows few files.
        pub stories: bool = true,
    }
}
