//! `[keep]`: how long the store keeps what it does not need forever.

use super::{
    section::{Invalid, config_section},
    units::Days,
};

/// The fewest days for which rows of captures are kept: the yield of sources is reported over four
/// weeks.
const MIN_ROW_DAYS: u32 = 28;

config_section! {
    /// How many days the store keeps what it does not need forever; 0 keeps it forever. `courant
    /// store show` says what takes space. Articles, texts of published articles and editors'
    /// decisions are always kept.
    ["keep"]
    #[derive(Copy, Eq)]
    #[allow(clippy::struct_field_names, reason = "they are the names of keys, which say their unit")]
    pub struct KeepConfig {
        /// Fetched pages, after they were processed.
        pub capture_days: Days = Days(7),
        /// The same for the latest page of each published article; less than `capture_days` counts
        /// as `capture_days`.
        pub published_capture_days: Days = Days(7),
        /// Notes that a page with exactly these bytes was processed, so that it is not processed
        /// again. 0, or at least 28.
        pub capture_row_days: Days = Days(90),
        /// Texts of articles that were never published, since they were first seen. Title and
        /// excerpt stay.
        pub unpublished_text_days: Days = Days(90),
        /// Entries, since their source last listed them. 0, or at least `max_age_days` of the
        /// polls.
        pub source_entry_days: Days = Days(180),
        /// Pages and captures that could not be processed.
        pub dead_letter_days: Days = Days(90),
        /// What is known about images that no page shows.
        pub image_days: Days = Days(90),
        /// Counts of followed links.
        pub click_days: Days = Days(400),
    }
}

impl KeepConfig {
    /// `max_age` is how old an entry of a source may be.
    pub(super) fn validate(&self, max_age: Days) -> Result<(), Invalid> {
        let below = |days: Days, min: Days| days > Days(0) && days < min;
        if below(self.capture_row_days, Days(MIN_ROW_DAYS)) {
            let message = format!("must be 0 (forever) or an integer of at least {MIN_ROW_DAYS}");
            return Err(Invalid::new("capture_row_days", message));
        }
        // An entry that is forgotten while it is young enough to be taken would be taken again.
        if below(self.source_entry_days, max_age) {
            let message =
                format!("must be 0 (forever) or an integer of at least [poll] max_age_days ({max_age})");
            return Err(Invalid::new("source_entry_days", message));
        }
        Ok(())
    }
}
