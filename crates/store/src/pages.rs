//! The queue of pages that sources have listed and that are to be fetched.

use courant_model::{NewCapture, PendingPage, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store, StoreError,
    captures::{add_capture, packed},
    codec::{self, Columns, micros, to_json},
};

statements! {
    ENQUEUE_PAGE = "INSERT INTO pages AS old (key, url, host, source, entry, full_text_of, attempts, next_try, state, changed,
        own) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'due', ?, ?) ON CONFLICT (key) DO UPDATE SET
        source = excluded.source, entry = excluded.entry, full_text_of = excluded.full_text_of, own = 1, unread = 0, state = 'due',
        attempts = CASE WHEN old.state = 'due' THEN old.attempts ELSE 0 END,
        next_try = CASE WHEN old.state = 'due' THEN old.next_try ELSE excluded.next_try END,
        changed = excluded.changed
        WHERE excluded.own = 1 AND old.own = 0
        AND (old.state IN ('due', 'dead') OR (old.state = 'captured' AND old.unread = 1))";
    DUE_PAGES = "SELECT key, url, source, entry, full_text_of, own, attempts, next_try FROM pages
        WHERE state = 'due' AND next_try <= ? AND key NOT IN (SELECT value FROM json_each(?))
        ORDER BY next_try, key LIMIT ?";
    DUE_PAGES_BY_HOST = "SELECT p.key, p.url, p.source, p.entry, p.full_text_of, p.own, p.attempts, p.next_try FROM pages p JOIN (
        SELECT key, ROW_NUMBER() OVER (PARTITION BY host ORDER BY next_try, key) AS place
        FROM pages WHERE state = 'due' AND next_try <= ?1
        AND host NOT IN (SELECT host FROM host_pauses WHERE until > ?1)) placed
        ON placed.key = p.key WHERE placed.place <= ?2 ORDER BY p.next_try, p.key LIMIT ?3";
    POSTPONE_PAGES = "UPDATE pages SET next_try = ?
        WHERE state = 'due' AND key IN (SELECT value FROM json_each(?))";
    NEXT_PAGE_DUE = "SELECT MIN(next_try) FROM pages WHERE state = 'due'";
    RETRY_PAGE = "UPDATE pages SET
        attempts = CASE WHEN state = 'due' THEN attempts + 1 ELSE attempts END,
        next_try = CASE WHEN state = 'due' THEN ? ELSE next_try END,
        reason   = CASE WHEN state = 'due' THEN ? ELSE reason END,
        changed  = CASE WHEN state = 'due' THEN ? ELSE changed END WHERE key = ?";
    GIVE_UP_PAGE = "UPDATE pages SET
        attempts = CASE WHEN state = 'due' THEN attempts + 1 ELSE attempts END,
        reason   = CASE WHEN state = 'due' THEN ? ELSE reason END,
        changed  = CASE WHEN state = 'due' THEN ? ELSE changed END,
        state    = CASE WHEN state = 'due' THEN 'dead' ELSE state END WHERE key = ?";
    RESTORE_PAGE = "UPDATE pages SET state = 'due', attempts = 0, next_try = ?, changed = ?
        WHERE key = ? AND state = 'dead'";
    SET_CAPTURED = "UPDATE pages SET state = 'captured', entry = NULL, full_text_of = NULL, reason = NULL, changed = ?, unread = ?
        WHERE key = ? AND state <> 'captured'";
    SET_UNREAD = "UPDATE pages SET unread = 1 WHERE own = 0 AND key IN (SELECT value FROM json_each(?))";
}

impl Store {
    /// Queues pages, and gives how many of them will be fetched because of this. A key that was
    /// ever queued is left as it is, also after its page was captured or given up: nothing is
    /// fetched twice because two sources list it. There is one exception: a source that represents
    /// the page's provider replaces one that does not while the page waits, and has the page
    /// fetched again if it could not be read for that other source.
    pub async fn enqueue_pages(&self, pages: &[PendingPage], now: Timestamp) -> Result<usize> {
        let mut new = 0;
        let mut change = self.write().await?;
        for page in pages {
            let full_text_of = page
                .full_text_of
                .as_ref()
                .map(|of| to_json("the article of the full text", of))
                .transpose()?;
            let done = sqlx::query(ENQUEUE_PAGE)
                .bind(&page.key)
                .bind(page.url.as_str())
                .bind(page.url.host_str().unwrap_or_default())
                .bind(page.source.as_deref())
                .bind(page.entry.as_deref())
                .bind(full_text_of)
                .bind(page.attempts)
                .bind(micros(page.next_try))
                .bind(micros(now))
                .bind(page.own)
                .execute(&mut *change)
                .await?;
            new += done.rows_affected() as usize;
        }
        change.commit().await?;
        Ok(new)
    }

    /// At most `limit` pages to be fetched at `now`, longest due first, ties by key.
    pub async fn due_pages(&self, now: Timestamp, limit: usize) -> Result<Vec<PendingPage>> {
        let rows = sqlx::query(DUE_PAGES)
            .bind(micros(now))
            // Otherwise these would use up the limit in place of pages that can be read.
            .bind(self.damage().keys_of("pages"))
            .bind(codec::count(limit))
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("pages", "key", &rows, pending)
    }

    /// At most `limit` pages to be fetched at `now`, with at most `per_host` of each host (as in
    /// the URL), longest due first, ties by key: a host with thousands of pages does not delay the
    /// others. Hosts that requested a pause ([`Store::set_host_pause`], by the same name) are left
    /// out.
    pub async fn due_pages_by_host(
        &self,
        now: Timestamp,
        per_host: usize,
        limit: usize,
    ) -> Result<Vec<PendingPage>> {
        let rows = sqlx::query(DUE_PAGES_BY_HOST)
            .bind(micros(now))
            .bind(codec::count(per_host))
            .bind(codec::count(limit))
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("pages", "key", &rows, pending)
    }

    /// Postpones pages without counting an attempt: their host requested a pause, or must not be
    /// contacted yet. Pages that are no longer due are left as they are.
    pub async fn postpone_pages(&self, keys: &[String], next_try: Timestamp) -> Result<()> {
        sqlx::query(POSTPONE_PAGES)
            .bind(micros(next_try))
            .bind(codec::texts(keys))
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(())
    }

    /// When the next page is due; `None` if the queue is empty.
    pub async fn next_page_due(&self) -> Result<Option<Timestamp>> {
        let due: Option<i64> = sqlx::query_scalar(NEXT_PAGE_DUE).fetch_one(self.readers()).await?;
        due.map(codec::timestamp).transpose()
    }

    /// Postpones a page after a failed attempt, which is counted. A page that is no longer due is
    /// left as it is.
    ///
    /// Errors: [`StoreError::NotFound`] if the key was never queued.
    pub async fn postpone_failed_page(
        &self,
        key: &str,
        next_try: Timestamp,
        error: &str,
        now: Timestamp,
    ) -> Result<()> {
        let done = sqlx::query(RETRY_PAGE)
            .bind(micros(next_try))
            .bind(error)
            .bind(micros(now))
            .bind(key)
            .execute(&mut *self.write_one().await?)
            .await?;
        found(done.rows_affected(), key)
    }

    /// Gives a page up; it is listed as a dead letter. A page that was captured stays captured.
    ///
    /// Errors: [`StoreError::NotFound`] if the key was never queued.
    pub async fn dead_letter_page(&self, key: &str, reason: &str, at: Timestamp) -> Result<()> {
        let done = sqlx::query(GIVE_UP_PAGE)
            .bind(reason)
            .bind(micros(at))
            .bind(key)
            .execute(&mut *self.write_one().await?)
            .await?;
        found(done.rows_affected(), key)
    }

    /// Puts a page that was given up back into the queue, due at `now`. Gives whether there was
    /// such a page.
    pub async fn retry_dead_page(&self, key: &str, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(RESTORE_PAGE)
            .bind(micros(now))
            .bind(micros(now))
            .bind(key)
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Stores the capture of a page and removes the page from the queue, in one transaction. Gives
    /// whether the capture is new. For a key that was never queued only the capture is stored.
    pub async fn captured_page(&self, key: &str, capture: &NewCapture, now: Timestamp) -> Result<bool> {
        let is_unread = capture.body.is_empty();
        let (fetched, capture) = (capture.fetched, packed(capture)?);
        let mut change = self.write().await?;
        let new = add_capture(&mut change, &capture, now).await?;
        // The capture has the entry now.
        sqlx::query(SET_CAPTURED)
            .bind(micros(fetched))
            .bind(is_unread)
            .bind(key)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(new)
    }

    /// Notes that these captured pages could not be read for a source that does not represent their
    /// provider: a source that does will have them fetched again. See [`Store::enqueue_pages`].
    pub async fn note_unread_pages(&self, keys: &[String]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        sqlx::query(SET_UNREAD).bind(codec::texts(keys)).execute(&mut *self.write_one().await?).await?;
        Ok(())
    }
}

fn found(rows: u64, key: &str) -> Result<()> {
    if rows == 0 {
        return Err(StoreError::NotFound { what: "page", key: key.to_owned() });
    }
    Ok(())
}

fn pending(row: &SqliteRow) -> Result<PendingPage> {
    Ok(PendingPage {
        key: row.try_get("key")?,
        url: row.parsed("url")?,
        source: row.try_get("source")?,
        entry: row.try_get("entry")?,
        full_text_of: row.optional_json("full_text_of")?,
        own: row.try_get("own")?,
        attempts: row.try_get("attempts")?,
        next_try: row.timestamp("next_try")?,
    })
}
