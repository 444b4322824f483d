//! Heat: how much attention a story gets now.

use courant_model::{Heat, Reason, Timestamp};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::StoryArticle;

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
        }
    }
}

/// How a story's heat is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeatRule {
    /// `quality + 10 × number of related articles`, whatever their age.
    Classic,
    /// `quality + 10 × Σ w·2^(−age/half-life)` over the related articles, where `w` is 1 for the first article
    /// of an independent provider and less for its further articles, for copies and for the lead's provider.
    Cooling(HeatConfig),
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
            let sums = Sums::of(lead, others, now, config);
            because.extend(sums.reasons(config));
            let added = (config.degrees * sums.total()).round();
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
        self.coverage.1 + self.further.1 + self.copies.1 + self.own.1
    }

    fn reasons(&self, config: &HeatConfig) -> impl Iterator<Item = Reason> {
        let degrees = config.degrees;
        [
            ("coverage", "independent providers", self.coverage),
            ("further", "further articles of theirs", self.further),
            ("copies", "copies", self.copies),
            ("own", "more of the lead's provider", self.own),
        ]
        .into_iter()
        .filter(|(_, _, (count, _))| *count > 0)
        .map(move |(what, words, (count, sum))| {
            Reason::new(what, format!("{count} {words}: +{:.1} now", degrees * sum))
        })
    }
}

/// What is left of 1 after a time that halves it every `half_life_h` hours; 1 for the future.
fn cooled(published: Timestamp, now: Timestamp, half_life_h: f64) -> f64 {
    let seconds = now.as_second().saturating_sub(published.as_second()).max(0);
    if half_life_h > 0.0 { (-(seconds as f64 / 3600.0) / half_life_h).exp2() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use courant_model::{ArticleId, Quality};

    use super::{super::standing, *};

    const HOUR: i64 = 3600;

    fn article(name: u8, hours: i64, provider: &str, copy_of: Option<u8>) -> StoryArticle {
        let time = Timestamp::from_second(hours * HOUR).unwrap();
        StoryArticle {
            id: ArticleId::from_bytes([name; 16]),
            quality: Quality::from_points(if name == 1 { 50 } else { 40 }),
            published: time,
            first_seen: time,
            provider: provider.to_owned(),
            copy_of: copy_of.map(|name| ArticleId::from_bytes([name; 16])),
            chosen: false,
        }
    }

    fn degrees(articles: &[StoryArticle], hours: i64, rule: &HeatRule) -> i32 {
        standing(articles, Timestamp::from_second(hours * HOUR).unwrap(), rule).unwrap().heat.degrees()
    }

    #[test]
    fn at_breaking_time_it_equals_the_classic_heat_and_then_cools_to_the_quality() {
        let articles = [
            article(1, 0, "a.example", None),
            article(2, 0, "b.example", None),
            article(3, 0, "c.example", None),
        ];
        let cooling = HeatRule::default();
        assert_eq!(degrees(&articles, 0, &cooling), 70);
        assert_eq!(degrees(&articles, 0, &HeatRule::Classic), 70);
        assert_eq!(degrees(&articles, 24, &cooling), 60);
        assert_eq!(degrees(&articles, 24, &HeatRule::Classic), 70);
        assert_eq!(degrees(&articles, 24 * 30, &cooling), 50);
    }

    #[test]
    fn one_provider_can_not_heat_its_own_story() {
        let mut articles = vec![article(1, 0, "a.example", None)];
        articles.extend((2..60).map(|name| article(name, 0, "a.example", None)));
        assert_eq!(degrees(&articles, 0, &HeatRule::default()), 53);
    }

    #[test]
    fn copies_and_further_articles_count_little() {
        let wire = [article(1, 0, "a.example", None), article(2, 0, "b.example", Some(1))];
        assert_eq!(degrees(&wire, 0, &HeatRule::default()), 52);
        let mut flood = vec![article(1, 0, "a.example", None)];
        flood.extend((2..60).map(|name| article(name, 0, "b.example", None)));
        assert_eq!(degrees(&flood, 0, &HeatRule::default()), 69);
    }

    #[test]
    fn the_terms_are_told() {
        let articles = [article(1, 0, "a.example", None), article(2, 0, "b.example", None)];
        let standing = standing(&articles, Timestamp::from_second(0).unwrap(), &HeatRule::default()).unwrap();
        let told: Vec<String> =
            standing.because.iter().map(|reason| format!("{}: {}", reason.what, reason.detail)).collect();
        assert_eq!(told, ["quality: 50", "coverage: 1 independent providers: +10.0 now"]);
    }

    #[test]
    fn a_strange_configuration_gives_the_quality() {
        let articles = [article(1, 0, "a.example", None), article(2, 0, "b.example", None)];
        for half_life_h in [0.0, -1.0, f64::NAN] {
            let rule = HeatRule::Cooling(HeatConfig { half_life_h, ..HeatConfig::default() });
            assert_eq!(degrees(&articles, 0, &rule), 50);
        }
    }
}
