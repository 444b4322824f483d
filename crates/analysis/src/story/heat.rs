//! Heat: how much attention a story gets now.

use courant_model::{Heat, Reason, Timestamp};
use jiff::SignedDuration;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    article::StoryArticle,
    attention::Attention,
    cooling::{CURVE_AFTER_LAST, cooled, forgotten_before},
};

/// So few degrees are shown as 0.0.
const SHOWN_AS_NONE: f64 = 0.04;

/// The weights of the cooling rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeatConfig {
    /// Hours after which a related article counts half.
    pub half_life_h: f64,
    /// Degrees that a related article of full weight adds when it is new.
    pub degrees: f64,
    /// Weight of a provider's further articles.
    pub further: f64,
    /// How many further articles of one provider count.
    pub further_cap: usize,
    /// Weight of a copy at another provider.
    pub copy: f64,
    /// How many copies count.
    pub copy_cap: usize,
    /// How many more articles of the lead's own provider count, with the weight `further`.
    pub own_cap: usize,
    /// Weight of a link from another stored article that is not in the story.
    pub link: f64,
    /// How many providers that link count, those with the newest links first.
    pub link_cap: usize,
    /// Weight of readers who follow links to articles of the story; it is taken times the binary logarithm of one more
    /// than there are readers left after cooling.
    pub clicks: f64,
    /// The most degrees that readers add.
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
    /// Whether links from other articles heat a story.
    pub fn counts_links(&self) -> bool {
        self.link > 0.0 && self.link_cap > 0
    }

    /// Whether readers who follow links heat a story.
    pub fn counts_clicks(&self) -> bool {
        self.clicks > 0.0 && self.clicks_cap > 0.0
    }
}

/// How a story's heat is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeatRule {
    /// `quality + 10 × number of related articles`, whatever their age.
    Classic,
    /// `quality + 10 × Σ w·2^(−age/half-life)` over the related articles, where `w` is 1 for the first article
    /// of an independent provider and less for its further articles, for copies and for the lead's provider; for links
    /// from other articles; and for readers who follow links to its own.
    Cooling(HeatConfig),
}

impl HeatRule {
    /// The settings by which attention from outside of the story counts; `None` for the classic rule, which takes none.
    pub fn cooling(&self) -> Option<&HeatConfig> {
        match self {
            Self::Classic => None,
            Self::Cooling(config) => Some(config),
        }
    }

    /// The moment before which attention from outside of a story counts nothing any more: ten half-lives ago.
    pub fn forgets_before(&self, now: Timestamp) -> Timestamp {
        self.cooling().map_or(now, |config| forgotten_before(now, config.half_life_h))
    }

    /// The moment from which neither the heat of a story nor what is said of it (terms and curve) changes by cooling
    /// alone. The story has so many articles, the newest of `newest`, and nothing else heats it. By then each term has
    /// lost so much that it shows as 0.0. One article alone does not cool.
    pub fn settles_at(&self, newest: Timestamp, articles: usize) -> Timestamp {
        let Self::Cooling(config) = self else { return Timestamp::MIN };
        if articles < 2 {
            return Timestamp::MIN;
        }
        let heaviest = config.further.max(config.copy).max(1.0);
        let most = config.degrees * heaviest * articles as f64;
        let half_lives = (most / SHOWN_AS_NONE).log2().max(CURVE_AFTER_LAST);
        let seconds = half_lives * config.half_life_h.max(0.0) * 3_600.0;
        // NaN and what is too long for a calendar, which only strange settings make, never settle.
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
pub(super) struct Other<'a> {
    pub(super) article: &'a StoryArticle,
    pub(super) is_copy: bool,
}

/// The heat of a lead among these others, and its terms.
pub(super) fn heat(
    lead: &StoryArticle,
    others: &[Other<'_>],
    attention: &Attention,
    now: Timestamp,
    rule: &HeatRule,
) -> (Heat, Vec<Reason>) {
    let (heat, mut because) = without_boost(lead, others, attention, now, rule);
    let Some(boost) = attention.boost.as_ref().filter(|boost| boost.holds(now)) else {
        return (heat, because);
    };
    because.push(Reason::new("boost", format!("{:+} by {} until {}", boost.degrees, boost.by, boost.until)));
    (heat.boosted(boost.degrees), because)
}

fn without_boost(
    lead: &StoryArticle,
    others: &[Other<'_>],
    attention: &Attention,
    now: Timestamp,
    rule: &HeatRule,
) -> (Heat, Vec<Reason>) {
    let quality = lead.quality.points();
    let mut because = vec![Reason::new("quality", quality.to_string())];
    match rule {
        HeatRule::Classic => {
            if !others.is_empty() {
                because.push(Reason::new("related", format!("{} × 10", others.len())));
            }
            let related = i32::try_from(others.len()).unwrap_or(i32::MAX);
            (Heat::from_degrees(quality.saturating_add(related.saturating_mul(10))), because)
        }
        HeatRule::Cooling(config) => {
            let mut sums = Sums::of(lead, others, now, config);
            sums.links = links(lead, others, attention, now, config);
            because.extend(sums.reasons(config));
            let (readers, by_readers) = clicks(attention, now, config);
            if readers > 0 {
                because.push(Reason::new(
                    "clicks",
                    format!("{readers} clicks of readers: +{by_readers:.1} now"),
                ));
            }
            let added = (config.degrees * sums.total() + by_readers).round();
            // NaN, which only a strange configuration makes, becomes 0.
            (Heat::from_degrees(quality.saturating_add(added as i32)), because)
        }
    }
}

/// The parts of the cooled sum, each with how many articles stand in it.
#[derive(Debug, Default)]
struct Sums {
    coverage: (usize, f64),
    further: (usize, f64),
    copies: (usize, f64),
    own: (usize, f64),
    links: (usize, f64),
}

/// How many readers followed links to the story, and the degrees that they add. Each further degree takes more readers
/// than the one before, so that a crowd, or a machine that looks like one, moves a story only so far.
fn clicks(attention: &Attention, now: Timestamp, config: &HeatConfig) -> (u64, f64) {
    if attention.clicks.is_empty() || !config.counts_clicks() {
        return (0, 0.0);
    }
    let (readers, left) = attention.cooled_clicks(now, config.half_life_h);
    (readers, (config.degrees * config.clicks * (1.0 + left).log2()).min(config.clicks_cap))
}

/// How many providers link to the story from outside, and the cooled sum of their weights. A provider that tells the
/// story itself, in whatever way, counts through what it tells.
fn links(
    lead: &StoryArticle,
    others: &[Other<'_>],
    attention: &Attention,
    now: Timestamp,
    config: &HeatConfig,
) -> (usize, f64) {
    if attention.links.is_empty() {
        return (0, 0.0);
    }
    let tells = |provider: &str| {
        lead.provider == provider || others.iter().any(|other| other.article.provider == provider)
    };
    let counted: Vec<f64> = attention
        .newest_links(|provider| !tells(provider))
        .into_iter()
        .filter(|&(_, published)| published >= forgotten_before(now, config.half_life_h))
        .take(config.link_cap)
        .map(|(_, published)| config.link * cooled(published, now, config.half_life_h))
        .collect();
    (counted.len(), counted.iter().sum())
}

impl Sums {
    fn of(lead: &StoryArticle, others: &[Other<'_>], now: Timestamp, config: &HeatConfig) -> Self {
        // The first article of a provider is the first by time, not the best; and the sum is made in one
        // order, because sums of fractions depend on it.
        let mut in_time: Vec<&Other<'_>> = others.iter().collect();
        in_time.sort_unstable_by_key(|other| {
            (other.article.published, other.article.first_seen, other.article.id)
        });
        let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
        let mut sums = Self::default();
        for other in in_time {
            let provider = other.article.provider.as_str();
            let left = cooled(other.article.published, now, config.half_life_h);
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
            ("coverage", "independent providers", self.coverage),
            ("further", "further articles of theirs", self.further),
            ("copies", "copies", self.copies),
            ("own", "more of the lead's provider", self.own),
            ("links", "links from other articles", self.links),
        ]
        .into_iter()
        .filter(|(_, _, (count, _))| *count > 0)
        .map(move |(what, words, (count, sum))| {
            Reason::new(what, format!("{count} {words}: +{:.1} now", degrees * sum))
        })
    }
}

#[cfg(test)]
mod tests;
