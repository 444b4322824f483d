//! What an operator wants to know: counts, dead letters, whether the file is sound.

use courant_model::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store,
    codec::{self, Columns},
    soundness::Damaged,
};

/// How much of everything there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Listed sources.
    pub sources: u64,
    /// Pages that wait to be fetched, also those that wait for a later try.
    pub pages_due: u64,
    /// Pages that were given up.
    pub pages_dead: u64,
    /// Captures that wait to be processed.
    pub captures_pending: u64,
    /// Captures that are no articles, by the short name of the reason.
    pub captures_rejected: Vec<(String, u64)>,
    /// Captures that could not be processed.
    pub captures_dead: u64,
    /// Articles.
    pub articles: u64,
    /// Articles that readers see.
    pub published: u64,
    /// Articles that are held.
    pub held: u64,
    /// Stories.
    pub stories: u64,
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
}

/// What kind of thing could not be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadKind {
    /// A page that could not be fetched.
    Page,
    /// A capture that could not be processed.
    Capture,
}

impl DeadKind {
    /// The word shown to people: `page`, `capture`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Capture => "capture",
        }
    }
}

/// Something that could not be processed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What it is.
    pub what: DeadKind,
    /// Under which key it can be put back: a page's key, a capture's number.
    pub key: String,
    /// Its address.
    pub url: String,
    /// Why it was given up.
    pub reason: String,
    /// When it was given up.
    pub at: Timestamp,
}

/// Whether the database is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is wrong, in SQLite's words; empty where nothing is. At most a hundred lines.
    pub problems: Vec<String>,
    /// What is wrong with the search index; [`Store::rebuild_search`] mends it. `None` also where the store
    /// was opened for reading only, which cannot ask.
    pub search_problem: Option<String>,
    /// What is damaged, by kind and name; empty where nothing is.
    pub damaged: Vec<Damaged>,
    /// Schema version of the file.
    pub schema: i64,
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
}

impl Health {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }
}

impl Store {
    /// How much of everything there is, as of one moment.
    pub async fn counts(&self) -> Result<Counts> {
        let mut read = self.read().await?;
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM sources WHERE removed IS NULL) AS sources, \
             (SELECT COUNT(*) FROM pages WHERE state = 'due') AS pages_due, \
             (SELECT COUNT(*) FROM pages WHERE state = 'dead') AS pages_dead, \
             (SELECT COUNT(*) FROM captures WHERE state = 'pending') AS captures_pending, \
             (SELECT COUNT(*) FROM captures WHERE state = 'dead') AS captures_dead, \
             (SELECT COUNT(*) FROM articles) AS articles, \
             (SELECT COUNT(*) FROM articles WHERE is_published = 1) AS published, \
             (SELECT COUNT(DISTINCT story) FROM articles) AS stories",
        )
        .fetch_one(&mut *read)
        .await?;
        let captures_rejected: Vec<(String, u64)> = sqlx::query_as(
            "SELECT COALESCE(reason, ''), COUNT(*) FROM captures WHERE state = 'rejected' \
             GROUP BY 1 ORDER BY 1",
        )
        .fetch_all(&mut *read)
        .await?;
        let bytes = file_size(&mut read).await?;
        let (articles, published): (u64, u64) = (row.try_get("articles")?, row.try_get("published")?);
        Ok(Counts {
            sources: row.try_get("sources")?,
            pages_due: row.try_get("pages_due")?,
            pages_dead: row.try_get("pages_dead")?,
            captures_pending: row.try_get("captures_pending")?,
            captures_rejected,
            captures_dead: row.try_get("captures_dead")?,
            articles,
            published,
            held: articles.saturating_sub(published),
            stories: row.try_get("stories")?,
            bytes,
        })
    }

    /// At most `limit` things that could not be processed, the latest first, ties by kind and key.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let mut read = self.read().await?;
        let pages = sqlx::query(
            "SELECT key, url, reason, changed FROM pages WHERE state = 'dead' \
             ORDER BY changed DESC, key LIMIT ?",
        )
        .bind(codec::count(limit))
        .fetch_all(&mut *read)
        .await?;
        let captures = sqlx::query(
            "SELECT CAST(number AS TEXT) AS key, url, reason, changed FROM captures WHERE state = 'dead' \
             ORDER BY changed DESC, number LIMIT ?",
        )
        .bind(codec::count(limit))
        .fetch_all(&mut *read)
        .await?;
        let page = |row: &SqliteRow| letter(DeadKind::Page, row);
        let capture = |row: &SqliteRow| letter(DeadKind::Capture, row);
        let mut letters = self.damage().readable("pages", "key", &pages, page)?;
        letters.extend(self.damage().readable("captures", "key", &captures, capture)?);
        // Stable: within a kind the order of the queries holds.
        letters.sort_by(|a, b| b.at.cmp(&a.at).then(a.what.cmp(&b.what)));
        letters.truncate(limit);
        Ok(letters)
    }
}

pub(crate) async fn file_size(sql: &mut sqlx::SqliteConnection) -> Result<u64> {
    Ok(sqlx::query_scalar("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        .fetch_one(sql)
        .await?)
}

fn letter(what: DeadKind, row: &SqliteRow) -> Result<DeadLetter> {
    Ok(DeadLetter {
        what,
        key: row.try_get("key")?,
        url: row.try_get("url")?,
        reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
        at: row.moment("changed")?,
    })
}
