//! Editor commands submitted while another process has the store open: kept until that process
//! answers.

use std::path::Path;

use courant_model::Timestamp;
use sqlx::{Row, SqlitePool};

use crate::{
    Result, Store,
    codec::{self, micros},
    store::open_beside,
};

/// The answer to a command: JSON if it was carried out, otherwise the reason why it was not.
pub type CommandAnswer = std::result::Result<String, String>;

/// For how long answered commands are kept, in microseconds: thirty days.
const KEPT_MICROS: i64 = 30 * 86_400 * 1_000_000;

/// The queue of commands for the process that has the store open. Nothing else about articles and
/// stories may be written beside that process.
#[derive(Debug)]
pub struct CommandQueue {
    pool: SqlitePool,
}

statements! {
    INSERT_COMMAND = "INSERT INTO editor_requests (request, asked) VALUES (?, ?)";
    ANSWER = "SELECT answer, refusal FROM editor_requests WHERE number = ? AND answered IS NOT NULL";
    WAITING_COMMANDS = "SELECT number, request FROM editor_requests WHERE answered IS NULL ORDER BY number LIMIT ?";
    SET_ANSWER = "UPDATE editor_requests SET answer = ?, refusal = ?, answered = ? WHERE number = ?";
    DELETE_OLD_COMMANDS = "DELETE FROM editor_requests WHERE answered < ?";
}

impl CommandQueue {
    /// Opens the queue of an existing database file.
    ///
    /// Errors: as [`Store::open_to_read`].
    pub async fn open(path: &Path) -> Result<Self> {
        Ok(Self { pool: open_beside(path).await? })
    }

    /// Adds a command, any JSON, and gives its number. It survives the end of both processes.
    pub async fn submit(&self, command: &str, at: Timestamp) -> Result<i64> {
        // Without `RETURNING`: its row arrives before the statement commits, so a failing commit
        // would go unnoticed.
        let done = sqlx::query(INSERT_COMMAND).bind(command).bind(micros(at)).execute(&self.pool).await?;
        Ok(done.last_insert_rowid())
    }

    /// The answer to a command; `None` while it waits.
    pub async fn answer(&self, number: i64) -> Result<Option<CommandAnswer>> {
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
    /// At most `limit` commands without an answer, oldest first: number and command.
    pub async fn waiting_commands(&self, limit: usize) -> Result<Vec<(i64, String)>> {
        let rows = sqlx::query(WAITING_COMMANDS).bind(codec::count(limit)).fetch_all(self.readers()).await?;
        rows.iter().map(|row| Ok((row.try_get("number")?, row.try_get("request")?))).collect()
    }

    /// Answers a command, and deletes those that were answered more than thirty days ago.
    pub async fn answer_command(&self, number: i64, answer: &CommandAnswer, at: Timestamp) -> Result<()> {
        let mut change = self.write().await?;
        sqlx::query(SET_ANSWER)
            .bind(answer.as_ref().ok())
            .bind(answer.as_ref().err())
            .bind(micros(at))
            .bind(number)
            .execute(&mut *change)
            .await?;
        sqlx::query(DELETE_OLD_COMMANDS).bind(micros(at) - KEPT_MICROS).execute(&mut *change).await?;
        change.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_could_not_be_stored_is_not_acknowledged() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("courant.db");
        let store = Store::open(&file).await.unwrap();
        let queue = CommandQueue::open(&file).await.unwrap();
        let kept = queue.submit("one", Timestamp::UNIX_EPOCH).await.unwrap();
        // As on a full disk, the commit fails after the row was inserted.
        let mut connection = queue.pool.acquire().await.unwrap();
        connection.lock_handle().await.unwrap().set_commit_hook(|| false);
        drop(connection);
        assert!(queue.submit("two", Timestamp::UNIX_EPOCH).await.is_err());
        assert_eq!(store.waiting_commands(9).await.unwrap(), [(kept, "one".to_owned())]);
    }
}
