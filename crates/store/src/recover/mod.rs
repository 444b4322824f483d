//! Saving what can be read of a damaged database into a new one.

pub(crate) mod copy;

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use courant_model::Timestamp;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    Result, Store, StoreError,
    codec::micros,
    lock::WriterLock,
    repair::{RESET_SCHEMA, WRITABLE_SCHEMA},
    revision::next_change,
    search::rebuild,
    store::TRUNCATE_LOG,
};

/// What was saved of a damaged store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// By table, in the order in which they were copied.
    pub tables: Vec<RecoveredTable>,
    /// Where the damaged file is now.
    pub damaged: PathBuf,
}

/// What was saved of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveredTable {
    /// The table.
    pub table: String,
    /// Rows that the new store has.
    pub saved: u64,
    /// Rows that existed, as far as an index or the numbering tells, and could not be read or do
    /// not fit the other tables.
    pub lost: u64,
}

impl Store {
    /// Copies what can be read of the database file into a new one, row by row around the damage,
    /// and replaces the file with it; the damaged file is kept beside it with `.damaged-` and the
    /// time in its name. The search index is made from the saved articles, and all records become
    /// dirty.
    ///
    /// The damaged file stays in place until the last step; a stop before that changes nothing.
    ///
    /// Errors: [`StoreError::InUse`] if a process has the store open; [`StoreError::Corrupt`] if
    /// not even the list of its tables can be read; [`StoreError::DiskFull`] if there is no room
    /// for a second store.
    pub async fn recover(path: &Path, now: Timestamp) -> Result<Recovery> {
        let _lock = WriterLock::take(path)?;
        let fresh = beside(path, ".recovering");
        remove_all(&fresh).map_err(|error| StoreError::unopened(&fresh, &error))?;
        let tables = fill(&fresh, path, now).await;
        let tables = match tables {
            Ok(tables) => tables,
            Err(error) => {
                // What is left would only use space.
                let _ = remove_all(&fresh);
                return Err(error);
            }
        };
        fold_log(path).await;
        let damaged = beside(path, &format!(".damaged-{}", now.strftime("%Y%m%dT%H%M%SZ")));
        swap(path, &fresh, &damaged).map_err(|error| StoreError::unopened(path, &error))?;
        Ok(Recovery { tables, damaged })
    }
}

statements! {
    DELETE_HALF_ARTICLES = "DELETE FROM main.articles WHERE seq NOT IN (SELECT seq FROM main.article_details)";
    DELETE_LOST_DETAILS = "DELETE FROM main.article_details WHERE seq NOT IN (SELECT seq FROM main.articles)";
    DELETE_LOST_TEXTS = "DELETE FROM main.article_texts WHERE seq NOT IN (SELECT seq FROM main.articles)";
    DELETE_LOST_TOPICS = "DELETE FROM main.article_topics WHERE seq NOT IN (SELECT seq FROM main.articles)";
    DELETE_LOST_LINKS = "DELETE FROM main.article_links WHERE seq NOT IN (SELECT seq FROM main.articles)";
    ATTACH = "ATTACH ? AS old";
    INSERT_LOST_TEXTS = "INSERT INTO main.article_texts (seq, text, html, removed) SELECT seq, '', '', ? FROM main.articles
        WHERE seq NOT IN (SELECT seq FROM main.article_texts)";
    MARK_ALL = "UPDATE main.articles SET dirty = ?";
    DETACH = "DETACH old";
}

/// Creates the new database and fills it.
async fn fill(fresh: &Path, path: &Path, now: Timestamp) -> Result<Vec<RecoveredTable>> {
    Store::open(fresh).await?.close().await?;
    let options = SqliteConnectOptions::new()
        .filename(fresh)
        .foreign_keys(false)
        // The new file may be lost until it is complete: the damaged one is still there.
        .pragma("synchronous", "off")
        // A damaged cell must be an error, not a value.
        .pragma("cell_size_check", "on")
        .disable_statement_logging();
    let mut sql = options.connect().await?;
    // Makes SQLite open a file that is shorter than it says, and skip what it cannot read of the
    // schema.
    sqlx::raw_sql(WRITABLE_SCHEMA).execute(&mut sql).await?;
    sqlx::query(ATTACH).bind(path.to_string_lossy().as_ref()).execute(&mut sql).await?;
    let mut tables = copy::tables(&mut sql).await?;
    make_consistent(&mut sql, &mut tables, now).await?;
    sqlx::raw_sql(DETACH).execute(&mut sql).await?;
    sqlx::raw_sql(RESET_SCHEMA).execute(&mut sql).await?;
    rebuild(&mut sql).await?;
    sqlx::Connection::close(sql).await?;
    verify_and_sync(fresh).await?;
    Ok(tables)
}

/// Makes the saved rows consistent: no article without its details, nothing about articles that are
/// lost.
async fn make_consistent(
    sql: &mut SqliteConnection,
    tables: &mut [RecoveredTable],
    now: Timestamp,
) -> Result<()> {
    for (table, statement) in [
        ("articles", DELETE_HALF_ARTICLES),
        ("article_details", DELETE_LOST_DETAILS),
        ("article_texts", DELETE_LOST_TEXTS),
        ("article_topics", DELETE_LOST_TOPICS),
        ("article_links", DELETE_LOST_LINKS),
    ] {
        let deleted = sqlx::query(statement).execute(&mut *sql).await?.rows_affected();
        for row in tables.iter_mut().filter(|row| row.table == table) {
            row.saved -= deleted;
            row.lost += deleted;
        }
    }
    sqlx::query(INSERT_LOST_TEXTS).bind(micros(now)).execute(&mut *sql).await?;
    let change = next_change(sql).await?;
    sqlx::query(MARK_ALL).bind(change).execute(sql).await?;
    Ok(())
}

/// Checks the new database and makes sure that it is on the disk.
async fn verify_and_sync(fresh: &Path) -> Result<()> {
    let store = Store::open(fresh).await?;
    let health = store.check().await?;
    store.close().await?;
    if let Some(problem) = health.problems.first().or(health.search_problem.as_ref()) {
        return Err(StoreError::Corrupt(format!("the recovered copy is damaged too: {problem}")));
    }
    File::open(fresh).and_then(|file| file.sync_all()).map_err(|error| StoreError::unopened(fresh, &error))
}

/// Folds the log of the damaged database into it, so that it is complete by itself; what can't be
/// folded stays in the log.
async fn fold_log(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
    if let Ok(mut sql) = options.connect().await {
        let _ = sqlx::raw_sql(TRUNCATE_LOG).execute(&mut sql).await;
        let _ = sqlx::Connection::close(sql).await;
    }
}

/// Replaces the damaged database with the new one. The damaged one gets its second name first, and
/// its log is moved before the new file comes, so that a stop at any point leaves a database, and
/// never a log beside another's file.
fn swap(path: &Path, fresh: &Path, damaged: &Path) -> io::Result<()> {
    link_or_copy(path, damaged)?;
    let log = beside(path, "-wal");
    if log.exists() {
        fs::rename(&log, beside(damaged, "-wal"))?;
    }
    remove(&beside(path, "-shm"))?;
    fs::rename(fresh, path)?;
    remove_all(fresh)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A second name for a file, or a copy if the file system has no hard links.
fn link_or_copy(path: &Path, other: &Path) -> io::Result<()> {
    fs::hard_link(path, other).or_else(|_| fs::copy(path, other).map(|_| ()))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(ending);
    name.into()
}

fn remove_all(path: &Path) -> io::Result<()> {
    for ending in ["", "-wal", "-shm", ".lock"] {
        remove(&beside(path, ending))?;
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
