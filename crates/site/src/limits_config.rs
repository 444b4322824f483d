//! `[limits]` of `courant.toml`: what one source may take.

use serde::{Deserialize, Serialize};
use url::Url;

/// `[limits]`: for every source, and `[[limits.source]]` for single ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// New or edited entries that are taken from one answer.
    pub entries_per_poll: usize,
    /// Entries that are taken in a day (UTC), edits included.
    pub articles_per_day: u64,
    /// Megabytes of its own documents and of the pages that it names, a day (UTC).
    pub megabytes_per_day: u64,
    /// Other limits for single sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<LimitsOfSource>,
}

/// `[[limits.source]]`: what is left out is as in `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsOfSource {
    /// The source's address, as listed.
    pub url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entries_per_poll: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    articles_per_day: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    megabytes_per_day: Option<u64>,
}

/// The limits of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    pub entries_per_poll: usize,
    pub articles_per_day: u64,
    pub megabytes_per_day: u64,
}

impl SourceLimits {
    pub const fn bytes_per_day(&self) -> u64 {
        self.megabytes_per_day.saturating_mul(1_000_000)
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        // A large agency has some hundred entries a day; its pages take about 100 KB each.
        Self { entries_per_poll: 1_000, articles_per_day: 2_000, megabytes_per_day: 500, source: Vec::new() }
    }
}

impl LimitsConfig {
    /// The limits of the source at this address.
    pub fn of(&self, source: &str) -> SourceLimits {
        let own = self.source.iter().find(|own| own.url.as_str() == source);
        SourceLimits {
            entries_per_poll: own.and_then(|own| own.entries_per_poll).unwrap_or(self.entries_per_poll),
            articles_per_day: own.and_then(|own| own.articles_per_day).unwrap_or(self.articles_per_day),
            megabytes_per_day: own.and_then(|own| own.megabytes_per_day).unwrap_or(self.megabytes_per_day),
        }
    }

    /// The key that is out of its bounds, where one is: a limit of 0 would take nothing for ever.
    pub fn zero(&self) -> Option<&'static str> {
        let whole = [
            ("entries_per_poll", self.entries_per_poll as u64),
            ("articles_per_day", self.articles_per_day),
            ("megabytes_per_day", self.megabytes_per_day),
        ];
        let of_sources = self.source.iter().flat_map(|own| {
            [
                ("entries_per_poll", own.entries_per_poll.map_or(1, |count| count as u64)),
                ("articles_per_day", own.articles_per_day.unwrap_or(1)),
                ("megabytes_per_day", own.megabytes_per_day.unwrap_or(1)),
            ]
        });
        whole.into_iter().chain(of_sources).find(|(_, value)| *value == 0).map(|(key, _)| key)
    }
}
