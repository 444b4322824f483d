//! What can go wrong with a store, grouped by what the caller can do about it.

use std::{io, path::PathBuf};

use sqlx::{error::DatabaseError, migrate::MigrateError};

/// Why a call to the store failed. The call changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The item that the call names does not exist.
    #[error("{what} {key} is not in the store")]
    NotFound {
        /// The kind of the item: `capture`, `article`.
        what: &'static str,
        /// Its key.
        key: String,
    },
    /// The disk is full or the quota is used up. What was acknowledged before is safe; the call may
    /// be repeated once there is room.
    #[error("no room left for the store: free some disk space and try again")]
    DiskFull(#[source] sqlx::Error),
    /// The file is damaged, or is not a database at all.
    #[error("the store is damaged: {0}; `courant doctor` says where, and what to do")]
    Corrupt(String),
    /// A newer version of the program has changed the store.
    #[error(
        "the store has schema version {found}, this program supports at most {known}: use the newer version"
    )]
    NewerSchema {
        /// The version in the file.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The store's schema is older than this program's; opening it once for writing updates it.
    #[error("the store has schema version {found}, this program needs {known}: open it once for writing")]
    OlderSchema {
        /// The version in the file; 0 if it has none.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// The store was made before the first release, whose schema no migration leads to.
    #[error(
        "the store was made by a version of Courant from before the first release (schema version {found}) \
         and cannot be used: move it away and rebuild the articles from their records \
         (courant ingest --records records/news)"
    )]
    UnreleasedSchema {
        /// The version in the file, as the migrations of that time counted.
        found: i64,
    },
    /// The schema could not be updated.
    #[error("the schema of the store could not be updated: {0}")]
    Migration(#[source] MigrateError),
    /// Another process has the store open for writing.
    #[error("{} is in use by {}", .path.display(), process_name(*.process))]
    InUse {
        /// The database file.
        path: PathBuf,
        /// The id of that process, if it wrote it into the lock.
        process: Option<u32>,
    },
    /// The file cannot be opened: it or its folder is missing or not accessible.
    #[error("cannot open the store {}: {because}", .path.display())]
    CannotOpen {
        /// The database file.
        path: PathBuf,
        /// The message of the system.
        because: String,
    },
    /// Another connection held the database for longer than the store waits. The call may be
    /// repeated.
    #[error("the store was busy for too long")]
    Busy(#[source] sqlx::Error),
    /// Reading or writing the disk failed, or the file may not be written.
    #[error("the store cannot be read or written: {0}")]
    Disk(#[source] sqlx::Error),
    /// A value that would not be read back the same.
    #[error("{what} cannot be stored: {because}")]
    Unstorable {
        /// Which value.
        what: String,
        /// What is wrong with it.
        because: &'static str,
    },
    /// Any other error of the database; a mistake in this crate.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl StoreError {
    pub(crate) fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    pub(crate) fn unopened(path: &std::path::Path, error: &io::Error) -> Self {
        Self::CannotOpen { path: path.to_owned(), because: error.to_string() }
    }
}

fn process_name(process: Option<u32>) -> String {
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
