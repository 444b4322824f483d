//! An article of a story with what its score depends on.

use courant_analysis::story::StoryArticle;
use courant_model::{Article, ArticleId, Heat, Judgement, Member, StoryId, Timestamp, Verdict};
use courant_store::{ArticleDecision, SnapshotRow, StoredArticle};

use crate::stories::overrides::Overrides;

/// An article of a story that is to be scored.
#[derive(Debug, Clone)]
pub(crate) struct StoryMember<'a> {
    pub(super) article: &'a Article,
    pub(super) judgement: &'a Judgement,
    pub(crate) story: StoryId,
    pub(super) copy_of: Option<ArticleId>,
    pub(super) first_seen: Timestamp,
    heat: Option<Heat>,
    pub(super) verdict: &'a Verdict,
}

impl<'a> StoryMember<'a> {
    /// A stored article. `story` may be newer than the story in the row.
    pub(crate) fn row(row: &'a SnapshotRow, story: StoryId) -> Self {
        Self {
            article: &row.article,
            judgement: &row.judgement,
            story,
            copy_of: row.member.copy_of,
            first_seen: row.first_seen,
            heat: row.heat,
            verdict: &row.verdict,
        }
    }

    /// An article that is not stored yet. `first_seen` is the stored time if the article is known.
    pub(crate) fn fresh(stored: &'a StoredArticle, first_seen: Option<Timestamp>) -> Self {
        let Member { story, copy_of, .. } = &stored.member;
        Self {
            article: &stored.article,
            judgement: &stored.judgement,
            story: *story,
            copy_of: *copy_of,
            first_seen: first_seen.unwrap_or(stored.article.first_seen),
            heat: stored.heat,
            verdict: &stored.verdict,
        }
    }

    pub(crate) const fn id(&self) -> ArticleId {
        self.article.id
    }

    /// Whether this decision differs from the stored heat or verdict.
    pub(crate) fn differs_from(&self, standing: &ArticleDecision) -> bool {
        standing.heat != self.heat || &standing.verdict != self.verdict
    }

    /// The input for ranking and heat, with the values of overrides in place of Courant's own.
    pub(super) fn story_article(&self, overrides: &Overrides<'_>) -> StoryArticle {
        let id = self.id();
        let domain = overrides.provider_domain(id).unwrap_or(&self.article.provider.domain);
        StoryArticle {
            id,
            quality: overrides.quality(id).unwrap_or(self.judgement.quality),
            published: overrides.published_at(id).unwrap_or(self.article.published),
            first_seen: self.first_seen,
            provider: domain.to_owned(),
            copy_of: self.copy_of,
            chosen: overrides.leads(id),
        }
    }
}
