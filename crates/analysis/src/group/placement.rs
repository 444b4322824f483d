//! The results of grouping.

use courant_model::{ArticleId, Reason, StoryId};

use super::{decide::merge_features::MergeFeatures, index::join_features::JoinFeatures};

/// Where an article was placed, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Its story, after the merges listed in `merged`.
    pub story: StoryId,
    /// The article whose text it repeats; never itself a copy.
    pub copy_of: Option<ArticleId>,
    /// Reasons named `copy`, `credit`, `original`, `similar`, `opened`, `runner_up`, `round_up`,
    /// `merged`.
    pub reasons: Vec<Reason>,
    /// Earlier articles that are now copies of this one, because they credit the agency that
    /// published it: the former original, then its copies.
    pub copies: Vec<ArticleId>,
    /// Stories merged because of this article: (the one that ends, the one that remains).
    pub merged: Vec<(StoryId, StoryId)>,
}

/// A story that an article might join, with the input of the learned decision.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinCandidate {
    /// The story.
    pub story: StoryId,
    /// What the two have in common.
    pub features: JoinFeatures,
    /// The most similar article of the story.
    pub nearest: ArticleId,
}

/// Two stories that might be merged, with the input of the learned decision.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeCandidate {
    /// The story that the last article has joined, before the merge.
    pub here: StoryId,
    /// Another story that the article fits.
    pub there: StoryId,
    /// What the two have in common.
    pub features: MergeFeatures,
}
