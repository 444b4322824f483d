//! Parts of what is published, as of one moment: what a round needs that follows from what changed.

use courant_model::{ArticleId, Override, StoryId};
use sqlx::{Sqlite, SqliteConnection, Transaction, sqlite::SqliteRow};

use crate::{
    ChangeMark, Result, Store,
    articles::{SNAPSHOT_SELECT, SnapshotRow, snapshot_row},
    codec::{self, Columns},
    damage::Damage,
    overrides::{BOOSTS, overrides_of, word},
    revision,
    snapshot::DIRTY_ARTICLES,
    stories::moved,
};

/// A read in several questions that all see the same state of the store.
#[derive(Debug)]
pub struct Reading {
    sql: Transaction<'static, Sqlite>,
    mark: ChangeMark,
    damage: Damage,
}

impl Store {
    /// Begins a reading. It holds one of the few reading connections until it is dropped.
    pub async fn reading(&self) -> Result<Reading> {
        let mut sql = self.read().await?;
        let mark = revision::current(&mut sql).await?;
        Ok(Reading { sql, mark, damage: self.damage().clone() })
    }
}

statements! {
    ROWS_OF_STORIES = SNAPSHOT_SELECT, " WHERE a.story IN (SELECT value FROM json_each(?)) ORDER BY a.seq";
    MOVES_OF = "SELECT old, present FROM story_moves WHERE old IN (SELECT value FROM json_each(?1))
        UNION SELECT old, present FROM story_moves WHERE present IN (SELECT value FROM json_each(?1))
        ORDER BY old";
}

impl Reading {
    /// Which changes are in what is read.
    pub const fn mark(&self) -> ChangeMark {
        self.mark
    }

    /// The articles whose records wait to be written, with their present stories, in the order of arrival. Whatever
    /// readers see of an article changes only together with this mark.
    pub async fn dirty(&mut self) -> Result<Vec<(ArticleId, StoryId)>> {
        let rows = sqlx::query(DIRTY_ARTICLES).fetch_all(self.sql()).await?;
        let dirty = |row: &SqliteRow| Ok((row.parsed("id")?, row.parsed("story")?));
        self.damage.readable("articles", "id", &rows, dirty)
    }

    /// All articles of these stories without text and HTML, in the order of arrival. Stories are named by their
    /// present names; an old name has no articles.
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

    /// The editors' words on these articles, by article and field.
    pub async fn overrides_of(
        &mut self,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> Result<Vec<Override>> {
        overrides_of(&self.damage, &mut self.sql, articles).await
    }

    /// The words of the field `boost`, by article.
    pub async fn boosts(&mut self) -> Result<Vec<Override>> {
        let rows = sqlx::query(BOOSTS).fetch_all(self.sql()).await?;
        self.damage.readable("overrides", "article", &rows, word)
    }

    /// The merges in which these stories were lost or grew: old name, present name; by old name.
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
