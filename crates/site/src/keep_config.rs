//! `[keep]`: for how long the store keeps what it does not need for ever.

use courant_store::Keep;
use serde::{Deserialize, Serialize};

/// The fewest days for which rows of captures are kept: what sources brought is told over four weeks.
pub(crate) const LEAST_ROW_DAYS: u32 = 28;

/// `[keep]`, in days; 0 keeps for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "they are the names of keys, which say their unit")]
pub struct KeepConfig {
    /// Pages as fetched, after they were processed.
    pub capture_days: u32,
    /// The same for the latest one of each published article.
    pub published_capture_days: u32,
    /// That a page with these very bytes was processed.
    pub capture_row_days: u32,
    /// Texts of articles that were never published.
    pub unpublished_text_days: u32,
    /// Entries that their sources no longer list, and that pages were fetched.
    pub source_entry_days: u32,
    /// Pages and captures that were given up.
    pub dead_letter_days: u32,
    /// What is known about images that nothing shows.
    pub image_days: u32,
    /// How often links were followed.
    pub click_days: u32,
}

impl Default for KeepConfig {
    fn default() -> Self {
        Self {
            capture_days: 7,
            published_capture_days: 7,
            capture_row_days: 90,
            unpublished_text_days: 90,
            source_entry_days: 180,
            dead_letter_days: 90,
            image_days: 90,
            click_days: 400,
        }
    }
}

impl KeepConfig {
    /// The settings for the store; `window_days` is how long the grouping needs texts.
    pub const fn of_store(&self, window_days: u32) -> Keep {
        Keep {
            capture_days: self.capture_days,
            published_capture_days: self.published_capture_days,
            capture_row_days: self.capture_row_days,
            unpublished_text_days: self.unpublished_text_days,
            source_entry_days: self.source_entry_days,
            dead_letter_days: self.dead_letter_days,
            image_days: self.image_days,
            click_days: self.click_days,
            window_days,
        }
    }

    /// What is out of bounds, if anything: the key and what it must be.
    pub(crate) fn problem(&self, max_age_days: u32) -> Option<(&'static str, String)> {
        let below = |days: u32, least: u32| days > 0 && days < least;
        if below(self.capture_row_days, LEAST_ROW_DAYS) {
            return Some(("capture_row_days", format!("must be 0 (for ever) or at least {LEAST_ROW_DAYS}")));
        }
        // An entry that is forgotten while it is still young enough to be taken in would be taken in again.
        if below(self.source_entry_days, max_age_days) {
            let wanted = format!("must be 0 (for ever) or at least [poll] max_age_days ({max_age_days})");
            return Some(("source_entry_days", wanted));
        }
        None
    }
}
