//! What a publish round reads.

use courant_model::{ArticleId, Override, StoryId};
use futures_util::TryStreamExt;
use sqlx::SqliteConnection;

use crate::{
    Result, Revision, Store, StoreError,
    articles::{SNAPSHOT_SELECT, SnapshotRow, snapshot_row},
    codec::Columns,
    damage::Damage,
    overrides::{ALL_OVERRIDES, override_row},
    revision,
    stories::{MOVED_STORIES, moved},
};

/// Number of articles per query when all are read to find damage.
const READ_AT_ONCE: i64 = 2_000;

/// Everything that is published, from one consistent state.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreSnapshot {
    /// Which changes it includes.
    pub revision: Revision,
    /// All articles, newest publication first, ties by id.
    pub rows: Vec<SnapshotRow>,
    /// All overrides, by article and field.
    pub overrides: Vec<Override>,
    /// Merged stories: old id, current id; by old id.
    pub moved: Vec<(StoryId, StoryId)>,
}

statements! {
    EVERY_ARTICLE = SNAPSHOT_SELECT, " ORDER BY a.seq";
    ARTICLES_OF = SNAPSHOT_SELECT, " WHERE a.id IN (SELECT value FROM json_each(?))";
    ARTICLES_BETWEEN = SNAPSHOT_SELECT, " WHERE a.seq BETWEEN ?1 AND ?2 ORDER BY a.seq";
    LAST_ARRIVAL = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'articles'), 0)";
    DIRTY_ARTICLES = "SELECT id, story FROM articles WHERE dirty IS NOT NULL ORDER BY seq";
    COUNT_ARTICLES = "SELECT COUNT(*) FROM articles";
}

impl Store {
    /// Everything that is published, read in one transaction: articles, overrides and merges are
    /// consistent.
    pub async fn snapshot(&self) -> Result<StoreSnapshot> {
        let mut read = self.read().await?;
        let revision = revision::current(&mut read).await?;
        let rows = all_rows(self.damage(), &mut read).await?;
        let overrides = sqlx::query(ALL_OVERRIDES).fetch_all(&mut *read).await?;
        let moves = sqlx::query(MOVED_STORIES).fetch_all(&mut *read).await?;
        Ok(StoreSnapshot {
            revision,
            rows,
            overrides: self.damage().readable("overrides", "article", &overrides, override_row)?,
            moved: moved(self.damage(), &moves)?,
        })
    }

    /// All articles without text and HTML, newest publication first, ties by id.
    pub async fn snapshot_rows(&self) -> Result<Vec<SnapshotRow>> {
        all_rows(self.damage(), &mut *self.read().await?).await
    }

    /// Reads the list of merged stories, to find what is damaged.
    pub(crate) async fn read_moved_stories(&self) -> Result<()> {
        let moves = sqlx::query(MOVED_STORIES).fetch_all(self.readers()).await?;
        moved(self.damage(), &moves).map(drop)
    }

    /// Reads all articles, in parts, to find what is damaged.
    pub(crate) async fn read_articles(&self) -> Result<()> {
        let mut read = self.readers().acquire().await?;
        let last = last_arrival(&mut read).await?;
        let mut first = 1;
        while first <= last {
            let end = last.min(first + READ_AT_ONCE);
            rows_around_damage(self.damage(), &mut read, (first, end)).await?;
            first = end + 1;
        }
        Ok(())
    }

    /// These articles as in [`Store::snapshot_rows`]; unknown ones are left out.
    pub async fn snapshot_rows_of(&self, articles: &[ArticleId]) -> Result<Vec<SnapshotRow>> {
        let about: Vec<String> = articles.iter().map(ArticleId::to_string).collect();
        let mut sql = self.readers().acquire().await?;
        let rows = self.damage().rows_about("articles", &mut sql, ARTICLES_OF, &about).await?;
        let mut rows = self.damage().readable("articles", "id", &rows, snapshot_row)?;
        rows.sort_unstable_by(SnapshotRow::newest_first);
        Ok(rows)
    }

    /// The articles whose records have to be written, in order of arrival.
    pub async fn dirty_articles(&self) -> Result<Vec<ArticleId>> {
        let rows = sqlx::query(DIRTY_ARTICLES).fetch_all(self.readers()).await?;
        self.damage().readable("articles", "id", &rows, |row| row.parsed("id"))
    }
}

/// Read in the order of the tables and sorted here: SQLite would look rows up in the order of
/// publication, or sort whole rows in a temporary file.
async fn all_rows(damage: &Damage, sql: &mut SqliteConnection) -> Result<Vec<SnapshotRow>> {
    let mut rows = match every_row(damage, sql).await {
        Err(StoreError::Corrupt(_)) => {
            let range = (1, last_arrival(sql).await?);
            rows_around_damage(damage, sql, range).await?
        }
        read => read?,
    };
    rows.sort_unstable_by(SnapshotRow::newest_first);
    Ok(rows)
}

async fn every_row(damage: &Damage, sql: &mut SqliteConnection) -> Result<Vec<SnapshotRow>> {
    let count: i64 = sqlx::query_scalar(COUNT_ARTICLES).fetch_one(&mut *sql).await?;
    let mut rows = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    let mut stream = sqlx::query(EVERY_ARTICLE).fetch(&mut *sql);
    while let Some(row) = stream.try_next().await? {
        rows.extend(damage.one("articles", "id", &row, snapshot_row)?);
    }
    Ok(rows)
}

/// The arrival number of the newest article there ever was.
async fn last_arrival(sql: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar(LAST_ARRIVAL).fetch_one(sql).await?)
}

/// All rows with these arrival numbers except those on damaged pages.
async fn rows_around_damage(
    damage: &Damage,
    sql: &mut SqliteConnection,
    range: (i64, i64),
) -> Result<Vec<SnapshotRow>> {
    let ask = |first: i64, last: i64| sqlx::query(ARTICLES_BETWEEN).bind(first).bind(last);
    let rows = damage.rows_between("articles", sql, ask, range).await?;
    damage.readable("articles", "id", &rows, snapshot_row)
}
