//! The result of processing a batch of captures.

use courant_model::{
    Article, ArticleId, Heat, Judgement, Map, Member, RecordPath, Rejection, StoryId, Verdict,
};

/// The result of processing a batch of captures.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// New articles, and new versions of known ones, in order of arrival.
    pub articles: Vec<StoredArticle>,
    /// The outcome of each capture, by its number.
    pub outcomes: Vec<(i64, CaptureOutcome)>,
    /// The decisions about the other articles of the same stories.
    pub decisions: Vec<ArticleDecision>,
    /// Stories that were merged: from, into.
    pub merged: Vec<(StoryId, StoryId)>,
}

/// The outcome of a capture that was processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureOutcome {
    /// It is this article.
    Article(ArticleId),
    /// It is not an article.
    Rejected(Rejection),
}

/// An article with everything that was decided about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredArticle {
    /// The article.
    pub article: Article,
    /// Topics and quality.
    pub judgement: Judgement,
    /// Its place in its story.
    pub member: Member,
    /// Its heat; `None` if it does not lead its story.
    pub heat: Option<Heat>,
    /// Published or held.
    pub verdict: Verdict,
    /// The slug for the path of its record, if `path` gives none: see [`RecordPath::news`].
    pub slug: String,
    /// The path of an imported article's record. A path outside of its folder, or one that is
    /// taken, is not used.
    pub path: Option<RecordPath>,
    /// How its identity was found, step by step.
    pub identity_steps: Vec<String>,
    /// Whether its publisher shows it to subscribers only.
    pub paywalled: bool,
    /// Unknown fields of the record from which it was imported.
    pub extra: Map,
    /// Its sealed private payload.
    pub secured: Option<String>,
    /// The articles of other providers to which its text links, stored or not; `None` keeps the
    /// known ones.
    pub links: Option<Vec<ArticleId>>,
}

/// What a batch decides about an article in its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleDecision {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// Its heat; `None` if it does not lead its story.
    pub heat: Option<Heat>,
    /// Published or held.
    pub verdict: Verdict,
}
