//! `[group]`: how articles become stories.

use std::path::PathBuf;

use super::{section::config_section, units::Days};

config_section! {
    /// How articles become stories.
    ["group"]
    pub struct GroupConfig {
        /// Put articles about one event into one story; false makes each article a story of its
        /// own.
        pub enabled: bool = true,
        /// Days during which articles can join a story.
        pub window_days: Days = Days(14),
        /// Maximum number of recent articles to compare a new one with, at 3 to 6 KB of memory
        /// each; the first to arrive are dropped first.
        pub window_articles: usize = 50_000,
        /// A model of your own, as `cargo xtask train group` writes it, in place of the program's.
        #[example("model = \"stories.json\"")]
        pub model: Option<PathBuf> = None,
    }
}

impl GroupConfig {
    /// The settings of the grouper.
    pub fn grouper(&self) -> courant_analysis::group::GroupConfig {
        courant_analysis::group::GroupConfig {
            window_days: self.window_days.0,
            max_articles: self.window_articles,
            ..Default::default()
        }
    }
}
