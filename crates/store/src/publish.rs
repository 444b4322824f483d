//! What publishing reads, and what it remembers about the files that it wrote.

use courant_model::{ArticleId, Override, RecordPath, StoryId};
use futures_util::TryStreamExt;
use sqlx::{Row, SqliteConnection};

use crate::{
    Result, Store, StoreError,
    articles::{SNAPSHOT_SELECT, SnapshotRow, hash, path, snapshot_row},
    codec::Columns,
    damage::Damage,
    overrides::{ALL_OVERRIDES, word},
    stories::{MOVED_STORIES, moved},
};

/// Articles that are read at once where they are only looked through.
const READ_AT_ONCE: i64 = 2_000;

/// The number of the last change that a reading has seen. Records written from that reading are up to date as
/// of it, and dirty still where a later change touched them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeMark(i64);

impl ChangeMark {
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

/// Everything that is published, as of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreSnapshot {
    /// Which changes are in it.
    pub mark: ChangeMark,
    /// All articles, newest publication first, ties by id.
    pub rows: Vec<SnapshotRow>,
    /// All overrides, by article and field.
    pub overrides: Vec<Override>,
    /// Merged stories: old name, present name; by old name.
    pub moved: Vec<(StoryId, StoryId)>,
}

impl Store {
    /// Everything that is published, read in one transaction: articles, overrides and merges fit together.
    pub async fn snapshot(&self) -> Result<StoreSnapshot> {
        let mut read = self.read().await?;
        let mark = change_mark(&mut read).await?;
        let rows = all_rows(self.damage(), &mut read).await?;
        let words = sqlx::query(ALL_OVERRIDES).fetch_all(&mut *read).await?;
        let moves = sqlx::query(MOVED_STORIES).fetch_all(&mut *read).await?;
        Ok(StoreSnapshot {
            mark,
            rows,
            overrides: self.damage().readable("overrides", "article", &words, word)?,
            moved: moved(self.damage(), &moves)?,
        })
    }

    /// All articles without text and HTML, newest publication first, ties by id.
    pub async fn snapshot_rows(&self) -> Result<Vec<SnapshotRow>> {
        all_rows(self.damage(), &mut *self.read().await?).await
    }

    /// Reads all articles, some at a time, to find what is damaged.
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
        let question = format!("{SNAPSHOT_SELECT} WHERE a.id IN (SELECT value FROM json_each(?))");
        let about: Vec<String> = articles.iter().map(ArticleId::to_string).collect();
        let mut sql = self.readers().acquire().await?;
        let rows = self.damage().rows_about("articles", &mut sql, &question, &about).await?;
        let mut rows = self.damage().readable("articles", "id", &rows, snapshot_row)?;
        rows.sort_unstable_by(SnapshotRow::newest_first);
        Ok(rows)
    }

    /// The number of the last change. Taken before a reading, it says what was surely in that reading.
    pub async fn change_mark(&self) -> Result<ChangeMark> {
        change_mark(&mut *self.read().await?).await
    }

    /// The articles whose records wait to be written, in the order of arrival.
    pub async fn dirty_articles(&self) -> Result<Vec<ArticleId>> {
        let rows = sqlx::query("SELECT id FROM articles WHERE dirty IS NOT NULL ORDER BY seq")
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("articles", "id", &rows, |row| row.parsed("id"))
    }

    /// The records that stand as files, with the hash of the bytes last written; by path.
    pub async fn record_files(&self) -> Result<Vec<(RecordPath, ArticleId, [u8; 32])>> {
        let rows = sqlx::query(
            "SELECT path, id, record_hash FROM articles WHERE record_hash IS NOT NULL ORDER BY path",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok((path(row.try_get("path")?)?, row.parsed("id")?, hash(row.try_get("record_hash")?)?))
            })
            .collect()
    }

    /// Remembers that these records were written, and with which hash of their bytes: they are clean now.
    ///
    /// For a writer beside which nothing commits. Where something may, [`Store::settle_records`] keeps
    /// what changed in between dirty.
    pub async fn record_written(&self, written: &[(ArticleId, [u8; 32])]) -> Result<()> {
        self.settle_records(ChangeMark(i64::MAX), written, &[]).await
    }

    /// Remembers, in one transaction, that these records were written (with the hash of their bytes) and
    /// that those articles have no record file (any more), from a reading as of `mark`. What a later change
    /// made dirty stays dirty. Unknown articles are passed over.
    pub async fn settle_records(
        &self,
        mark: ChangeMark,
        written: &[(ArticleId, [u8; 32])],
        absent: &[ArticleId],
    ) -> Result<()> {
        let hashes = written.iter().map(|(article, hash)| (article, Some(&hash[..])));
        let none = absent.iter().map(|article| (article, None));
        let mut change = self.write().await?;
        for (article, hash) in hashes.chain(none) {
            sqlx::query(
                "UPDATE articles SET record_hash = ?, dirty = CASE WHEN dirty <= ? THEN NULL ELSE dirty END \
                 WHERE id = ?",
            )
            .bind(hash)
            .bind(mark.0)
            .bind(article.to_string())
            .execute(&mut *change)
            .await?;
        }
        change.commit().await?;
        Ok(())
    }
}

pub(crate) async fn change_mark(sql: &mut SqliteConnection) -> Result<ChangeMark> {
    Ok(ChangeMark(
        sqlx::query_scalar("SELECT value FROM counters WHERE name = 'change'").fetch_one(sql).await?,
    ))
}

/// Read in the order of the tables and sorted here: SQLite would page through them in the order of
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
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM articles").fetch_one(&mut *sql).await?;
    let mut rows = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    let select = format!("{SNAPSHOT_SELECT} ORDER BY a.seq");
    let mut stream = sqlx::query(sqlx::AssertSqlSafe(select)).fetch(&mut *sql);
    while let Some(row) = stream.try_next().await? {
        rows.extend(damage.one("articles", "id", &row, snapshot_row)?);
    }
    Ok(rows)
}

/// The arrival number of the last article that there ever was.
async fn last_arrival(sql: &mut SqliteConnection) -> Result<i64> {
    let last = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'articles'), 0)";
    Ok(sqlx::query_scalar(last).fetch_one(sql).await?)
}

/// All rows of these arrival numbers but those on damaged pages.
async fn rows_around_damage(
    damage: &Damage,
    sql: &mut SqliteConnection,
    range: (i64, i64),
) -> Result<Vec<SnapshotRow>> {
    let question = format!("{SNAPSHOT_SELECT} WHERE a.seq BETWEEN ?1 AND ?2 ORDER BY a.seq");
    let rows = damage.rows_between("articles", sql, &question, range).await?;
    damage.readable("articles", "id", &rows, snapshot_row)
}
