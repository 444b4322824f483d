//! The entries that each source has listed: tells new entries from known ones, and shows edits.

use std::collections::BTreeMap;

use courant_model::Timestamp;
use sqlx::SqliteConnection;
use url::Url;

use crate::{Result, Store, codec::micros};

/// An entry as its source lists it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEntry {
    /// Its identity within the source.
    pub key: String,
    /// The canonical key of its URL, if it has one.
    pub link: Option<String>,
    /// A digest of what an edit would change.
    pub digest: [u8; 16],
}

/// How an entry compares with what its source listed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryStatus {
    /// Never listed before, neither by key nor by URL.
    New,
    /// Listed before, and different now.
    Edited,
    /// Listed before, and the same.
    Known,
}

statements! {
    NEW_ENTRIES = "SELECT source, COUNT(*) FROM source_entries WHERE first_seen >= ? GROUP BY source";
    COUNT_ENTRIES = "SELECT COUNT(*) FROM source_entries WHERE source = ?";
    KNOWN_ENTRY = "SELECT key, digest FROM source_entries WHERE source = ?1 AND (key = ?2 OR link = ?3)
        ORDER BY key = ?2 DESC, key LIMIT 1";
    PUT_ENTRY = "INSERT INTO source_entries (source, key, link, digest, first_seen, last_seen)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (source, key) DO UPDATE SET
        digest = excluded.digest, last_seen = excluded.last_seen, link = COALESCE(excluded.link, link)";
    REQUEUE_PAGE = "UPDATE pages SET state = 'due', attempts = 0, next_try = ?, entry = ?, changed = ?
        WHERE key = ? AND state = 'captured' AND (own = 0 OR ?)";
}

impl Store {
    /// The status of each of the entries, in order. An entry whose key is unknown but whose URL is
    /// known is the same entry under another id.
    pub async fn entry_statuses(&self, source: &Url, entries: &[ListedEntry]) -> Result<Vec<EntryStatus>> {
        let mut read = self.read().await?;
        let mut statuses = Vec::with_capacity(entries.len());
        for entry in entries {
            statuses.push(match known(&mut read, source, entry).await? {
                None => EntryStatus::New,
                Some((_, digest)) if digest == entry.digest => EntryStatus::Known,
                Some(_) => EntryStatus::Edited,
            });
        }
        Ok(statuses)
    }

    /// Remembers what a source lists at `now`; entries that it no longer lists are kept. To be
    /// called after everything else that follows from the entries is stored, because remembered
    /// entries are no longer new.
    pub async fn remember_entries(
        &self,
        source: &Url,
        entries: &[ListedEntry],
        now: Timestamp,
    ) -> Result<()> {
        let mut change = self.write().await?;
        for entry in entries {
            remember_entry(&mut change, source, entry, now).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// How many entries each source listed for the first time at `since` or later, by its URL;
    /// sources without any are left out.
    pub async fn new_entries_since(&self, since: Timestamp) -> Result<BTreeMap<String, u64>> {
        let rows: Vec<(String, u64)> =
            sqlx::query_as(NEW_ENTRIES).bind(micros(since)).fetch_all(self.readers()).await?;
        Ok(rows.into_iter().collect())
    }

    /// How many entries a source has listed in all.
    pub async fn entry_count(&self, source: &Url) -> Result<u64> {
        Ok(sqlx::query_scalar(COUNT_ENTRIES).bind(source.as_str()).fetch_one(self.readers()).await?)
    }
}

/// Key and digest under which an entry is known.
async fn known(
    connection: &mut SqliteConnection,
    source: &Url,
    entry: &ListedEntry,
) -> Result<Option<(String, Vec<u8>)>> {
    Ok(sqlx::query_as(KNOWN_ENTRY)
        .bind(source.as_str())
        .bind(&entry.key)
        .bind(entry.link.as_deref())
        .fetch_optional(connection)
        .await?)
}

async fn remember_entry(
    change: &mut SqliteConnection,
    source: &Url,
    entry: &ListedEntry,
    now: Timestamp,
) -> Result<()> {
    let key = known(change, source, entry).await?.map_or_else(|| entry.key.clone(), |(key, _)| key);
    sqlx::query(PUT_ENTRY)
        .bind(source.as_str())
        .bind(key)
        .bind(entry.link.as_deref())
        .bind(&entry.digest[..])
        .bind(micros(now))
        .execute(change)
        .await?;
    Ok(())
}

impl Store {
    /// Queues the captured pages of these keys again, because their sources report an edit, and
    /// gives how many. Pages that were never captured keep their place in the queue, and pages of a
    /// source that represents their provider are left to that source.
    pub async fn requeue_pages(&self, pages: &[courant_model::PendingPage]) -> Result<usize> {
        let mut change = self.write().await?;
        let mut again = 0;
        for page in pages {
            let done = sqlx::query(REQUEUE_PAGE)
                .bind(micros(page.next_try))
                .bind(page.entry.as_deref())
                .bind(micros(page.next_try))
                .bind(&page.key)
                .bind(page.own)
                .execute(&mut *change)
                .await?;
            again += usize::try_from(done.rows_affected()).unwrap_or(usize::MAX);
        }
        change.commit().await?;
        Ok(again)
    }
}
