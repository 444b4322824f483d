//! What a batch of captures led to.

use courant_model::{
    Article, ArticleId, Heat, Judgement, Map, Member, RecordPath, Rejection, StoryId, Verdict,
};

/// What a batch of captures led to.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// New articles, and known ones that were read again; in the order of arrival.
    pub articles: Vec<StoredArticle>,
    /// What became of each capture, by its number.
    pub outcomes: Vec<(i64, CaptureOutcome)>,
    /// Where the other articles of the stories concerned now stand.
    pub standings: Vec<Standing>,
    /// Stories that were merged: from, into.
    pub merged: Vec<(StoryId, StoryId)>,
}

/// What became of a capture that was processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureOutcome {
    /// It is this article.
    Article(ArticleId),
    /// It is no article.
    Rejected(Rejection),
}

/// An article with all that was decided about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredArticle {
    /// The article.
    pub article: Article,
    /// Topics and quality.
    pub judgement: Judgement,
    /// Its place in its story.
    pub member: Member,
    /// Its heat.
    pub heat: Heat,
    /// Published or held.
    pub verdict: Verdict,
    /// What the path of its record is made from, where none is wanted: see [`RecordPath::news`].
    pub slug: String,
    /// The path that its record has already, for articles that are imported. One that leaves its folder, or is
    /// taken, is not given.
    pub path: Option<RecordPath>,
    /// How its identity was found, step by step.
    pub identity_steps: Vec<String>,
    /// Unknown fields of the record from which it was imported.
    pub extra: Map,
    /// Its sealed private payload.
    pub secured: Option<String>,
    /// The articles of other providers to which its text links, stored or not; `None` leaves those that are known.
    pub links: Option<Vec<ArticleId>>,
}

/// Where an article stands in its story after a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// Its heat.
    pub heat: Heat,
    /// Published or held.
    pub verdict: Verdict,
}
