//! How much work is waiting, and for how long: shows whether the program keeps up.

use courant_model::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store,
    check::FILE_SIZE,
    codec::{Columns, micros},
    counters::{self, CHANGE},
};

/// The waiting items of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queue {
    /// Number of waiting items.
    pub length: u64,
    /// Since when the oldest of them has been waiting; `None` if there is none.
    pub oldest: Option<Timestamp>,
}

/// What is waiting in a store, and when something was last read from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Pages that may be fetched now, since the time they became due.
    pub pages: Queue,
    /// Captures to be processed, since they were stored.
    pub captures: Queue,
    /// Editor commands without an answer, since they were submitted.
    pub commands: Queue,
    /// Articles whose record files have to be written.
    pub records: u64,
    /// Pages and captures that were given up.
    pub dead: [u64; 2],
    /// Sources that are listed and not gone.
    pub sources: u64,
    /// When a source last responded.
    pub last_poll: Option<Timestamp>,
    /// Published articles, and articles that are not.
    pub articles: [u64; 2],
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
}

statements! {
    BACKLOG = "SELECT (SELECT COUNT(*) FROM pages WHERE state = 'due' AND next_try <= ?1) AS pages,
        (SELECT MIN(next_try) FROM pages WHERE state = 'due' AND next_try <= ?1) AS oldest_page,
        (SELECT COUNT(*) FROM pages WHERE state = 'dead') AS dead_pages,
        (SELECT COUNT(*) FROM captures WHERE state = 'pending') AS captures,
        (SELECT changed FROM captures WHERE state = 'pending' ORDER BY number LIMIT 1) AS oldest_capture,
        (SELECT COUNT(*) FROM captures WHERE state = 'dead') AS dead_captures,
        (SELECT COUNT(*) FROM editor_requests WHERE answered IS NULL) AS requests,
        (SELECT asked FROM editor_requests WHERE answered IS NULL ORDER BY number LIMIT 1)
        AS oldest_request,
        (SELECT COUNT(*) FROM articles WHERE dirty IS NOT NULL) AS records,
        (SELECT COUNT(*) FROM sources WHERE removed IS NULL AND gone = 0) AS sources,
        (SELECT MAX(last_success) FROM sources WHERE removed IS NULL) AS last_poll,
        (SELECT COUNT(*) FROM articles WHERE is_published = 1) AS published,
        (SELECT COUNT(*) FROM articles WHERE is_published = 0) AS held,
        (", FILE_SIZE, ") AS bytes";
}

impl Store {
    /// What is waiting at `now`, from one consistent read.
    pub async fn backlog(&self, now: Timestamp) -> Result<Backlog> {
        let row = sqlx::query(BACKLOG).bind(micros(now)).fetch_one(self.readers()).await?;
        Ok(Backlog {
            pages: queue(&row, "pages", "oldest_page")?,
            captures: queue(&row, "captures", "oldest_capture")?,
            commands: queue(&row, "requests", "oldest_request")?,
            records: row.try_get("records")?,
            dead: [row.try_get("dead_pages")?, row.try_get("dead_captures")?],
            sources: row.try_get("sources")?,
            last_poll: row.optional_timestamp("last_poll")?,
            articles: [row.try_get("published")?, row.try_get("held")?],
            bytes: row.try_get("bytes")?,
        })
    }

    /// Writes one page of the database with the values it has, to test whether it can be written.
    /// Errors are those of any change: [`StoreError::DiskFull`](crate::StoreError::DiskFull) if
    /// there is no room.
    pub async fn try_write(&self) -> Result<()> {
        let mut change = self.write().await?;
        let value = counters::value(&mut change, CHANGE).await?;
        counters::set(&mut change, CHANGE, value).await?;
        change.commit().await?;
        Ok(())
    }
}

fn queue(row: &SqliteRow, length: &str, oldest: &str) -> Result<Queue> {
    Ok(Queue { length: row.try_get(length)?, oldest: row.optional_timestamp(oldest)? })
}

#[cfg(test)]
mod tests {
    use courant_model::PendingPage;
    use jiff::SignedDuration;

    use super::*;
    use crate::{CommandQueue, StoreError};

    fn page(name: &str, next_try: Timestamp) -> PendingPage {
        PendingPage {
            key: name.to_owned(),
            url: format!("https://lake.example/{name}").parse().expect("a URL"),
            source: None,
            entry: None,
            full_text_of: None,
            own: true,
            attempts: 0,
            next_try,
        }
    }

    #[tokio::test]
    async fn the_backlog_has_lengths_and_the_oldest_items() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("courant.db");
        let store = Store::open(&file).await.unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let minutes = |count: i64| now + SignedDuration::from_mins(count);
        assert_eq!(store.backlog(now).await.unwrap().pages, Queue::default());
        let pages = [page("a", minutes(-5)), page("b", minutes(-9)), page("later", minutes(1))];
        store.enqueue_pages(&pages, now).await.unwrap();
        let queue = CommandQueue::open(&file).await.unwrap();
        queue.submit("{}", minutes(-2)).await.unwrap();
        let number = queue.submit("{}", minutes(-3)).await.unwrap();
        let backlog = store.backlog(now).await.unwrap();
        assert_eq!(backlog.pages, Queue { length: 2, oldest: Some(minutes(-9)) });
        assert_eq!(backlog.commands, Queue { length: 2, oldest: Some(minutes(-2)) });
        store.answer_command(number, &Ok(String::new()), now).await.unwrap();
        assert_eq!(store.backlog(now).await.unwrap().commands.length, 1);
        assert!(backlog.bytes > 0 && backlog.last_poll.is_none());
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("courant.db");
        let store = Store::open(&file).await.unwrap();
        store.try_write().await.unwrap();
        let reading = Store::open_to_read(&file).await.unwrap();
        assert!(reading.is_read_only() && !store.is_read_only());
        assert!(matches!(reading.try_write().await, Err(StoreError::Disk(_))));
        assert!(reading.backlog(Timestamp::UNIX_EPOCH).await.is_ok(), "reading goes on beside");
    }
}
