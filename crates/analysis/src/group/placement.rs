//! What the grouper answers.

use courant_model::{ArticleId, Reason, StoryId};

use super::index::features::Features;

/// Where an article was placed, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Its story, after any merge below.
    pub story: StoryId,
    /// The article whose text it repeats; never itself a copy.
    pub copy_of: Option<ArticleId>,
    /// `copy`, `credit`, `original`, `similar`, `opened`, `runner_up`, `round_up`, `merged`.
    pub because: Vec<Reason>,
    /// Articles that came before and are now copies of this one, because it is the agency's own that they credit: the
    /// one that was the original, then its copies.
    pub copies: Vec<ArticleId>,
    /// Stories that this article showed to be one: (the one that ends, the one that goes on).
    pub merged: Vec<(StoryId, StoryId)>,
}

/// A story that an article might join, as the learned decision sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The story.
    pub story: StoryId,
    /// What the two have in common.
    pub features: Features,
    /// The article of the story that is most alike.
    pub nearest: ArticleId,
}

/// Two stories that might be one, as the learned decision sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct Bridge {
    /// The story that the last article has joined, before the merge.
    pub here: StoryId,
    /// Another that it fits too.
    pub there: StoryId,
    /// What the two have in common, by [`BRIDGE_FEATURES`](super::BRIDGE_FEATURES).
    pub features: Vec<f32>,
}
