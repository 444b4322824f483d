//! What can go wrong with a store, sorted by what the caller can do about it.

use std::{io, path::PathBuf};

use sqlx::{error::DatabaseError, migrate::MigrateError};

/// Why a call to the store failed. Nothing of the call was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The thing that the call names is not there.
    #[error("no {what} {key} in the store")]
    NotFound {
        /// What was looked for: `capture`, `article`.
        what: &'static str,
        /// By which key.
        key: String,
    },
    /// There is no room on the disk, or the quota is used up. What was acknowledged before is safe; the
    /// call may be repeated once there is room.
    #[error("no room left for the store: free some disk space and try again")]
    DiskFull(#[source] sqlx::Error),
    /// The file is damaged, or is no database at all.
    #[error("the store is damaged: {0}; `courant doctor` says where, and what to do")]
    Corrupt(String),
    /// A newer version of the program has written the store.
    #[error("the store has schema version {found}, this program knows up to {known}: use the newer program")]
    NewerSchema {
        /// The version in the file.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The store's schema is older than this program's; opening it once for writing brings it up to date.
    #[error("the store has schema version {found}, this program needs {known}: open it for writing once")]
    OlderSchema {
        /// The version in the file; 0 where it has none.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// The store was made before the first release. Its schema was replaced then; no migration leads here.
    #[error(
        "the store was made by a version of Courant from before the first release (schema version {found}) \
         and cannot be used: move it away and rebuild the articles from their records \
         (courant ingest --records records/news)"
    )]
    UnreleasedSchema {
        /// The version in the file, counted by the migrations of that time.
        found: i64,
    },
    /// The schema could not be brought up to date.
    #[error("the store could not be brought up to date: {0}")]
    Migration(#[source] MigrateError),
    /// Another process has the store open for writing.
    #[error("{} is in use by {}", .path.display(), named(*.process))]
    InUse {
        /// The database file.
        path: PathBuf,
        /// The id of that process, where it has left it in the lock.
        process: Option<u32>,
    },
    /// The file cannot be opened: it or its folder is missing or may not be used.
    #[error("cannot open the store {}: {because}", .path.display())]
    Unopened {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        because: String,
    },
    /// A reader held the database for longer than the store waits. The call may be repeated.
    #[error("the store was busy for too long")]
    Busy(#[source] sqlx::Error),
    /// The disk failed under the store, or the file may not be written.
    #[error("the store's disk failed: {0}")]
    Disk(#[source] sqlx::Error),
    /// A value that cannot be stored so that it comes back the same.
    #[error("{what} cannot be stored: {because}")]
    Unstorable {
        /// Which value.
        what: String,
        /// What was wanted.
        because: &'static str,
    },
    /// Anything else the database says; a mistake in this crate.
    #[error("the store failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    pub(crate) fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    pub(crate) fn unopened(path: &std::path::Path, error: &io::Error) -> Self {
        Self::Unopened { path: path.to_owned(), because: error.to_string() }
    }
}

fn named(process: Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"))
}

/// The primary result code of SQLite: the low byte of the extended one
/// (<https://www.sqlite.org/rescode.html>).
fn primary_code(error: &dyn DatabaseError) -> Option<u32> {
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        const BUSY: u32 = 5;
        const LOCKED: u32 = 6;
        const READ_ONLY: u32 = 8;
        const IO: u32 = 10;
        const CORRUPT: u32 = 11;
        const FULL: u32 = 13;
        const CANNOT_OPEN: u32 = 14;
        const NOT_A_DATABASE: u32 = 26;
        match &error {
            sqlx::Error::Database(database) => match primary_code(database.as_ref()) {
                Some(FULL) => Self::DiskFull(error),
                Some(CORRUPT | NOT_A_DATABASE) => Self::Corrupt(database.message().to_owned()),
                Some(BUSY | LOCKED) => Self::Busy(error),
                Some(IO | READ_ONLY | CANNOT_OPEN) => Self::Disk(error),
                _ => Self::Database(error),
            },
            sqlx::Error::PoolTimedOut => Self::Busy(error),
            sqlx::Error::ColumnDecode { index, source } => Self::Corrupt(format!("column {index}: {source}")),
            sqlx::Error::Decode(source) => Self::Corrupt(source.to_string()),
            _ => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            error => Self::Migration(error),
        }
    }
}
