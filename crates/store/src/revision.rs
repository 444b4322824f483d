//! Which changes a read has seen, and marking the records that later have to be written.
//!
//! Every change to what is published has a number and marks the records that it concerns with it.
//! So a change made during the writing of records is not taken for written.

use courant_model::{ArticleId, StoryId};
use sqlx::SqliteConnection;

use crate::{
    Result, codec,
    counters::{self, CHANGE},
};

/// The number of the last change that a read has seen. Records written from that read are up to
/// date as of it, and still dirty where a later change touched them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(i64);

impl Revision {
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

statements! {
    MARK_ARTICLES = "UPDATE articles SET dirty = ? WHERE id IN (SELECT value FROM json_each(?))";
    MARK_STORIES = "UPDATE articles SET dirty = ? WHERE story IN (SELECT value FROM json_each(?))";
    MARK_STORY_OF = "UPDATE articles SET dirty = ?
        WHERE story = (SELECT story FROM articles WHERE id = ?)";
}

/// The last change.
pub(crate) async fn current(sql: &mut SqliteConnection) -> Result<Revision> {
    Ok(Revision(counters::value(sql, CHANGE).await?))
}

/// The number of the change that is being made.
pub(crate) async fn next_change(sql: &mut SqliteConnection) -> Result<i64> {
    counters::increment(sql, CHANGE).await
}

/// Marks the records of these articles as to be written because of this change.
pub(crate) async fn mark_articles(
    sql: &mut SqliteConnection,
    change: i64,
    articles: impl IntoIterator<Item = ArticleId>,
) -> Result<()> {
    sqlx::query(MARK_ARTICLES).bind(change).bind(codec::texts(articles)).execute(sql).await?;
    Ok(())
}

/// Marks the records of all articles of these stories as to be written because of this change.
pub(crate) async fn mark_stories(
    sql: &mut SqliteConnection,
    change: i64,
    stories: impl IntoIterator<Item = StoryId>,
) -> Result<()> {
    sqlx::query(MARK_STORIES).bind(change).bind(codec::texts(stories)).execute(sql).await?;
    Ok(())
}

/// Marks the records of an article and of the others of its story as to be written because of this
/// change.
pub(crate) async fn mark_story_of(sql: &mut SqliteConnection, change: i64, article: ArticleId) -> Result<()> {
    sqlx::query(MARK_STORY_OF).bind(change).bind(article.to_string()).execute(sql).await?;
    Ok(())
}
