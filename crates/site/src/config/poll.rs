//! `[poll]`: how often sources are polled.

use super::{
    section::{Invalid, config_section},
    units::{Days, Minutes},
};

config_section! {
    /// How often sources are polled.
    ["poll"]
    pub struct PollConfig {
        /// Shortest time between two polls of a source, for busy ones, in minutes.
        #[range(1..)]
        pub min_minutes: Minutes = Minutes(15),
        /// Longest time between two polls of a source, for quiet ones, in minutes; not less than
        /// `min_minutes`.
        pub max_minutes: Minutes = Minutes(24 * 60),
        /// Entries older than this many days are ignored.
        pub max_age_days: Days = Days(30),
    }
}

impl PollConfig {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        if self.max_minutes < self.min_minutes {
            let message = format!("must be at least min_minutes ({})", self.min_minutes);
            return Err(Invalid::new("max_minutes", message));
        }
        Ok(())
    }
}
