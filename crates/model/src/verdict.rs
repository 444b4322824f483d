//! Verdicts of the gate and an editor's overrides.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ArticleId, Value};

/// Published or held, with the rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether readers see it.
    pub published: bool,
    /// Short permanent name of the rule: `threshold`, `not_lead`, `off_topic`, `too_old`, `editor`, or the
    /// name of a rule of the site.
    pub rule: String,
    /// What was seen, in words for an editor.
    pub because: String,
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
