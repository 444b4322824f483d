//! The gate's part of the configuration.

use serde::{Deserialize, Serialize};

/// The gate of a site: `[gate]` in its configuration.
///
/// ```toml
/// [gate]
/// threshold = 70
/// window_days = 14
///
/// [[gate.rules]]
/// name = "no_press_releases"
/// when = { provider = ["prwire.example"], max_quality = 90 }
/// then = "hold"
///
/// [[gate.rules]]
/// name = "funding"
/// when = { title = ["raises", "funding round"] }
/// then = { tag = "funding" }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// The heat at or above which a lead is published (the quality, in the classic profile).
    pub threshold: i32,
    /// How many days may lie between publication and the moment Courant first saw the article.
    pub window_days: u32,
    /// Which built-in rules follow the site's own.
    pub profile: GateProfile,
    /// The site's own rules, in order.
    pub rules: Vec<GateRule>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { threshold: 70, window_days: 14, profile: GateProfile::Default, rules: Vec::new() }
    }
}

/// Which built-in rules are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateProfile {
    /// `off_topic`, `not_lead`, `too_old`, `threshold` on the heat.
    #[default]
    Default,
    /// The predecessor's: published exactly when lead and quality at or above the threshold.
    Classic,
}

/// What a rule does with an article. The first that publishes, holds or drops it decides; the others are kept as
/// reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Readers see it, whatever the later rules would say.
    Publish,
    /// Readers do not see it; it waits for the editor.
    Hold,
    /// Held for good: it waits for nobody, is related to no article and heats no story. Nothing is deleted.
    Drop,
    /// Gives points: later rules and the threshold see heat and quality with them, and the heat of a lead has them.
    /// Below zero it takes points.
    Boost(i32),
    /// Gives the record a tag, which later rules see too.
    Tag(String),
}

/// A rule of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRule {
    /// Its name, as verdicts give it; not one of the built-in names.
    pub name: String,
    /// All of these must hold.
    #[serde(default)]
    pub when: Conditions,
    /// None of these may hold, where any is given: the rule is passed over when all of them hold.
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    pub unless: Conditions,
    /// What the rule does.
    pub then: Action,
}

/// Conditions on an article. Those that are left out hold always; of a list one entry must hold. Texts are
/// compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Conditions {
    /// Words or phrases of the title, whole words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub title: Vec<String>,
    /// Words or phrases of title or excerpt, whole words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// Names of topics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topic: Vec<String>,
    /// Domains of providers, with their sub-domains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<String>,
    /// Addresses, `*` standing for any characters: `*.example/blog/*`. The scheme is not compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub url: Vec<String>,
    /// Languages: ISO 639-1 codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub language: Vec<String>,
    /// `article`, `video`, `podcast`, `collection`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<String>,
    /// The publisher's own keywords.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<String>,
    /// Names of authors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub author: Vec<String>,
    /// Regions of the language, as in `en-GB`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locale: Vec<String>,
    /// Names of signals that gave the quality points or took some: `press_release`, `thin`, `byline`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signal: Vec<String>,
    /// Whether its text is another article's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<bool>,
    /// Whether an AMP page is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amp: Option<bool>,
    /// Whether a video or podcast is embedded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
    /// Whether it has a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<bool>,
    /// Whether it leads its story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<bool>,
    /// Quality of at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_quality: Option<i32>,
    /// Quality of at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_quality: Option<i32>,
    /// Heat of at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_heat: Option<i32>,
    /// Heat of at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_heat: Option<i32>,
    /// At least so many articles in its story, itself included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_story: Option<usize>,
    /// At most so many articles in its story, itself included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_story: Option<usize>,
    /// At least so many hours between publication and first sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_age_h: Option<i64>,
    /// At most so many hours between publication and first sight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_h: Option<i64>,
}

impl Conditions {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Names that verdicts use for the built-in rules.
const BUILTIN: [&str; 5] = ["editor", "off_topic", "not_lead", "too_old", "threshold"];

/// Why a gate's configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// A rule without a name.
    #[error("gate rule {0} has no name")]
    Nameless(usize),
    /// A rule that is named like a built-in one.
    #[error("gate rule `{0}` has the name of a built-in rule, wanted another")]
    Reserved(String),
    /// Two rules of one name.
    #[error("gate rule `{0}` is named twice")]
    Twice(String),
    /// A rule that gives a tag without letters, or no points.
    #[error("gate rule `{0}` gives nothing: wanted points other than 0, or a tag")]
    Nothing(String),
    /// A bound that nothing can satisfy.
    #[error("gate rule `{rule}`: {bound} asks for at least {min} and at most {max}")]
    Impossible {
        /// The rule's name.
        rule: String,
        /// What is bounded.
        bound: &'static str,
        /// The lower bound.
        min: i64,
        /// The upper bound.
        max: i64,
    },
}

impl Gate {
    /// Whether the rules can be told apart and can hold; the first fault otherwise.
    pub fn check(&self) -> Result<(), GateError> {
        for (place, rule) in self.rules.iter().enumerate() {
            if rule.name.trim().is_empty() {
                return Err(GateError::Nameless(place + 1));
            }
            if BUILTIN.contains(&rule.name.as_str()) {
                return Err(GateError::Reserved(rule.name.clone()));
            }
            if self.rules[..place].iter().any(|earlier| earlier.name == rule.name) {
                return Err(GateError::Twice(rule.name.clone()));
            }
            if matches!(&rule.then, Action::Boost(0))
                || matches!(&rule.then, Action::Tag(tag) if tag.trim().is_empty())
            {
                return Err(GateError::Nothing(rule.name.clone()));
            }
            rule.check_bounds()?;
        }
        Ok(())
    }
}

impl GateRule {
    fn check_bounds(&self) -> Result<(), GateError> {
        let size = |size: Option<usize>| size.and_then(|size| i64::try_from(size).ok());
        for conditions in [&self.when, &self.unless] {
            for (bound, min, max) in [
                ("quality", conditions.min_quality.map(i64::from), conditions.max_quality.map(i64::from)),
                ("heat", conditions.min_heat.map(i64::from), conditions.max_heat.map(i64::from)),
                ("story", size(conditions.min_story), size(conditions.max_story)),
                ("age", conditions.min_age_h, conditions.max_age_h),
            ] {
                if let (Some(min), Some(max)) = (min, max)
                    && min > max
                {
                    return Err(GateError::Impossible { rule: self.name.clone(), bound, min, max });
                }
            }
        }
        Ok(())
    }
}
