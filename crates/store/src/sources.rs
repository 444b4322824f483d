//! Sources, and what is remembered about them between polls.

use std::collections::BTreeSet;

use courant_model::{PendingMove, Rhythm, Source, SourceState, Timestamp};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use url::Url;

use crate::{
    Result, Store,
    codec::{self, Columns, micros, to_json},
};

/// The interval of a source that was never polled, in seconds.
const FIRST_INTERVAL_S: u32 = 1800;

const COLUMNS: &str = "url, kind, title, site, tags, etag, last_modified, next_due, interval_s, failures,
    last_error, last_success, gone, address, moving_to, moving_since, last_change,
    failing_since, because, rhythm";

/// What changed when the store was synchronised with the list of sources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSync {
    /// New ones, and ones that came back, in the order of the list.
    pub added: Vec<Url>,
    /// Ones that are no longer listed, by URL.
    pub removed: Vec<Url>,
    /// How many stayed.
    pub kept: usize,
}

statements! {
    SOURCES = "SELECT ", COLUMNS, " FROM sources WHERE removed IS NULL ORDER BY url";
    SOURCE = "SELECT ", COLUMNS, " FROM sources WHERE url = ?";
    DUE_SOURCES = "SELECT ", COLUMNS, " FROM sources
        WHERE gone = 0 AND removed IS NULL AND next_due <= ? ORDER BY next_due, url LIMIT ?";
    LISTED_URLS = "SELECT url FROM sources WHERE removed IS NULL ORDER BY url";
    REMOVE_SOURCE = "UPDATE sources SET removed = ? WHERE url = ?";
    NEXT_SOURCE_DUE = "SELECT MIN(next_due) FROM sources WHERE gone = 0 AND removed IS NULL";
    SAVE_SOURCE = "INSERT INTO sources (", COLUMNS, ")
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (url) DO UPDATE SET etag = excluded.etag,
        last_modified = excluded.last_modified, next_due = excluded.next_due,
        interval_s = excluded.interval_s, failures = excluded.failures,
        last_error = excluded.last_error, last_success = excluded.last_success, gone = excluded.gone,
        address = excluded.address, moving_to = excluded.moving_to,
        moving_since = excluded.moving_since, last_change = excluded.last_change,
        failing_since = excluded.failing_since, because = excluded.because, rhythm = excluded.rhythm";
    LIST_SOURCE = "INSERT INTO sources (url, kind, title, site, tags, next_due, interval_s, failures, gone)
        VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)
        ON CONFLICT (url) DO UPDATE SET kind = excluded.kind, title = excluded.title,
        site = excluded.site, tags = excluded.tags,
        next_due = CASE WHEN sources.removed IS NULL THEN sources.next_due ELSE excluded.next_due END,
        failures = CASE WHEN sources.removed IS NULL THEN sources.failures ELSE 0 END,
        gone     = CASE WHEN sources.removed IS NULL THEN sources.gone ELSE 0 END,
        failing_since = CASE WHEN sources.removed IS NULL THEN sources.failing_since ELSE NULL END,
        removed  = NULL";
}

impl Store {
    /// Synchronises the store with the list of sources. New ones are due at `now`; of those that
    /// stay only what the list says (kind, title, site, tags) is updated; those that left are
    /// marked and no longer polled, and continue with what was remembered if they come back. A URL
    /// that is listed twice counts once.
    pub async fn sync_sources(&self, listed: &[Source], now: Timestamp) -> Result<SourceSync> {
        let mut change = self.write().await?;
        let known: Vec<String> = sqlx::query_scalar(LISTED_URLS).fetch_all(&mut *change).await?;
        let known: BTreeSet<String> = known.into_iter().collect();
        let mut sync = SourceSync::default();
        let mut seen = BTreeSet::new();
        for source in listed {
            if !seen.insert(source.url.as_str()) {
                continue;
            }
            list_source(&mut change, source, now).await?;
            if known.contains(source.url.as_str()) {
                sync.kept += 1;
            } else {
                sync.added.push(source.url.clone());
            }
        }
        for url in known.iter().filter(|url| !seen.contains(url.as_str())) {
            sqlx::query(REMOVE_SOURCE).bind(micros(now)).bind(url).execute(&mut *change).await?;
            sync.removed.push(Url::parse(url).map_err(crate::StoreError::corrupt)?);
        }
        change.commit().await?;
        Ok(sync)
    }

    /// The listed sources, by URL, including those that are gone.
    pub async fn sources(&self) -> Result<Vec<SourceState>> {
        let rows = sqlx::query(SOURCES).fetch_all(self.readers()).await?;
        self.damage().readable("sources", "url", &rows, state)
    }

    /// What is remembered about the source at this URL, also if it is no longer listed.
    pub async fn source(&self, url: &Url) -> Result<Option<SourceState>> {
        let row = sqlx::query(SOURCE).bind(url.as_str()).fetch_optional(self.readers()).await?;
        row.as_ref().map(state).transpose()
    }

    /// At most `limit` listed sources that are due at `now` and not gone, longest due first, ties
    /// by URL.
    pub async fn due_sources(&self, now: Timestamp, limit: usize) -> Result<Vec<SourceState>> {
        let rows = sqlx::query(DUE_SOURCES)
            .bind(micros(now))
            .bind(codec::count(limit))
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("sources", "url", &rows, state)
    }

    /// When the next source is due; `None` if there is none to poll.
    pub async fn next_source_due(&self) -> Result<Option<Timestamp>> {
        let due: Option<i64> = sqlx::query_scalar(NEXT_SOURCE_DUE).fetch_one(self.readers()).await?;
        due.map(codec::timestamp).transpose()
    }

    /// Stores the outcome of a poll. A source that left the list in the meantime stays removed; one
    /// that the store does not know is added.
    pub async fn save_source(&self, state: &SourceState) -> Result<()> {
        let source = &state.source;
        sqlx::query(SAVE_SOURCE)
            .bind(source.url.as_str())
            .bind(codec::enum_text(&source.kind)?)
            .bind(source.title.as_deref())
            .bind(source.site.as_ref().map(Url::as_str))
            .bind(to_json("tags", &source.tags)?)
            .bind(state.etag.as_deref())
            .bind(state.last_modified.as_deref())
            .bind(micros(state.next_due))
            .bind(state.interval_s)
            .bind(state.failures)
            .bind(state.last_error.as_deref())
            .bind(state.last_success.map(micros))
            .bind(state.gone)
            .bind(state.address.as_ref().map(Url::as_str))
            .bind(state.moving.as_ref().map(|moving| moving.to.as_str()))
            .bind(state.moving.as_ref().map(|moving| micros(moving.since)))
            .bind(state.last_change.map(micros))
            .bind(state.failing_since.map(micros))
            .bind(state.because.as_deref())
            .bind(to_json("rhythm", &state.rhythm)?)
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(())
    }
}

/// Adds or updates a listed source. One that comes back is due at once, even if it was gone: the
/// owner has listed it again.
async fn list_source(change: &mut SqliteConnection, source: &Source, now: Timestamp) -> Result<()> {
    sqlx::query(LIST_SOURCE)
        .bind(source.url.as_str())
        .bind(codec::enum_text(&source.kind)?)
        .bind(source.title.as_deref())
        .bind(source.site.as_ref().map(Url::as_str))
        .bind(to_json("tags", &source.tags)?)
        .bind(micros(now))
        .bind(FIRST_INTERVAL_S)
        .execute(change)
        .await?;
    Ok(())
}

fn state(row: &SqliteRow) -> Result<SourceState> {
    Ok(SourceState {
        source: Source {
            url: row.parsed("url")?,
            kind: codec::enum_from_text("kind", row.try_get("kind")?)?,
            title: row.try_get("title")?,
            site: row.optional_parsed("site")?,
            tags: row.json("tags")?,
        },
        etag: row.try_get("etag")?,
        last_modified: row.try_get("last_modified")?,
        next_due: row.timestamp("next_due")?,
        interval_s: row.try_get("interval_s")?,
        failures: row.try_get("failures")?,
        last_error: row.try_get("last_error")?,
        last_success: row.optional_timestamp("last_success")?,
        gone: row.try_get("gone")?,
        address: row.optional_parsed("address")?,
        moving: moving(row)?,
        last_change: row.optional_timestamp("last_change")?,
        failing_since: row.optional_timestamp("failing_since")?,
        because: row.try_get("because")?,
        rhythm: match row.try_get::<Option<&str>, _>("rhythm")? {
            Some(json) => codec::from_json("rhythm", json)?,
            None => Rhythm::default(),
        },
    })
}

fn moving(row: &SqliteRow) -> Result<Option<PendingMove>> {
    let (to, since) = (row.optional_parsed("moving_to")?, row.optional_timestamp("moving_since")?);
    Ok(to.zip(since).map(|(to, since)| PendingMove { to, since }))
}
