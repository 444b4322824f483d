//! Stories: the articles about one event.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ArticleId, StoryId};

/// Why something was decided: `{what: "shared terms", detail: "pentagon, treaty"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// Short permanent name of the kind of reason: `copy`, `similar`, `opened`, `runner_up`.
    pub what: String,
    /// What was found.
    pub detail: String,
}

impl Reason {
    /// A reason of this kind with this detail.
    pub fn new(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), detail: detail.into() }
    }
}

/// An article's place in a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The article.
    pub article: ArticleId,
    /// The story; every article is in exactly one.
    pub story: StoryId,
    /// The article whose text this one repeats.
    pub copy_of: Option<ArticleId>,
    /// Why it was placed here.
    pub because: Vec<Reason>,
}
