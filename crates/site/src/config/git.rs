//! `[git]`: committing record files.

use super::section::config_section;

config_section! {
    /// Committing record files to git.
    ["git"]
    pub struct GitConfig {
        /// Commit the record files of a round to the git repository that contains this folder, if
        /// the round changed something that readers see.
        pub commit: bool = false,
        /// Author and committer: `Name <email address>`.
        pub author: String = "Courant <courant@localhost>".to_owned(),
        /// The message; {count} is the number of records written.
        pub message: String = "Records: {count} changed".to_owned(),
        /// The remote to push each commit to, such as "origin"; "" pushes nowhere.
        pub push: String = String::new(),
    }
}
