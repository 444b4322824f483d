//! The gate's configuration.

use courant_model::BuiltInRule;
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
    /// The heat (in the classic profile the quality) at or above which a lead is published.
    pub threshold: i32,
    /// Maximum number of days between publication and the time at which Courant first saw the
    /// article.
    pub window_days: u32,
    /// The built-in rules that follow the site's own.
    pub profile: GateProfile,
    /// The site's own rules, in order.
    pub rules: Vec<SiteRule>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { threshold: 70, window_days: 14, profile: GateProfile::Default, rules: Vec::new() }
    }
}

/// The built-in rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateProfile {
    /// `off_topic`, `not_lead`, `too_old`, `threshold` on the heat.
    #[default]
    Default,
    /// The predecessor's: published exactly if it is a lead and its quality reaches the threshold.
    Classic,
}

/// What a rule does with an article. The first rule that publishes, holds or drops it decides; the
/// others are kept as reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Publishes it, whatever the later rules are.
    Publish,
    /// Holds it for the editor.
    Hold,
    /// Holds it permanently: it is in no queue, related to no article, and adds heat to no story.
    /// Nothing is deleted.
    Drop,
    /// Adds points to quality and heat for later rules and the threshold, and to the heat of a
    /// lead. Negative points are subtracted.
    Boost(i32),
    /// Adds a tag to the record, which later rules see too.
    Tag(String),
}

/// A rule of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteRule {
    /// Its name in verdicts; must differ from the built-in names.
    pub name: String,
    /// All of these must hold.
    #[serde(default)]
    pub when: Conditions,
    /// The rule is skipped if all of these hold; ignored if empty.
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    pub unless: Conditions,
    /// What the rule does.
    pub then: Action,
}

/// Conditions on an article. A missing condition always holds; of a list at least one entry must
/// hold. Texts are compared case-insensitively.
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
    /// Domains of providers, including subdomains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<String>,
    /// URLs, with `*` for any characters: `*.example/blog/*`. The scheme is not compared.
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
    /// Names of signals with positive or negative points: `press_release`, `thin`, `byline`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signal: Vec<String>,
    /// Whether it is a copy of another article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<bool>,
    /// Whether an AMP page is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amp: Option<bool>,
    /// Whether a video or podcast is embedded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
    /// Whether it has an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<bool>,
    /// Whether it leads its story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<bool>,
    /// Minimum quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_quality: Option<i32>,
    /// Maximum quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_quality: Option<i32>,
    /// Minimum heat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_heat: Option<i32>,
    /// Maximum heat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_heat: Option<i32>,
    /// Minimum number of articles in its story, including itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_story: Option<usize>,
    /// Maximum number of articles in its story, including itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_story: Option<usize>,
    /// Minimum hours between publication and when it was first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_age_h: Option<i64>,
    /// Maximum hours between publication and when it was first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_h: Option<i64>,
}

impl Conditions {
    /// Whether there is no condition.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a gate's configuration is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// A rule without a name.
    #[error("gate rule {0} has no name")]
    MissingName(usize),
    /// A rule with the name of a built-in one.
    #[error("gate rule `{0}` has the name of a built-in rule; choose another name")]
    ReservedName(String),
    /// Two rules with the same name.
    #[error("two gate rules have the name `{0}`")]
    DuplicateName(String),
    /// A rule that adds zero points or an empty tag.
    #[error("gate rule `{0}` has no effect: expected points other than 0, or a tag")]
    NoEffect(String),
    /// Bounds that nothing can satisfy.
    #[error("gate rule `{rule}`: the minimum {bound} {min} is above the maximum {max}")]
    EmptyRange {
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
    /// Checks that names are unique and bounds can be satisfied; returns the first error.
    pub fn check(&self) -> Result<(), GateError> {
        for (place, rule) in self.rules.iter().enumerate() {
            if rule.name.trim().is_empty() {
                return Err(GateError::MissingName(place + 1));
            }
            if rule.name.parse::<BuiltInRule>().is_ok() {
                return Err(GateError::ReservedName(rule.name.clone()));
            }
            if self.rules[..place].iter().any(|earlier| earlier.name == rule.name) {
                return Err(GateError::DuplicateName(rule.name.clone()));
            }
            if matches!(&rule.then, Action::Boost(0))
                || matches!(&rule.then, Action::Tag(tag) if tag.trim().is_empty())
            {
                return Err(GateError::NoEffect(rule.name.clone()));
            }
            rule.check_bounds()?;
        }
        Ok(())
    }
}

impl SiteRule {
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
                    return Err(GateError::EmptyRange { rule: self.name.clone(), bound, min, max });
                }
            }
        }
        Ok(())
    }
}
