//! Verdicts of the gate and an editor's overrides.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ArticleId, Value};

/// Published or held, with the rule that decided, and what rules did beside that.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether readers see it.
    pub published: bool,
    /// Short permanent name of the rule: `threshold`, `not_lead`, `off_topic`, `too_old`, `editor`, or the
    /// name of a rule of the site.
    pub rule: String,
    /// What was seen, in words for an editor.
    pub because: String,
    /// Whether it is held for good: it stands in no queue and is related to no article. Nothing is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// What rules did beside deciding, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

/// What a rule of the gate did to an article about which it did not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The name of the rule.
    pub rule: String,
    /// What it gave.
    pub gives: EffectKind,
    /// What was seen, in words for an editor.
    pub because: String,
}

/// What a rule of the gate can give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EffectKind {
    /// Points, below zero to take some.
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
    /// The points that rules gave, added up.
    pub fn boost(&self) -> i32 {
        self.effects.iter().fold(0, |sum, effect| match effect.gives {
            EffectKind::Boost(points) => sum.saturating_add(points),
            EffectKind::Tag(_) => sum,
        })
    }

    /// The tags that rules gave.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.effects.iter().filter_map(|effect| match &effect.gives {
            EffectKind::Tag(tag) => Some(tag.as_str()),
            EffectKind::Boost(_) => None,
        })
    }
}

/// An editor's word on one field of one article's record; it beats the machine and survives every later run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Override {
    /// The article.
    pub article: ArticleId,
    /// The record's field as it is written there: `title`, `published`, `topics`.
    pub field: String,
    /// The value; [`Value::Null`] takes the field away.
    pub value: Value,
    /// Who said so: an editor's name, or `record file` for a hand edit.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
