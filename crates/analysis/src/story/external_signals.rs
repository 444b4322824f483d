//! What adds heat to a story besides its own articles.

use courant_model::Timestamp;
use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::cooling::{counts_since, remaining};

/// What adds heat to one story besides its own articles. Empty for most stories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExternalSignals {
    /// Links to articles of the story from stored articles that are not in it, in any order.
    pub links: Vec<Link>,
    /// How many readers followed links to articles of the story, by article and day, in any order.
    pub clicks: Vec<Clicks>,
    /// An editor's addition to, or subtraction from, the heat of the story.
    pub boost: Option<Boost>,
}

/// A link to an article of a story, from an article outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The domain of the linking article's provider.
    pub provider: String,
    /// When the linking article was published.
    pub published: Timestamp,
}

/// How many readers followed links to an article on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clicks {
    /// The midnight (UTC) at which the day begins.
    pub day: Timestamp,
    /// Number of readers.
    pub readers: u32,
}

impl Clicks {
    /// The instant that represents the day: its noon.
    fn at(self) -> Timestamp {
        self.day.checked_add(SignedDuration::from_hours(12)).unwrap_or(self.day)
    }
}

/// Degrees of heat added by an editor, under every heat rule. They don't cool before they end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boost {
    /// Degrees; negative ones are subtracted.
    pub degrees: i32,
    /// The editor's name.
    pub by: String,
    /// The instant at which it ends.
    pub until: Timestamp,
}

impl Boost {
    /// Whether it holds at this instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl ExternalSignals {
    /// How many readers followed links since the last instant that counts, and what remains of
    /// them: the readers of a day cool from its noon on.
    pub(super) fn remaining_clicks(&self, now: Timestamp, half_life_h: f64) -> (u64, f64) {
        let since = counts_since(now, half_life_h);
        let mut days: Vec<Clicks> = self.clicks.iter().copied().filter(|day| day.at() >= since).collect();
        // The order is fixed because sums of floating-point numbers depend on it.
        days.sort_unstable_by_key(|day| (day.day, day.readers));
        let left = |day: &Clicks| f64::from(day.readers) * remaining(day.at(), now, half_life_h);
        (days.iter().map(|day| u64::from(day.readers)).sum(), days.iter().map(left).sum())
    }

    /// The newest link of each provider for which `counts` holds, newest first, ties by provider.
    pub(super) fn newest_links(&self, counts: impl Fn(&str) -> bool) -> Vec<(&str, Timestamp)> {
        let mut newest: FxHashMap<&str, Timestamp> = FxHashMap::default();
        for link in self.links.iter().filter(|link| counts(&link.provider)) {
            let known = newest.entry(&link.provider).or_insert(link.published);
            *known = link.published.max(*known);
        }
        let mut links: Vec<(&str, Timestamp)> = newest.into_iter().collect();
        links.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        links
    }
}
