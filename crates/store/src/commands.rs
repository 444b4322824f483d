//! What editors ask for while another process works on the store: kept until that one has answered.

use std::path::Path;

use courant_model::Timestamp;
use sqlx::{Row, SqlitePool};

use crate::{
    Result, Store,
    codec::{self, micros},
    store::open_beside,
};

/// The answer to a request: JSON where it was carried out, else why it can't be.
pub type Answer = std::result::Result<String, String>;

/// Answered requests are kept this long, in microseconds: thirty days.
const KEPT: i64 = 30 * 86_400 * 1_000_000;

/// The one thing that may be written to a store on which another process works: requests to that process.
#[derive(Debug)]
pub struct RequestBox {
    pool: SqlitePool,
}

statements! {
    INSERT_COMMAND = "INSERT INTO editor_requests (request, asked) VALUES (?, ?)";
    ANSWER = "SELECT answer, refusal FROM editor_requests WHERE number = ? AND answered IS NOT NULL";
    WAITING_COMMANDS = "SELECT number, request FROM editor_requests WHERE answered IS NULL ORDER BY number LIMIT ?";
    SET_ANSWER = "UPDATE editor_requests SET answer = ?, refusal = ?, answered = ? WHERE number = ?";
    DELETE_OLD_COMMANDS = "DELETE FROM editor_requests WHERE answered < ?";
}

impl RequestBox {
    /// Opens the box of an existing database file.
    ///
    /// Errors: as [`Store::open_to_read`].
    pub async fn open(path: &Path) -> Result<Self> {
        Ok(Self { pool: open_beside(path).await? })
    }

    /// Leaves a request, any JSON, and gives its number. It survives whatever becomes of both processes.
    pub async fn ask(&self, request: &str, at: Timestamp) -> Result<i64> {
        // Not by `RETURNING`: its row comes before the statement commits, and a commit that fails would go unseen.
        let done = sqlx::query(INSERT_COMMAND).bind(request).bind(micros(at)).execute(&self.pool).await?;
        Ok(done.last_insert_rowid())
    }

    /// The answer to a request; `None` while it waits.
    pub async fn answer(&self, number: i64) -> Result<Option<Answer>> {
        let row = sqlx::query(ANSWER).bind(number).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let refusal: Option<String> = row.try_get("refusal")?;
        let answer: Option<String> = row.try_get("answer")?;
        Ok(Some(refusal.map_or_else(|| Ok(answer.unwrap_or_default()), Err)))
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

impl Store {
    /// At most `limit` requests that wait for an answer, oldest first: number and request.
    pub async fn waiting_requests(&self, limit: usize) -> Result<Vec<(i64, String)>> {
        let rows = sqlx::query(WAITING_COMMANDS).bind(codec::count(limit)).fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok((row.try_get("number")?, row.try_get("request")?))).collect()
    }

    /// Answers a request, and forgets those that were answered more than thirty days ago.
    pub async fn answer_request(&self, number: i64, answer: &Answer, at: Timestamp) -> Result<()> {
        let mut change = self.write().await?;
        sqlx::query(SET_ANSWER)
            .bind(answer.as_ref().ok())
            .bind(answer.as_ref().err())
            .bind(micros(at))
            .bind(number)
            .execute(&mut *change)
            .await?;
        sqlx::query(DELETE_OLD_COMMANDS).bind(micros(at) - KEPT).execute(&mut *change).await?;
        change.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_could_not_be_kept_is_not_acknowledged() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("courant.db");
        let store = Store::open(&file).await.unwrap();
        let letters = RequestBox::open(&file).await.unwrap();
        let kept = letters.ask("one", Timestamp::UNIX_EPOCH).await.unwrap();
        // As on a full disk, it is the commit that fails, after the row was inserted.
        let mut connection = letters.pool.acquire().await.unwrap();
        connection.lock_handle().await.unwrap().set_commit_hook(|| false);
        drop(connection);
        assert!(letters.ask("two", Timestamp::UNIX_EPOCH).await.is_err());
        assert_eq!(store.waiting_requests(9).await.unwrap(), [(kept, "one".to_owned())]);
    }
}
