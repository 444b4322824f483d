//! Opening and closing a store: connections and their settings.

use std::{io, path::Path, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Sqlite, SqlitePool, Transaction,
    pool::PoolConnection,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    },
};

use crate::{
    Result, StoreError,
    damage::Damage,
    lock::WriterLock,
    schema::{check_schema, migrate},
};

/// Maximum number of concurrent reads; further ones wait. Reading is bound by memory bandwidth, not
/// by waiting, so more would only cost.
const READERS: u32 = 4;

/// How long a call waits for a connection or a lock before [`StoreError::Busy`]. The longest
/// change, a batch of some hundred articles, takes well under a second.
const WAIT_TIMEOUT: Duration = Duration::from_mins(1);

/// The write-ahead log is truncated to this many bytes after it has grown larger under a long read.
const MAX_LOG_BYTES: &str = "67108864";

/// Cache of a connection in the form of SQLite's `cache_size`: negative, in KiB. A batch touches
/// rows all over the file before it is written; what readers read again is in the cache of the
/// system.
const WRITER_CACHE: &str = "-32000";
const READER_CACHE: &str = "-8000";

statements! {
    TRUNCATE_LOG = "PRAGMA wal_checkpoint(TRUNCATE)";
    CLOSE = "PRAGMA optimize; ", TRUNCATE_LOG;
}

/// A handle on everything durable. Clones share the same connections.
#[derive(Debug, Clone)]
pub struct Store {
    readers: SqlitePool,
    writer: SqlitePool,
    damage: Damage,
    is_read_only: bool,
    // Held by the last clone, so that the lock outlives every connection.
    _lock: Option<Arc<WriterLock>>,
}

impl Store {
    /// Opens the database file for reading and writing. Creates it if it is missing (its folder
    /// must exist) and updates its schema.
    ///
    /// Errors: [`StoreError::InUse`] if another process, or another [`Store`] of this one, has it
    /// open for writing; [`StoreError::NewerSchema`] if a newer program made it;
    /// [`StoreError::UnreleasedSchema`] if it is from before the first release;
    /// [`StoreError::Corrupt`] if it is damaged or not a database; [`StoreError::CannotOpen`] if it
    /// cannot be opened at all.
    pub async fn open(path: &Path) -> Result<Self> {
        let lock = WriterLock::take(path)?;
        make_private(path).map_err(|error| StoreError::unopened(path, &error))?;
        let options = file_options(path)
            .create_if_missing(true)
            // Only for a new file; [`Store::compact`] changes an existing one.
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", MAX_LOG_BYTES)
            .pragma("cache_size", WRITER_CACHE);
        let writer = connect(options, 1).await.map_err(|error| not_opened(path, error))?;
        migrate(&writer).await?;
        let readers = connect(file_options(path).read_only(true), READERS).await?;
        Ok(Self {
            readers,
            writer,
            damage: Damage::default(),
            is_read_only: false,
            _lock: Some(Arc::new(lock)),
        })
    }

    /// Opens an existing database file for reading, even while another process writes to it. Every
    /// call that changes something fails with [`StoreError::Disk`].
    ///
    /// Errors: as [`Store::open`], but never `InUse`; [`StoreError::OlderSchema`] if an older
    /// program made the file.
    pub async fn open_to_read(path: &Path) -> Result<Self> {
        let readers = connect(file_options(path).read_only(true), READERS)
            .await
            .map_err(|error| not_opened(path, error))?;
        check_schema(&readers).await?;
        Ok(Self {
            writer: readers.clone(),
            readers,
            damage: Damage::default(),
            is_read_only: true,
            _lock: None,
        })
    }

    /// A store in memory that ends with its last clone; for tests and for work on files alone.
    pub async fn in_memory() -> Result<Self> {
        // One connection: each connection to `:memory:` would have a database of its own, and a
        // shared cache would lock whole tables against readers.
        let pool = connect(common_options(SqliteConnectOptions::new().in_memory(true)), 1).await?;
        migrate(&pool).await?;
        Ok(Self {
            readers: pool.clone(),
            writer: pool,
            damage: Damage::default(),
            is_read_only: false,
            _lock: None,
        })
    }

    /// Waits for running calls, folds the write-ahead log into the file and closes every
    /// connection, also those of clones. Dropping a store without closing it loses nothing.
    pub async fn close(self) -> Result<()> {
        self.readers.close().await;
        if !self.writer.is_closed() {
            let closed = async {
                let mut writer = self.writer.acquire().await?;
                sqlx::raw_sql(CLOSE).execute(&mut *writer).await
            };
            let closed = closed.await;
            self.writer.close().await;
            closed?;
        }
        Ok(())
    }

    /// Whether it was opened only for reading ([`Store::open_to_read`]).
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    pub(crate) const fn damage(&self) -> &Damage {
        &self.damage
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// A read in several queries that all see the same state.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.readers.begin().await?)
    }

    /// The writing connection, for a change of one statement, which is a transaction by itself.
    pub(crate) async fn write_one(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.writer.acquire().await?)
    }

    /// Begins a change. It takes the write lock at once: a transaction that first reads and then
    /// writes would fail if another connection wrote in between.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Creates the database file readable for its owner alone, and removes the access of others from an
/// existing one: SQLite gives its own files (`-wal`, `-shm`) the mode of this one.
fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::{
            fs::{OpenOptions, Permissions},
            os::unix::fs::{OpenOptionsExt, PermissionsExt},
        };
        // Opened for writing, which refuses a folder of this name.
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            // Not for a file of another user, who decides who may write there.
            match file.set_permissions(Permissions::from_mode(0o600)) {
                Ok(()) => tracing::warn!(
                    "{} could be read by other users of this machine; its mode is 600 now",
                    path.display()
                ),
                Err(error) => tracing::warn!(
                    %error,
                    "{} can be read by other users of this machine, and that could not be changed",
                    path.display()
                ),
            }
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// A connection that may write beside the process that has the store open; only for
/// [`CommandQueue`](crate::CommandQueue) and [`ApiKeys`](crate::ApiKeys).
pub(crate) async fn open_beside(path: &Path) -> Result<SqlitePool> {
    let pool = connect(file_options(path), 1).await.map_err(|error| not_opened(path, error))?;
    check_schema(&pool).await?;
    Ok(pool)
}

fn common_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .foreign_keys(true)
        .busy_timeout(WAIT_TIMEOUT)
        // More than there are statements in this crate: each is prepared once per connection.
        .statement_cache_capacity(256)
        // Rows arrive in larger steps than the default of 50, which makes long reads faster.
        .row_buffer_size(512)
        .disable_statement_logging()
        .pragma("cache_size", READER_CACHE)
        .pragma("temp_store", "memory")
}

fn file_options(path: &Path) -> SqliteConnectOptions {
    common_options(SqliteConnectOptions::new().filename(path))
}

async fn connect(options: SqliteConnectOptions, connections: u32) -> sqlx::Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(WAIT_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

fn not_opened(path: &Path, error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Disk(error) => {
            StoreError::CannotOpen { path: path.to_owned(), because: error.to_string() }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use courant_model::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_full_disk_is_reported_and_the_call_can_be_repeated() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&folder.path().join("courant.db")).await.unwrap();
        let at = Timestamp::UNIX_EPOCH;
        store.set_host_pause("a.example", at, "429").await.unwrap();
        // SQLite reports a file that may not grow like a disk that is full.
        let limit = |pages: &'static str| sqlx::raw_sql(pages).execute(&store.writer);
        limit("PRAGMA max_page_count = 1").await.unwrap();
        let reason = "x".repeat(100_000);
        let error = store.set_host_pause("b.example", at, &reason).await.unwrap_err();
        assert!(matches!(error, StoreError::DiskFull(_)), "{error:?}");
        assert_eq!(store.host_pauses(Timestamp::MIN).await.unwrap().len(), 1, "what was there is there");
        limit("PRAGMA max_page_count = 1000000").await.unwrap();
        store.set_host_pause("b.example", at, &reason).await.unwrap();
        assert_eq!(store.host_pauses(Timestamp::MIN).await.unwrap().len(), 2);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_the_file_and_those_beside_it() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("courant.db");
        for open_to_all in [false, true] {
            if open_to_all {
                fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            }
            let store = Store::open(&file).await.unwrap();
            store.set_host_pause("a.example", Timestamp::UNIX_EPOCH, "429").await.unwrap();
            for entry in fs::read_dir(folder.path()).unwrap() {
                let entry = entry.unwrap();
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{}", entry.path().display());
            }
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "database, log, its index, lock");
            store.close().await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_writer_waits_for_the_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&folder.path().join("courant.db")).await.unwrap();
        let setting = async |name: &'static str| {
            let sql = sqlx::AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}()"));
            sqlx::query_scalar::<_, String>(sql).fetch_one(&store.writer).await.unwrap()
        };
        assert_eq!(setting("journal_mode").await, "wal");
        assert_eq!(setting("synchronous").await, "2", "FULL");
        assert_eq!(setting("foreign_keys").await, "1");
    }
}
