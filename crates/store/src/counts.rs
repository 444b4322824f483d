//! How much of everything a store holds.

use sqlx::Row;

use crate::{Result, Store, check::file_size};

/// The number of items of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Listed sources.
    pub sources: u64,
    /// Pages to be fetched, including those that wait for a later attempt.
    pub pages_due: u64,
    /// Pages that were given up.
    pub pages_dead: u64,
    /// Captures to be processed.
    pub captures_pending: u64,
    /// Captures that are not articles, by the short name of the reason.
    pub captures_rejected: Vec<(String, u64)>,
    /// Captures that could not be processed.
    pub captures_dead: u64,
    /// Articles.
    pub articles: u64,
    /// Published articles.
    pub published: u64,
    /// Held articles.
    pub held: u64,
    /// Stories.
    pub stories: u64,
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
}

statements! {
    COUNTS = "SELECT (SELECT COUNT(*) FROM sources WHERE removed IS NULL) AS sources,
        (SELECT COUNT(*) FROM pages WHERE state = 'due') AS pages_due,
        (SELECT COUNT(*) FROM pages WHERE state = 'dead') AS pages_dead,
        (SELECT COUNT(*) FROM captures WHERE state = 'pending') AS captures_pending,
        (SELECT COUNT(*) FROM captures WHERE state = 'dead') AS captures_dead,
        (SELECT COUNT(*) FROM articles) AS articles,
        (SELECT COUNT(*) FROM articles WHERE is_published = 1) AS published,
        (SELECT COUNT(DISTINCT story) FROM articles) AS stories";
    REJECTED_BY_REASON = "SELECT COALESCE(reason, ''), COUNT(*) FROM captures WHERE state = 'rejected'
        GROUP BY 1 ORDER BY 1";
}

impl Store {
    /// The number of items of each kind, from one consistent read.
    pub async fn counts(&self) -> Result<Counts> {
        let mut read = self.read().await?;
        let row = sqlx::query(COUNTS).fetch_one(&mut *read).await?;
        let captures_rejected: Vec<(String, u64)> =
            sqlx::query_as(REJECTED_BY_REASON).fetch_all(&mut *read).await?;
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
}
