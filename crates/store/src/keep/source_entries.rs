//! Entries that their sources no longer list.
//!
//! An entry is removed when its source has been read without it since, long enough ago. A source
//! that does not respond, or responds that nothing changed, loses nothing: all of its entries count
//! as listed.

use courant_model::Timestamp;

use super::{
    parts::{Keep, Part, Removed},
    step::{STEP_ROWS, Step, days_before},
};
use crate::{Result, Store, codec};

/// Number of sources that one step examines.
const STEP_SOURCES: usize = 2_000;

/// The entries that have not been listed since a given time.
pub(super) struct Unlisted {
    cutoff: i64,
    /// The last source that was examined completely; the next step continues after it.
    done: String,
}

statements! {
    // The entries of listed sources that were last listed at `?1` or before and not in the latest
    // reading, and those of sources that left the list at `?1` or before. Found by the time of
    // their first sighting, which is even earlier.
    UNLISTED = "SELECT e.rowid AS key, length(e.source) + length(e.key) + length(COALESCE(e.link, '')) + 40
        AS bytes FROM source_entries e
        WHERE e.source = ?3 AND e.first_seen <= ?1 AND e.last_seen <= ?1
        AND (EXISTS (SELECT 1 FROM sources s WHERE s.url = ?3 AND s.removed <= ?1)
        OR e.last_seen < (SELECT MAX(newest.last_seen) FROM source_entries newest WHERE newest.source = ?3)) LIMIT ?2";
    NEXT_SOURCE = "SELECT MIN(source) FROM source_entries WHERE source > ?";
    DELETE_ENTRIES = "DELETE FROM source_entries WHERE rowid IN (SELECT value FROM json_each(?))";
}

impl Unlisted {
    /// `None` if entries are kept for ever.
    pub(super) fn of(keep: &Keep, now: Timestamp) -> Option<Self> {
        let cutoff = days_before(now, keep.source_entry_days)?;
        Some(Self { cutoff, done: String::new() })
    }

    /// Examines the next sources until some entries were removed.
    pub(super) async fn step(&mut self, store: &Store) -> Result<Step> {
        for _ in 0..STEP_SOURCES {
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

    /// What would be removed.
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

    async fn unlisted(&self, store: &Store, source: &str, limit: i64) -> Result<Vec<(i64, i64)>> {
        Ok(sqlx::query_as(UNLISTED)
            .bind(self.cutoff)
            .bind(limit)
            .bind(source)
            .fetch_all(store.readers())
            .await?)
    }
}
