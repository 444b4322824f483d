//! Grouping settings of a site.

use serde::{Deserialize, Serialize};

/// Limits of the window in which stories are open, and the required certainties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupConfig {
    /// Days after which an article leaves the window, counted from when it was first seen to when
    /// the newest article was. Nothing joins its story any more unless a younger article of it
    /// remains.
    pub window_days: u32,
    /// Maximum number of articles in the window; the first to arrive leave first. It bounds the
    /// memory, at 2.5 to 6 KB per article, more if texts are long and the window is small.
    pub max_articles: usize,
    /// Minimum probability that an article belongs to a story, from 0 to 1.
    pub join_at: f64,
    /// Minimum probability that two stories are one, from 0 to 1.
    pub merge_at: f64,
    /// Minimum share of the shorter text that a copy has in common with the longer one, from 0 to
    /// 1.
    pub copy_overlap: f64,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self { window_days: 365, max_articles: 50_000, join_at: 0.5, merge_at: 0.6, copy_overlap: 0.4 }
    }
}
