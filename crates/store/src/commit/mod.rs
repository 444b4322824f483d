//! Committing a processed batch: one transaction for everything that a batch of captures led to.

pub(crate) mod article;
mod batch;
mod change;
pub(crate) mod decisions;
pub(crate) mod merges;
pub(crate) mod outcomes;
pub(crate) mod path;
pub(crate) mod topics;

use std::collections::BTreeSet;

use courant_model::Timestamp;

use self::change::Change;
use crate::{
    Result, Store,
    revision::{mark_stories, next_change},
};

pub use batch::{ArticleDecision, Batch, CaptureOutcome, StoredArticle};
pub(crate) use topics::put_topics;

impl Store {
    /// Stores the result of a batch of captures, processed at `now`: all of it, or on an error
    /// nothing. Committing the same batch again only makes its articles dirty again.
    ///
    /// An article that is in the store keeps its arrival number, its first sighting and first
    /// source, and the path of its record. It keeps its publication date if the new version has
    /// none, and unknown fields and sealed payload if the new version has none. A new one gets the
    /// given path if it is free, otherwise the first free one of its date and slug.
    ///
    /// Merges are done first, so that articles and decisions may use the ids of stories from before
    /// or after. Dirty afterwards: every article of the batch; of the decisions those that changed;
    /// and the other members of every story in which a member was added, left, or changed in a
    /// field that the records of the story list.
    ///
    /// Errors: [`crate::StoreError::NotFound`] for an outcome of a capture, or a decision about an
    /// article, that is not in the store; [`crate::StoreError::Unstorable`] for a value that would
    /// not be read back the same.
    pub async fn commit(&self, batch: &Batch, now: Timestamp) -> Result<()> {
        let mut transaction = self.write().await?;
        let number = next_change(&mut transaction).await?;
        let mut change = Change { sql: &mut transaction, number, touched: BTreeSet::new() };
        merges::merge(&mut change, &batch.merged).await?;
        let moves = merges::moves_of(&mut change, batch).await?;
        article::store(&mut change, &batch.articles, &moves).await?;
        decisions::store(&mut change, &batch.decisions, &moves).await?;
        outcomes::store(&mut change, &batch.outcomes, now).await?;
        touch_members(&mut change).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Marks the records that list members of a changed story.
async fn touch_members(change: &mut Change<'_>) -> Result<()> {
    if change.touched.is_empty() {
        return Ok(());
    }
    mark_stories(change.sql, change.number, change.touched.iter().copied()).await
}
