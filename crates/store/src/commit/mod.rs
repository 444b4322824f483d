//! The commit of a processed batch: one transaction for everything that a batch of captures led to.

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

pub use batch::{Batch, CaptureOutcome, Standing, StoredArticle};
pub(crate) use topics::put_topics;

impl Store {
    /// Stores what a batch of captures led to, processed at `now`: all of it, or on an error nothing. The same batch again
    /// changes nothing but that its articles are dirty once more.
    ///
    /// An article that is in the store keeps its arrival number, its first sighting and first source, and
    /// the path of its record; it keeps its time of publication where the new reading found none, and
    /// unknown fields and sealed payload where the new reading has none. A new one gets the wanted path if
    /// it is free, else the first free one of its date and slug.
    ///
    /// Merges are done first, so that articles and standings may name the stories by their names before or
    /// after. Dirty afterwards: every article of the batch; of the standings those in which something
    /// differs; and the other members of every story in which a member was added, left or changed what a
    /// record of the story lists about it.
    ///
    /// Errors: [`crate::StoreError::NotFound`] for an outcome of a capture, or a standing of an article,
    /// that is not in the store; [`crate::StoreError::Unstorable`] for a value that would not come back
    /// the same.
    pub async fn commit(&self, batch: &Batch, now: Timestamp) -> Result<()> {
        let mut transaction = self.write().await?;
        let number = next_change(&mut transaction).await?;
        let mut change = Change { sql: &mut transaction, number, touched: BTreeSet::new() };
        merges::merge(&mut change, &batch.merged).await?;
        let moves = merges::moves_of(&mut change, batch).await?;
        article::store(&mut change, &batch.articles, &moves).await?;
        decisions::store(&mut change, &batch.standings, &moves).await?;
        outcomes::store(&mut change, &batch.outcomes, now).await?;
        touch_members(&mut change).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Makes the records dirty that list a touched story's members.
async fn touch_members(change: &mut Change<'_>) -> Result<()> {
    if change.touched.is_empty() {
        return Ok(());
    }
    mark_stories(change.sql, change.number, change.touched.iter().copied()).await
}
