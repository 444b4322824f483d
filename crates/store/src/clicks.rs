//! How many readers followed links to articles, per day: the only data about readers that is
//! stored.

use courant_model::{ArticleId, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store,
    codec::{self, Columns, micros},
};

/// How many readers followed links to an article on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayClicks {
    /// The article.
    pub article: ArticleId,
    /// The midnight (UTC) at which the day begins.
    pub day: Timestamp,
    /// Number of readers.
    pub readers: u32,
}

const SELECT_CLICKS: &str = "SELECT article, day, readers FROM article_clicks";

statements! {
    ADD_CLICKS = "INSERT INTO article_clicks (article, day, readers) VALUES (?, ?, ?)
        ON CONFLICT (article, day) DO UPDATE SET readers = readers + excluded.readers";
    CLICKS_SINCE = SELECT_CLICKS, " WHERE day >= ? ORDER BY article, day";
    CLICKS_OF = SELECT_CLICKS, " WHERE article IN (SELECT value FROM json_each(?)) AND day >= ?
        ORDER BY article, day";
}

impl Store {
    /// Adds to the counts, all or none. Unlike other calls it counts twice when made twice: the
    /// caller must forget what was acknowledged.
    pub async fn add_clicks(&self, clicks: &[DayClicks]) -> Result<()> {
        let mut change = self.write().await?;
        for count in clicks {
            sqlx::query(ADD_CLICKS)
                .bind(count.article.to_string())
                .bind(micros(count.day))
                .bind(count.readers)
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// The counts of the days that begin at `since` or later, by article and day.
    pub async fn clicks_since(&self, since: Timestamp) -> Result<Vec<DayClicks>> {
        let rows = sqlx::query(CLICKS_SINCE).bind(micros(since)).fetch_all(self.readers()).await?;
        self.damage().readable("article_clicks", "article", &rows, clicks)
    }

    /// The counts of these articles for the days that begin at `since` or later, by article and
    /// day.
    pub async fn clicks_of(&self, articles: &[ArticleId], since: Timestamp) -> Result<Vec<DayClicks>> {
        let rows = sqlx::query(CLICKS_OF)
            .bind(codec::texts(articles))
            .bind(micros(since))
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("article_clicks", "article", &rows, clicks)
    }
}

fn clicks(row: &SqliteRow) -> Result<DayClicks> {
    let readers: i64 = row.try_get("readers")?;
    Ok(DayClicks {
        article: row.parsed("article")?,
        day: row.timestamp("day")?,
        readers: u32::try_from(readers).unwrap_or(u32::MAX),
    })
}
