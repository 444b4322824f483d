//! What a site's owner may set about grouping.

use serde::{Deserialize, Serialize};

/// Bounds of the window in which stories live, and how sure the machine must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupConfig {
    /// Articles first seen longer ago than this, measured from the newest one, leave the window: nothing joins
    /// their story any more unless a younger article of it remains. In days.
    pub window_days: u32,
    /// The window never holds more articles than this; the first to arrive leave first. It bounds the memory,
    /// at 2.5 to 6 KB an article, more where texts are long and the window small.
    pub max_articles: usize,
    /// How sure the machine must be that an article tells a story's event before it joins, from 0 to 1.
    pub join_at: f64,
    /// How sure it must be of two stories before it makes them one, from 0 to 1.
    pub merge_at: f64,
    /// The share of the shorter text that must stand in the longer one for a copy, from 0 to 1.
    pub copy_overlap: f64,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self { window_days: 365, max_articles: 50_000, join_at: 0.5, merge_at: 0.6, copy_overlap: 0.4 }
    }
}
