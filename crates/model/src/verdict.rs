//! Verdicts of the gate and an editor's overrides.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ArticleId, Value};

/// Published or held, with the rule that decided, and the effects of other rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether readers see it.
    pub published: bool,
    /// Short permanent name of the rule: `threshold`, `not_lead`, `off_topic`, `too_old`, `editor`,
    /// or the name of a rule of the site.
    pub rule: String,
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

/// An editor's decision about one field of one article's record; it takes precedence over the
/// computed value and survives every later run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Override {
    /// The article.
    pub article: ArticleId,
    /// The record's field as it is written there: `title`, `published`, `topics`.
    pub field: String,
    /// The value; [`Value::Null`] removes the field.
    pub value: Value,
    /// Who decided: an editor's name, or `record file` for a hand edit.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
