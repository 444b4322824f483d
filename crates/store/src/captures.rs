//! The durable queue of captures: pages as fetched, until they have become articles or were
//! rejected.

use courant_model::{Capture, CaptureOrigin, NewCapture, OriginKind, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    Result, Store, StoreError,
    codec::{self, Columns, micros, to_json},
    pack::{Packing, pack, unpack},
};

/// Maximum size of the bodies that one claim returns together, in bytes (but always at least one
/// capture), so that a batch of large pages cannot fill the memory.
const CLAIM_BYTES: u64 = 64 << 20;

/// A capture that was claimed this many times without an outcome is from then on claimed alone.
pub const MAX_SHARED_ATTEMPTS: u32 = 3;

/// A capture prepared for its row, outside of any transaction: hashing and packing are the slow
/// part.
pub(crate) struct Packed<'a> {
    capture: &'a NewCapture,
    identity: Vec<u8>,
    packing: Packing,
    body: Vec<u8>,
    headers: String,
    origin_detail: Option<String>,
}

pub(crate) fn packed(capture: &NewCapture) -> Result<Packed<'_>> {
    let (packing, body) = pack(&capture.body);
    let origin_detail = origin_detail(&capture.origin)?;
    Ok(Packed {
        capture,
        identity: identity(capture, origin_detail.as_deref()),
        packing,
        body,
        headers: to_json("headers", &capture.headers)?,
        origin_detail,
    })
}

/// The identity of a capture: url, final url, body, entry and the article of a full text, each
/// preceded by its length so that two different captures never have the same input. Why a page was
/// not read, and the name of a record file, make no difference.
fn identity(capture: &NewCapture, origin_detail: Option<&str>) -> Vec<u8> {
    let is_full_text = capture.origin.kind() == OriginKind::FullText;
    let mut hash = Sha256::new();
    let parts = [
        Some(capture.url.as_str().as_bytes()),
        Some(capture.final_url.as_str().as_bytes()),
        Some(&capture.body[..]),
        capture.entry.as_deref().map(str::as_bytes),
        origin_detail.filter(|_| is_full_text).map(str::as_bytes),
    ];
    for part in parts {
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().to_vec()
}

statements! {
    INSERT_CAPTURE = "INSERT INTO captures (identity, url, final_url, status, fetched, source, state, attempts, changed,
        packing, size, headers, entry, origin, origin_detail, body)
        VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (identity) DO NOTHING";
    NEXT_PENDING = "SELECT number, size, attempts FROM captures INDEXED BY captures_pending WHERE state = 'pending'
        AND number NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) ORDER BY number LIMIT ?";
    COUNT_ATTEMPT = "UPDATE captures INDEXED BY captures_pending SET attempts = attempts + 1 WHERE state = 'pending' AND number <= ?
        AND number NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(?))";
    CLAIMED = "SELECT number, attempts, url, final_url, status, fetched, source, packing, size, headers,
        entry, origin, origin_detail, body FROM captures INDEXED BY captures_pending WHERE state = 'pending' AND number <= ?
        AND number NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) ORDER BY number";
    PENDING_NUMBERS = "SELECT number FROM captures INDEXED BY captures_pending WHERE state = 'pending'
        ORDER BY number LIMIT ?";
    READ_CAPTURE = "SELECT url, headers, entry, body FROM captures WHERE number = ?";
    RESTORE_CAPTURE = "UPDATE captures SET state = 'pending', attempts = 0, reason = NULL, because = NULL,
        changed = ? WHERE number = ? AND state IN ('dead', 'rejected') AND packing <> 'gone'";
    COUNT_PENDING = "SELECT COUNT(*) FROM captures WHERE state = 'pending'";
    GIVE_UP_CAPTURE = "UPDATE captures SET state = 'dead', reason = ?, changed = ? WHERE number = ? AND state = 'pending'";
}

/// Stores a capture unless it is known. Gives whether it was new.
pub(crate) async fn add_capture(
    change: &mut SqliteConnection,
    packed: &Packed<'_>,
    now: Timestamp,
) -> Result<bool> {
    let capture = packed.capture;
    let done = sqlx::query(INSERT_CAPTURE)
        .bind(&packed.identity)
        .bind(capture.url.as_str())
        .bind(capture.final_url.as_str())
        .bind(capture.status)
        .bind(micros(capture.fetched))
        .bind(capture.source.as_deref())
        .bind(micros(now))
        .bind(packed.packing.as_str())
        .bind(capture.body.len() as i64)
        .bind(&packed.headers)
        .bind(capture.entry.as_deref())
        .bind(capture.origin.kind().as_str())
        .bind(packed.origin_detail.as_deref())
        .bind(&packed.body)
        .execute(change)
        .await?;
    Ok(done.rows_affected() > 0)
}

impl Store {
    /// Stores captures in their order, all or none, and gives how many of them are new. The same
    /// page with the same bytes and the same entry is one capture, no matter when it was fetched.
    pub async fn add_captures(&self, captures: &[NewCapture], now: Timestamp) -> Result<usize> {
        let mut ready = Vec::with_capacity(captures.len());
        for capture in captures {
            ready.push(packed(capture)?);
            // Packing a page takes milliseconds: let other tasks run between two.
            tokio::task::yield_now().await;
        }
        let mut new = 0;
        let mut change = self.write().await?;
        for capture in &ready {
            new += usize::from(add_capture(&mut change, capture, now).await?);
        }
        change.commit().await?;
        Ok(new)
    }

    /// At most `limit` captures that wait to be processed, by number, with at most 64 MiB of bodies
    /// (but always at least one capture). The attempt is counted before they are returned, so that
    /// a capture that ends the process is recognised by its attempts. This is not a lease: until their
    /// outcome is committed, the same captures are claimed again. After [`MAX_SHARED_ATTEMPTS`]
    /// attempts a capture is claimed alone, which tells the one that ends the process from those
    /// that were only in the same batch.
    ///
    /// A capture whose row is damaged becomes a dead letter with that reason, and the others are
    /// returned.
    pub async fn claim_captures(&self, limit: usize, now: Timestamp) -> Result<Vec<Capture>> {
        let claimed = self.claim(limit, &self.damage().keys_of("captures"), now).await;
        match claimed {
            Err(StoreError::Corrupt(_)) => {
                self.note_damaged_captures(limit).await?;
                self.claim(limit, &self.damage().keys_of("captures"), now).await
            }
            claimed => claimed,
        }
    }

    /// Claims captures other than those of these numbers, a JSON list of texts.
    async fn claim(&self, limit: usize, except: &str, now: Timestamp) -> Result<Vec<Capture>> {
        let mut change = self.write().await?;
        let mut waiting: Vec<(i64, i64, i64)> = sqlx::query_as(NEXT_PENDING)
            .bind(except)
            .bind(codec::count(limit))
            .fetch_all(&mut *change)
            .await?;
        waiting.truncate(claimable_together(&waiting));
        let sizes: Vec<(i64, i64)> = waiting.iter().map(|&(number, size, _)| (number, size)).collect();
        let Some(last) = last_within(&sizes, CLAIM_BYTES) else { return Ok(Vec::new()) };
        sqlx::query(COUNT_ATTEMPT).bind(last).bind(except).execute(&mut *change).await?;
        let rows = sqlx::query(CLAIMED).bind(last).bind(except).fetch_all(&mut *change).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            match capture(&row) {
                Ok(capture) => claimed.push(capture),
                Err(error) => {
                    give_up(&mut change, row.try_get("number")?, &error.to_string(), now).await?;
                }
            }
        }
        change.commit().await?;
        Ok(claimed)
    }

    /// Notes which of the next captures have rows on damaged pages: they can be neither read nor
    /// changed.
    async fn note_damaged_captures(&self, limit: usize) -> Result<()> {
        // The index alone knows which ones are waiting.
        let numbers: Vec<i64> = sqlx::query_scalar(PENDING_NUMBERS)
            .bind(codec::count(limit.max(500)))
            .fetch_all(self.readers())
            .await?;
        for number in numbers {
            let read = sqlx::query(READ_CAPTURE).bind(number).fetch_optional(self.readers()).await;
            match read.map_err(StoreError::from) {
                Ok(_) => {}
                Err(StoreError::Corrupt(because)) => {
                    self.damage().note("captures", number.to_string(), because);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads every waiting capture, to find what is damaged.
    pub(crate) async fn read_captures(&self) -> Result<()> {
        self.note_damaged_captures(usize::MAX).await
    }

    /// Skips a capture until the store is opened again, because processing it needs damaged rows.
    pub fn skip_capture(&self, number: i64, because: &str) {
        self.damage().note("captures", number.to_string(), because);
    }

    /// Gives a capture up; it is listed as a dead letter. A capture that has an outcome is left as
    /// it is.
    pub async fn dead_letter_capture(&self, number: i64, reason: &str, at: Timestamp) -> Result<()> {
        give_up(&mut *self.write_one().await?, number, reason, at).await
    }

    /// Puts a capture that was given up or rejected back into the queue. Gives whether there was
    /// such a capture. One whose body was removed ([`Store::sweep`]) can't be processed again.
    pub async fn retry_dead_capture(&self, number: i64, now: Timestamp) -> Result<bool> {
        let done = sqlx::query(RESTORE_CAPTURE)
            .bind(micros(now))
            .bind(number)
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Number of captures that wait to be processed.
    pub async fn pending_captures(&self) -> Result<u64> {
        Ok(sqlx::query_scalar(COUNT_PENDING).fetch_one(self.readers()).await?)
    }
}

async fn give_up(change: &mut SqliteConnection, number: i64, reason: &str, at: Timestamp) -> Result<()> {
    sqlx::query(GIVE_UP_CAPTURE).bind(reason).bind(micros(at)).bind(number).execute(change).await?;
    Ok(())
}

/// How many of the first captures (number, size, attempts) may be claimed together.
fn claimable_together(waiting: &[(i64, i64, i64)]) -> usize {
    let alone = |(_, _, attempts): &(i64, i64, i64)| *attempts >= i64::from(MAX_SHARED_ATTEMPTS);
    match waiting.iter().position(alone) {
        Some(0) => 1,
        Some(before) => before,
        None => waiting.len(),
    }
}

/// The number of the last capture (number, size) up to which the sizes add up to at most `bytes`;
/// the first capture in any case.
fn last_within(sizes: &[(i64, i64)], bytes: u64) -> Option<i64> {
    let mut sum = 0u64;
    let fitting = sizes.iter().take_while(|(_, size)| {
        sum = sum.saturating_add(size.unsigned_abs());
        sum <= bytes
    });
    fitting.last().or_else(|| sizes.first()).map(|(number, _)| *number)
}

fn capture(row: &SqliteRow) -> Result<Capture> {
    let packing = Packing::from_text(row.try_get("packing")?)?;
    Ok(Capture {
        number: row.try_get("number")?,
        attempts: row.try_get("attempts")?,
        content: NewCapture {
            url: row.parsed("url")?,
            final_url: row.parsed("final_url")?,
            status: row.try_get("status")?,
            headers: row.json("headers")?,
            body: unpack(packing, row.try_get("body")?, row.try_get::<i64, _>("size")?.unsigned_abs())?,
            fetched: row.timestamp("fetched")?,
            source: row.try_get("source")?,
            entry: row.try_get("entry")?,
            origin: origin(row)?,
        },
    })
}

/// What an origin has beside its kind, as JSON.
fn origin_detail(origin: &CaptureOrigin) -> Result<Option<String>> {
    match origin {
        CaptureOrigin::Page => Ok(None),
        CaptureOrigin::Entry(why) => to_json("why the page was not read", why).map(Some),
        CaptureOrigin::FullText(of) => to_json("the article of the full text", of).map(Some),
        CaptureOrigin::Record(path) => to_json("the path of the record", path).map(Some),
    }
}

fn origin(row: &SqliteRow) -> Result<CaptureOrigin> {
    Ok(match row.parsed("origin")? {
        OriginKind::Page => CaptureOrigin::Page,
        OriginKind::Entry => CaptureOrigin::Entry(row.json("origin_detail")?),
        OriginKind::FullText => CaptureOrigin::FullText(row.json("origin_detail")?),
        OriginKind::Record => CaptureOrigin::Record(row.json("origin_detail")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_bounded_by_bytes_and_never_empty() {
        assert_eq!(last_within(&[], 10), None);
        assert_eq!(last_within(&[(3, 100), (4, 1)], 10), Some(3));
        assert_eq!(last_within(&[(3, 4), (4, 6), (7, 1)], 10), Some(4));
        assert_eq!(last_within(&[(3, 4), (4, 0)], 10), Some(4));
    }

    #[test]
    fn the_same_page_is_one_capture_and_a_full_text_belongs_to_its_article() {
        let identity_of = |origin: CaptureOrigin| {
            let url: url::Url = "https://paper.example/a".parse().unwrap();
            let capture = NewCapture {
                final_url: url.clone(),
                url,
                status: 200,
                headers: Vec::new(),
                body: b"page".to_vec(),
                fetched: Timestamp::UNIX_EPOCH,
                source: None,
                entry: None,
                origin,
            };
            packed(&capture).unwrap().identity
        };
        let full_text = |article: &str| {
            CaptureOrigin::FullText(courant_model::FullTextOf {
                article_url: article.parse().unwrap(),
                identity_steps: Vec::new(),
            })
        };
        let page = identity_of(CaptureOrigin::Page);
        assert_eq!(page, identity_of(CaptureOrigin::Page));
        let one = identity_of(full_text("https://paper.example/one"));
        assert_eq!(one, identity_of(full_text("https://paper.example/one")));
        assert_ne!(one, identity_of(full_text("https://paper.example/two")));
        assert_ne!(one, page);
        let record = |path: &str| CaptureOrigin::Record(courant_model::RecordPath::parse(path).unwrap());
        assert_eq!(identity_of(record("news/a.md")), identity_of(record("news/b.md")));
    }
}
