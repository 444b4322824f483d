//! The commit of a processed batch: one transaction for everything that a batch of captures led to.

mod article;
mod outcomes;
mod path;
mod standing;
mod story;

use std::collections::BTreeSet;

use courant_model::{
    Article, ArticleId, Heat, Judgement, Map, Member, RecordPath, Rejection, StoryId, Timestamp, Verdict,
};
use sqlx::SqliteConnection;

use crate::{Result, Store, codec};

pub(crate) use article::put_topics;

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

/// What one commit carries from step to step.
struct Change<'c> {
    sql: &'c mut SqliteConnection,
    /// The number of this change.
    number: i64,
    /// Stories whose members list something in their records that has changed.
    touched: BTreeSet<StoryId>,
}

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
        story::merge(&mut change, &batch.merged).await?;
        let moves = story::moves_of(&mut change, batch).await?;
        article::store(&mut change, &batch.articles, &moves).await?;
        standing::store(&mut change, &batch.standings, &moves).await?;
        outcomes::store(&mut change, &batch.outcomes, now).await?;
        touch_members(&mut change).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The number of the change that is being made.
pub(crate) async fn next_change(sql: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value")
        .fetch_one(sql)
        .await?)
}

/// Makes the records dirty that list a touched story's members.
async fn touch_members(change: &mut Change<'_>) -> Result<()> {
    if change.touched.is_empty() {
        return Ok(());
    }
    sqlx::query("UPDATE articles SET dirty = ? WHERE story IN (SELECT value FROM json_each(?))")
        .bind(change.number)
        .bind(codec::list(&change.touched))
        .execute(&mut *change.sql)
        .await?;
    Ok(())
}
