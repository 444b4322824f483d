//! How much each source used per day, for its daily limits.

use std::collections::BTreeMap;

use courant_model::Timestamp;

use crate::{Result, Store, codec::micros};

/// For how many days the counts are kept.
const KEPT_DAYS: i64 = 30;

/// What one source used on one day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceDay {
    /// Entries that were accepted, edits included.
    pub articles: u64,
    /// Bytes of its own documents and of the pages that it listed, content codings removed.
    pub bytes: u64,
    /// Entries and pages that wait because a limit was reached.
    pub left_out: u64,
}

impl SourceDay {
    /// The sum of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            articles: self.articles.saturating_add(other.articles),
            bytes: self.bytes.saturating_add(other.bytes),
            left_out: self.left_out.saturating_add(other.left_out),
        }
    }
}

statements! {
    ADD_DAY = "INSERT INTO source_days (source, day, articles, bytes, left_out) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (source, day) DO UPDATE SET articles = articles + excluded.articles,
        bytes = bytes + excluded.bytes, left_out = left_out + excluded.left_out";
    DELETE_OLD_DAYS = "DELETE FROM source_days WHERE day < ?";
    DAY = "SELECT source, articles, bytes, left_out FROM source_days WHERE day = ?";
}

impl Store {
    /// Adds to what sources used on the day that begins at `day`, all or none, and deletes days of
    /// more than a month ago. Made twice it counts twice.
    pub async fn add_source_day(&self, day: Timestamp, taken: &BTreeMap<String, SourceDay>) -> Result<()> {
        if taken.is_empty() {
            return Ok(());
        }
        let mut change = self.write().await?;
        for (source, taken) in taken {
            sqlx::query(ADD_DAY)
                .bind(source)
                .bind(micros(day))
                .bind(signed(taken.articles))
                .bind(signed(taken.bytes))
                .bind(signed(taken.left_out))
                .execute(&mut *change)
                .await?;
        }
        sqlx::query(DELETE_OLD_DAYS)
            .bind(micros(day) - KEPT_DAYS * 24 * 3600 * 1_000_000)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(())
    }

    /// What each source used on the day that begins at `day`, by its URL; sources that used nothing
    /// are left out.
    pub async fn source_day(&self, day: Timestamp) -> Result<BTreeMap<String, SourceDay>> {
        let rows: Vec<(String, i64, i64, i64)> =
            sqlx::query_as(DAY).bind(micros(day)).fetch_all(self.readers()).await?;
        let day = |(source, articles, bytes, left_out): (String, i64, i64, i64)| {
            let count = |number: i64| number.max(0).unsigned_abs();
            (source, SourceDay { articles: count(articles), bytes: count(bytes), left_out: count(left_out) })
        };
        Ok(rows.into_iter().map(day).collect())
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
