//! What each source has named so far: by this a new entry is told from a known one, and an edit is seen.

use std::collections::BTreeMap;

use courant_model::Timestamp;
use sqlx::SqliteConnection;
use url::Url;

use crate::{Result, Store, codec::micros};

/// An entry as its source names it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedEntry {
    /// Its identity within the source.
    pub key: String,
    /// The canonical key of its address, where it has one.
    pub link: Option<String>,
    /// A digest of what an edit would change.
    pub digest: [u8; 16],
}

/// How an entry relates to what its source had named before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryNews {
    /// Never named before, neither by key nor by address.
    New,
    /// Named before, and different now.
    Edited,
    /// Named before, and the same.
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
    /// What is new about each of the entries, in order. An entry whose key is unknown but whose address is known
    /// is the same entry under another id.
    pub async fn entry_news(&self, source: &Url, entries: &[NamedEntry]) -> Result<Vec<EntryNews>> {
        let mut read = self.read().await?;
        let mut news = Vec::with_capacity(entries.len());
        for entry in entries {
            news.push(match known(&mut read, source, entry).await? {
                None => EntryNews::New,
                Some((_, digest)) if digest == entry.digest => EntryNews::Known,
                Some(_) => EntryNews::Edited,
            });
        }
        Ok(news)
    }

    /// Remembers what a source names at `now`; entries that it no longer names are kept. To be called once all
    /// else that follows from the entries is stored: what is named is not taken for new again.
    pub async fn name_entries(&self, source: &Url, entries: &[NamedEntry], now: Timestamp) -> Result<()> {
        let mut change = self.write().await?;
        for entry in entries {
            name_entry(&mut change, source, entry, now).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// How many entries each source named for the first time at `since` or later, by its address; sources
    /// without any are left out.
    pub async fn new_entries_since(&self, since: Timestamp) -> Result<BTreeMap<String, u64>> {
        let rows: Vec<(String, u64)> =
            sqlx::query_as(NEW_ENTRIES).bind(micros(since)).fetch_all(self.readers()).await?;
        Ok(rows.into_iter().collect())
    }

    /// How many entries a source has named in all.
    pub async fn entries_named(&self, source: &Url) -> Result<u64> {
        Ok(sqlx::query_scalar(COUNT_ENTRIES).bind(source.as_str()).fetch_one(self.readers()).await?)
    }
}

/// Key and digest under which an entry is known.
async fn known(
    connection: &mut SqliteConnection,
    source: &Url,
    entry: &NamedEntry,
) -> Result<Option<(String, Vec<u8>)>> {
    Ok(sqlx::query_as(KNOWN_ENTRY)
        .bind(source.as_str())
        .bind(&entry.key)
        .bind(entry.link.as_deref())
        .fetch_optional(connection)
        .await?)
}

async fn name_entry(
    change: &mut SqliteConnection,
    source: &Url,
    entry: &NamedEntry,
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
    /// Queues the captured pages of these keys once more, because their sources say that they were edited; how
    /// many. Pages that were never captured keep their place in the queue, and those that a source named which speaks for
    /// their provider are left to that source.
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
