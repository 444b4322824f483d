//! Entries that their sources no longer list.
//!
//! An entry is forgotten when its source has been read since without it, and that lies far enough back. A source that
//! is silent, or answers that nothing has changed, forgets nothing: its entries are all still listed.

use courant_model::Timestamp;

use super::{
    parts::{Keep, Part, Removed},
    step::{STEP_ROWS, Step, days_before},
};
use crate::{Result, Store, codec};

/// Sources that one step looks through.
const SOURCES: usize = 2_000;

/// The entries that have not been listed since a moment.
pub(super) struct Unlisted {
    cutoff: i64,
    /// The source up to which all were looked through; steps of one sweep go on from here.
    done: String,
}

statements! {
    // The entries of listed sources that were last named at `?1` or before and not in the latest reading, and those of
    // sources that left the list at `?1` or before. Found by the time of their first sighting, which is earlier still.
    UNLISTED = "SELECT e.rowid AS key, length(e.source) + length(e.key) + length(COALESCE(e.link, '')) + 40
        AS bytes FROM source_entries e
        WHERE e.source = ?3 AND e.first_seen <= ?1 AND e.last_seen <= ?1
        AND (EXISTS (SELECT 1 FROM sources s WHERE s.url = ?3 AND s.removed <= ?1)
        OR e.last_seen < (SELECT MAX(newest.last_seen) FROM source_entries newest WHERE newest.source = ?3)) LIMIT ?2";
    NEXT_SOURCE = "SELECT MIN(source) FROM source_entries WHERE source > ?";
    DELETE_ENTRIES = "DELETE FROM source_entries WHERE rowid IN (SELECT value FROM json_each(?))";
}

impl Unlisted {
    /// `None` where entries are kept for ever.
    pub(super) fn of(keep: &Keep, now: Timestamp) -> Option<Self> {
        let cutoff = days_before(now, keep.source_entry_days)?;
        Some(Self { cutoff, done: String::new() })
    }

    /// Looks through the next sources until some entries went.
    pub(super) async fn step(&mut self, store: &Store) -> Result<Step> {
        for _ in 0..SOURCES {
            let Some(source) = self.next(store).await? else {
                return Ok(Step { rows: 0, bytes: 0, is_last: true });
            };
            let rows = self.unlisted(store, &source, codec::count(STEP_ROWS)).await?;
            if rows.len() < STEP_ROWS {
                source.clone_into(&mut self.done);
            }
            if rows.is_empty() {
                continue;
            }
            let keys: Vec<i64> = rows.iter().map(|(key, _)| *key).collect();
            sqlx::query(DELETE_ENTRIES)
                .bind(codec::numbers(keys))
                .execute(&mut *store.write_one().await?)
                .await?;
            let bytes = rows.iter().map(|(_, bytes)| bytes.unsigned_abs()).sum();
            return Ok(Step { rows: rows.len() as u64, bytes, is_last: false });
        }
        Ok(Step { rows: 0, bytes: 0, is_last: false })
    }

    /// What would go.
    pub(super) async fn preview(mut self, store: &Store) -> Result<Removed> {
        let mut removed = Removed { part: Part::SourceEntries, rows: 0, bytes: 0 };
        while let Some(source) = self.next(store).await? {
            let rows = self.unlisted(store, &source, -1).await?;
            removed.rows += rows.len() as u64;
            removed.bytes += rows.iter().map(|(_, bytes)| bytes.unsigned_abs()).sum::<u64>();
            source.clone_into(&mut self.done);
        }
        Ok(removed)
    }

    async fn next(&self, store: &Store) -> Result<Option<String>> {
        Ok(sqlx::query_scalar(NEXT_SOURCE).bind(&self.done).fetch_one(store.readers()).await?)
    }

    async fn unlisted(&self, store: &Store, source: &str, most: i64) -> Result<Vec<(i64, i64)>> {
        Ok(sqlx::query_as(UNLISTED)
            .bind(self.cutoff)
            .bind(most)
            .bind(source)
            .fetch_all(store.readers())
            .await?)
    }
}
