//! Verdicts of the gate.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{named, written_by_name};

named! {
    /// A rule that every gate has. The site's own rules must not have these names.
    pub enum BuiltInRule ("built-in rule of the gate") {
        /// An editor decided.
        Editor = "editor",
        /// It has no topic of the site.
        OffTopic = "off_topic",
        /// Another article leads its story.
        NotLead = "not_lead",
        /// It was published too long before it was first seen.
        TooOld = "too_old",
        /// Its heat (in the classic profile its quality) reaches the threshold or does not.
        Threshold = "threshold",
    }
}

/// The rule of the gate that decided about an article.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GateRule {
    /// A built-in rule.
    BuiltIn(BuiltInRule),
    /// The rule of the site with this name.
    Site(Box<str>),
}

impl GateRule {
    /// The permanent name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BuiltIn(rule) => rule.as_str(),
            Self::Site(name) => name,
        }
    }
}

impl From<BuiltInRule> for GateRule {
    fn from(rule: BuiltInRule) -> Self {
        Self::BuiltIn(rule)
    }
}

/// The rule with this name: a built-in one, else one of the site.
impl From<&str> for GateRule {
    fn from(name: &str) -> Self {
        name.parse().map_or_else(|_| Self::Site(name.into()), Self::BuiltIn)
    }
}

impl<'de> Deserialize<'de> for GateRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*String::deserialize(deserializer)?))
    }
}

written_by_name!(GateRule);

/// Published or held, with the rule that decided, and the effects of other rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether readers see it.
    pub published: bool,
    /// The rule that decided.
    pub rule: GateRule,
    /// What was found, for editors.
    pub because: String,
    /// Whether it is held permanently: it is in no queue and related to no article. Nothing is
    /// deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// Effects of rules that did not decide, in the order of the rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

/// The effect of a rule of the gate that did not decide about the article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The name of the rule.
    pub rule: String,
    /// What it changed.
    #[serde(rename = "gives")]
    pub kind: EffectKind,
    /// What was found, for editors.
    pub because: String,
}

/// What a rule of the gate can change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EffectKind {
    /// Points; negative to subtract.
    Boost(i32),
    /// A tag of the record.
    Tag(String),
}

impl fmt::Display for EffectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boost(points) => write!(f, "{points:+} points"),
            Self::Tag(tag) => write!(f, "tag “{tag}”"),
        }
    }
}

impl Verdict {
    /// A verdict of this rule, without effects of others.
    pub fn new(published: bool, rule: impl Into<GateRule>, because: impl Into<String>) -> Self {
        Self { published, rule: rule.into(), because: because.into(), dropped: false, effects: Vec::new() }
    }

    /// Whether this built-in rule decided.
    pub fn is_by(&self, rule: BuiltInRule) -> bool {
        self.rule == GateRule::BuiltIn(rule)
    }

    /// The sum of the points of all rules.
    pub fn boost(&self) -> i32 {
        self.effects.iter().fold(0, |sum, effect| match effect.kind {
            EffectKind::Boost(points) => sum.saturating_add(points),
            EffectKind::Tag(_) => sum,
        })
    }

    /// The tags that rules added.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.effects.iter().filter_map(|effect| match &effect.kind {
            EffectKind::Tag(tag) => Some(tag.as_str()),
            EffectKind::Boost(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_read_back_by_its_name() {
        for rule in BuiltInRule::ALL {
            assert_eq!(GateRule::from(rule.as_str()), GateRule::BuiltIn(*rule));
        }
        let own = GateRule::from("no_press_releases");
        assert_eq!(own, GateRule::Site("no_press_releases".into()));
        for rule in [own, BuiltInRule::TooOld.into()] {
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(json, format!("\"{rule}\""));
            assert_eq!(serde_json::from_str::<GateRule>(&json).unwrap(), rule);
        }
    }
}
