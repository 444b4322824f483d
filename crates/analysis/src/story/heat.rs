//! Heat: how much attention a story currently gets.

use courant_model::{Heat, Reason, Timestamp};
use jiff::SignedDuration;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    article::StoryArticle,
    cooling::{CURVE_HALF_LIVES, counts_since, remaining},
    external_signals::ExternalSignals,
};
use crate::plural::counted;

/// Degrees below which a term is shown as 0.0.
const ROUNDS_TO_ZERO: f64 = 0.04;

/// The weights of the cooling rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeatConfig {
    /// Hours after which a related article counts half.
    pub half_life_h: f64,
    /// Degrees that a related article of full weight adds when it is new.
    pub degrees: f64,
    /// Weight of each further article of a provider.
    pub further: f64,
    /// Maximum number of further articles of one provider that count.
    pub further_cap: usize,
    /// Weight of a copy at another provider.
    pub copy: f64,
    /// Maximum number of copies that count.
    pub copy_cap: usize,
    /// Maximum number of other articles of the lead's own provider that count, with the weight
    /// `further`.
    pub own_cap: usize,
    /// Weight of a link from another stored article that is not in the story.
    pub link: f64,
    /// Maximum number of linking providers that count, those with the newest links first.
    pub link_cap: usize,
    /// Weight of readers who follow links to articles of the story; multiplied by the binary
    /// logarithm of one plus the readers remaining after cooling.
    pub clicks: f64,
    /// Maximum degrees that readers add.
    pub clicks_cap: f64,
}

impl Default for HeatConfig {
    fn default() -> Self {
        Self {
            half_life_h: 24.0,
            degrees: 10.0,
            further: 0.3,
            further_cap: 3,
            copy: 0.2,
            copy_cap: 10,
            own_cap: 1,
            link: 0.25,
            link_cap: 8,
            clicks: 0.15,
            clicks_cap: 15.0,
        }
    }
}

impl HeatConfig {
    /// Whether links from other articles add heat.
    pub fn counts_links(&self) -> bool {
        self.link > 0.0 && self.link_cap > 0
    }

    /// Whether readers who follow links add heat.
    pub fn counts_clicks(&self) -> bool {
        self.clicks > 0.0 && self.clicks_cap > 0.0
    }
}

/// How a story's heat is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeatRule {
    /// `quality + 10 × number of related articles`, whatever their age.
    Classic,
    /// `quality + 10 × Σ w·2^(−age/half-life)` over the related articles, where `w` is 1 for the
    /// first article of an independent provider and less for its further articles, for copies and
    /// for the lead's provider; also for links from other articles, and for readers who follow
    /// links to its own.
    Cooling(HeatConfig),
}

impl HeatRule {
    /// The settings for signals from outside of the story; `None` for the classic rule, which
    /// ignores them.
    pub fn cooling(&self) -> Option<&HeatConfig> {
        match self {
            Self::Classic => None,
            Self::Cooling(config) => Some(config),
        }
    }

    /// The instant before which signals from outside of a story don't count any more: ten
    /// half-lives ago.
    pub fn counts_since(&self, now: Timestamp) -> Timestamp {
        self.cooling().map_or(now, |config| counts_since(now, config.half_life_h))
    }

    /// The instant from which neither the heat of a story nor its reasons and curve change by
    /// cooling alone. The story has this number of `articles`, the newest published at `newest`,
    /// and nothing else adds heat. By then each term has cooled so far that it shows as 0.0. A
    /// single article does not cool.
    pub fn unchanged_from(&self, newest: Timestamp, articles: usize) -> Timestamp {
        let Self::Cooling(config) = self else { return Timestamp::MIN };
        if articles < 2 {
            return Timestamp::MIN;
        }
        let heaviest = config.further.max(config.copy).max(1.0);
        let most = config.degrees * heaviest * articles as f64;
        let half_lives = (most / ROUNDS_TO_ZERO).log2().max(CURVE_HALF_LIVES);
        let seconds = half_lives * config.half_life_h.max(0.0) * 3_600.0;
        // NaN and times too long for a calendar, which only extreme settings give, never end.
        if seconds.is_finite() && seconds < 1e11 {
            newest.checked_add(SignedDuration::from_secs(seconds as i64 + 1)).unwrap_or(Timestamp::MAX)
        } else {
            Timestamp::MAX
        }
    }
}

impl Default for HeatRule {
    fn default() -> Self {
        Self::Cooling(HeatConfig::default())
    }
}

/// An article that is not the lead.
#[derive(Debug, Clone, Copy)]
pub(super) struct RelatedArticle<'a> {
    pub(super) article: &'a StoryArticle,
    pub(super) is_copy: bool,
}

/// The heat of a lead with these related articles, and its reasons.
pub(super) fn heat(
    lead: &StoryArticle,
    others: &[RelatedArticle<'_>],
    signals: &ExternalSignals,
    now: Timestamp,
    rule: &HeatRule,
) -> (Heat, Vec<Reason>) {
    let (heat, mut reasons) = without_boost(lead, others, signals, now, rule);
    let Some(boost) = signals.boost.as_ref().filter(|boost| boost.holds(now)) else {
        return (heat, reasons);
    };
    reasons.push(Reason::new("boost", format!("{:+} by {} until {}", boost.degrees, boost.by, boost.until)));
    (heat.boosted(boost.degrees), reasons)
}

fn without_boost(
    lead: &StoryArticle,
    others: &[RelatedArticle<'_>],
    signals: &ExternalSignals,
    now: Timestamp,
    rule: &HeatRule,
) -> (Heat, Vec<Reason>) {
    let quality = lead.quality.points();
    let mut reasons = vec![Reason::new("quality", quality.to_string())];
    match rule {
        HeatRule::Classic => {
            if !others.is_empty() {
                reasons.push(Reason::new("related", format!("{} × 10", others.len())));
            }
            let related = i32::try_from(others.len()).unwrap_or(i32::MAX);
            (Heat::from_degrees(quality.saturating_add(related.saturating_mul(10))), reasons)
        }
        HeatRule::Cooling(config) => {
            let mut sums = Sums::of(lead, others, now, config);
            sums.links = links(lead, others, signals, now, config);
            reasons.extend(sums.reasons(config));
            let (readers, by_readers) = clicks(signals, now, config);
            if readers > 0 {
                reasons.push(Reason::new(
                    "clicks",
                    format!(
                        "{readers} {}: +{by_readers:.1} now",
                        if readers == 1 { "click by a reader" } else { "clicks by readers" }
                    ),
                ));
            }
            let added = (config.degrees * sums.total() + by_readers).round();
            // NaN, which only an invalid configuration gives, becomes 0.
            (Heat::from_degrees(quality.saturating_add(added as i32)), reasons)
        }
    }
}

/// The parts of the cooled sum, each with its number of articles.
#[derive(Debug, Default)]
struct Sums {
    coverage: (usize, f64),
    further: (usize, f64),
    copies: (usize, f64),
    own: (usize, f64),
    links: (usize, f64),
}

/// How many readers followed links to the story, and the degrees that they add. Each further degree
/// takes more readers than the one before, so that a crowd, or a bot that looks like one, has a
/// limited effect.
fn clicks(signals: &ExternalSignals, now: Timestamp, config: &HeatConfig) -> (u64, f64) {
    if signals.clicks.is_empty() || !config.counts_clicks() {
        return (0, 0.0);
    }
    let (readers, left) = signals.remaining_clicks(now, config.half_life_h);
    (readers, (config.degrees * config.clicks * (1.0 + left).log2()).min(config.clicks_cap))
}

/// How many providers link to the story from outside, and the cooled sum of their weights. A
/// provider with an article in the story counts only through that article.
fn links(
    lead: &StoryArticle,
    others: &[RelatedArticle<'_>],
    signals: &ExternalSignals,
    now: Timestamp,
    config: &HeatConfig,
) -> (usize, f64) {
    if signals.links.is_empty() {
        return (0, 0.0);
    }
    let tells = |provider: &str| {
        lead.provider == provider || others.iter().any(|other| other.article.provider == provider)
    };
    let counted: Vec<f64> = signals
        .newest_links(|provider| !tells(provider))
        .into_iter()
        .filter(|&(_, published)| published >= counts_since(now, config.half_life_h))
        .take(config.link_cap)
        .map(|(_, published)| config.link * remaining(published, now, config.half_life_h))
        .collect();
    (counted.len(), counted.iter().sum())
}

impl Sums {
    fn of(lead: &StoryArticle, others: &[RelatedArticle<'_>], now: Timestamp, config: &HeatConfig) -> Self {
        // The first article of a provider is the first by time, not the best. The order is fixed
        // because sums of floating-point numbers depend on it.
        let mut in_time: Vec<&RelatedArticle<'_>> = others.iter().collect();
        in_time.sort_unstable_by_key(|other| {
            (other.article.published, other.article.first_seen, other.article.id)
        });
        let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
        let mut sums = Self::default();
        for other in in_time {
            let provider = other.article.provider.as_str();
            let left = remaining(other.article.published, now, config.half_life_h);
            let (sum, weight, counts) = if provider == lead.provider {
                let counts = sums.own.0 < config.own_cap && !other.is_copy;
                (&mut sums.own, config.further, counts)
            } else if other.is_copy {
                let counts = sums.copies.0 < config.copy_cap;
                (&mut sums.copies, config.copy, counts)
            } else {
                let before = seen.entry(provider).or_default();
                *before += 1;
                match *before {
                    1 => (&mut sums.coverage, 1.0, true),
                    n => (&mut sums.further, config.further, n <= config.further_cap + 1),
                }
            };
            if counts {
                sum.0 += 1;
                sum.1 += weight * left;
            }
        }
        sums
    }

    fn total(&self) -> f64 {
        self.coverage.1 + self.further.1 + self.copies.1 + self.own.1 + self.links.1
    }

    fn reasons(&self, config: &HeatConfig) -> impl Iterator<Item = Reason> {
        let degrees = config.degrees;
        [
            ("coverage", ["independent provider", "independent providers"], self.coverage),
            ("further", ["further article of theirs", "further articles of theirs"], self.further),
            ("copies", ["copy", "copies"], self.copies),
            ("own", ["more of the lead's provider"; 2], self.own),
            ("links", ["link from another article", "links from other articles"], self.links),
        ]
        .into_iter()
        .filter(|(_, _, (count, _))| *count > 0)
        .map(move |(what, [one, many], (count, sum))| {
            let counted = counted(count, one, many);
            Reason::new(what, format!("{counted}: +{:.1} now", degrees * sum))
        })
    }
}

#[cfg(test)]
mod tests;
