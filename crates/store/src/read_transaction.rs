//! Reading parts of what is published, from one consistent state: what a round needs after a
//! change.

use courant_model::{ArticleId, Override, StoryId};
use sqlx::{Sqlite, SqliteConnection, Transaction, sqlite::SqliteRow};

use crate::{
    Result, Revision, Store,
    articles::{SNAPSHOT_SELECT, SnapshotRow, snapshot_row},
    codec::{self, Columns},
    damage::Damage,
    overrides::{BOOSTS, override_row, overrides_of},
    revision,
    snapshot::DIRTY_ARTICLES,
    stories::moved,
};

/// A read in several queries that all see the same state of the store.
#[derive(Debug)]
pub struct ReadTransaction {
    sql: Transaction<'static, Sqlite>,
    revision: Revision,
    damage: Damage,
}

impl Store {
    /// Begins a read. It holds one of the few reading connections until it is dropped.
    pub async fn begin_read(&self) -> Result<ReadTransaction> {
        let mut sql = self.read().await?;
        let revision = revision::current(&mut sql).await?;
        Ok(ReadTransaction { sql, revision, damage: self.damage().clone() })
    }
}

statements! {
    ROWS_OF_STORIES = SNAPSHOT_SELECT, " WHERE a.story IN (SELECT value FROM json_each(?)) ORDER BY a.seq";
    MOVES_OF = "SELECT old, present FROM story_moves WHERE old IN (SELECT value FROM json_each(?1))
        UNION SELECT old, present FROM story_moves WHERE present IN (SELECT value FROM json_each(?1))
        ORDER BY old";
}

impl ReadTransaction {
    /// Which changes the read sees.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// The articles whose records have to be written, with their current stories, in order of
    /// arrival. Whatever readers see of an article changes only together with this flag.
    pub async fn dirty(&mut self) -> Result<Vec<(ArticleId, StoryId)>> {
        let rows = sqlx::query(DIRTY_ARTICLES).fetch_all(self.sql()).await?;
        let dirty = |row: &SqliteRow| Ok((row.parsed("id")?, row.parsed("story")?));
        self.damage.readable("articles", "id", &rows, dirty)
    }

    /// All articles of these stories without text and HTML, in order of arrival. Stories are given
    /// by their current ids; the id of a merged story has no articles.
    pub async fn rows_of_stories(
        &mut self,
        stories: impl IntoIterator<Item = StoryId>,
    ) -> Result<Vec<SnapshotRow>> {
        let stories: Vec<String> = stories.into_iter().map(|story| story.to_string()).collect();
        let rows = self.damage.rows_about("articles", &mut self.sql, ROWS_OF_STORIES, &stories).await?;
        let mut rows = self.damage.readable("articles", "id", &rows, snapshot_row)?;
        rows.sort_by_key(|row| row.arrival);
        Ok(rows)
    }

    /// The overrides of these articles, by article and field.
    pub async fn overrides_of(
        &mut self,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> Result<Vec<Override>> {
        overrides_of(&self.damage, &mut self.sql, articles).await
    }

    /// The boosts by editors, by article.
    pub async fn boosts(&mut self) -> Result<Vec<Override>> {
        let rows = sqlx::query(BOOSTS).fetch_all(self.sql()).await?;
        self.damage.readable("overrides", "article", &rows, override_row)
    }

    /// The merges from or into these stories: old id, current id; by old id.
    pub async fn moves_of(&mut self, stories: &[StoryId]) -> Result<Vec<(StoryId, StoryId)>> {
        let rows = sqlx::query(MOVES_OF).bind(codec::texts(stories)).fetch_all(self.sql()).await?;
        moved(&self.damage, &rows)
    }

    fn sql(&mut self) -> &mut SqliteConnection {
        &mut self.sql
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;

    #[tokio::test]
    async fn boosts_are_found_by_their_index() {
        let store = Store::in_memory().await.unwrap();
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {BOOSTS}")))
            .fetch_all(store.readers())
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(steps.iter().any(|step| step.contains("overrides_boosts")), "{steps:?}");
    }
}
