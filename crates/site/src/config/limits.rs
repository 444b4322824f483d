//! `[limits]`: how much of one source is taken.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    section::{Invalid, config_section},
    units::Megabytes,
};

// A large agency has some hundred entries a day; its pages are about 100 kB each.
config_section! {
    /// Limits for each source. What exceeds a limit waits for the next poll or day and is counted:
    /// `courant sources list`, `courant doctor`, /metrics.
    ["limits"]
    #[derive(Eq)]
    pub struct LimitsConfig {
        /// Maximum number of new or edited entries taken from one poll.
        #[range(1..)]
        pub entries_per_poll: usize = 1_000,
        /// Maximum number of entries taken in a day (UTC), edits included.
        #[range(1..)]
        pub articles_per_day: u64 = 2_000,
        /// Maximum size of a day's downloads (UTC), in megabytes: the source's own documents and
        /// the pages that it names.
        #[range(1..)]
        pub megabytes_per_day: Megabytes = Megabytes(500),
        /// Other limits for one source; a limit that is left out is the one above.
        #[example("[[limits.source]]\nurl = \"https://agency.example/feed\"\narticles_per_day = 10000")]
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub source: Vec<LimitsOfSource> = Vec::new(),
    }
}

/// `[[limits.source]]`: other limits for one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsOfSource {
    /// The source's URL, as listed.
    pub url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entries_per_poll: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    articles_per_day: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    megabytes_per_day: Option<Megabytes>,
}

/// The limits of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    /// Maximum number of new or edited entries taken from one poll.
    pub entries_per_poll: usize,
    /// Maximum number of entries taken in a day (UTC).
    pub articles_per_day: u64,
    /// Maximum size of a day's downloads (UTC).
    pub megabytes_per_day: Megabytes,
}

impl LimitsConfig {
    /// The limits of the source with this URL.
    pub fn of(&self, source: &str) -> SourceLimits {
        let own = self.source.iter().find(|own| own.url.as_str() == source);
        SourceLimits {
            entries_per_poll: own.and_then(|own| own.entries_per_poll).unwrap_or(self.entries_per_poll),
            articles_per_day: own.and_then(|own| own.articles_per_day).unwrap_or(self.articles_per_day),
            megabytes_per_day: own.and_then(|own| own.megabytes_per_day).unwrap_or(self.megabytes_per_day),
        }
    }

    /// With a limit of 0, nothing would ever be taken from a source.
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        let zero = self.source.iter().find_map(|own| {
            [
                ("entries_per_poll", own.entries_per_poll == Some(0)),
                ("articles_per_day", own.articles_per_day == Some(0)),
                ("megabytes_per_day", own.megabytes_per_day == Some(Megabytes(0))),
            ]
            .into_iter()
            .find_map(|(key, is_zero)| is_zero.then_some((key, &own.url)))
        });
        match zero {
            Some((key, url)) => {
                Err(Invalid::new("source", format!("of {url}: {key} must be an integer of at least 1")))
            }
            None => Ok(()),
        }
    }
}
