//! Returning free space to the file system.

use sqlx::SqliteConnection;

use crate::{Result, Store, store::TRUNCATE_LOG};

/// Number of pages that one step returns.
const STEP_PAGES: i64 = 1_000;
/// The share of the file that a sweep of a running program leaves free, as a divisor: new rows use
/// it.
const FREE_SHARE: i64 = 20;
/// A file smaller than this many pages is not worth shrinking.
const MIN_PAGES: i64 = 256;

/// How much of the file of a store is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compaction {
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
    /// Unused bytes of it.
    pub free: u64,
    /// Whether the file shrinks by itself as space becomes free. If not, it does after it was
    /// compacted ([`Store::compact`]).
    pub shrinks: bool,
}

struct Pages {
    all: i64,
    free: i64,
    size: i64,
    is_incremental: bool,
}

statements! {
    COMPACT_SETTINGS = "PRAGMA temp_store = file; PRAGMA auto_vacuum = incremental";
    VACUUM = "VACUUM";
    USUAL_SETTINGS = "PRAGMA temp_store = memory";
    FILE_PAGES = "SELECT page_count, freelist_count, page_size, auto_vacuum FROM pragma_page_count(),
        pragma_freelist_count(), pragma_page_size(), pragma_auto_vacuum()";
}

impl Store {
    /// How much of the file is free.
    pub async fn compaction(&self) -> Result<Compaction> {
        let pages = pages(&mut *self.readers().acquire().await?).await?;
        Ok(Compaction {
            bytes: (pages.all * pages.size).unsigned_abs(),
            free: (pages.free * pages.size).unsigned_abs(),
            shrinks: pages.is_incremental,
        })
    }

    /// Writes the whole database again without free space, after which it shrinks by itself. This
    /// needs room for two further copies of its content: one in the folder for temporary files
    /// (`SQLITE_TMPDIR`, else `TMPDIR`, else /var/tmp), one in its write-ahead log. All other calls
    /// wait. A stop in the middle changes nothing.
    pub async fn compact(&self) -> Result<Compaction> {
        let mut writer = self.write_one().await?;
        // The temporary copy may be larger than the memory.
        sqlx::raw_sql(COMPACT_SETTINGS).execute(&mut *writer).await?;
        let done = sqlx::raw_sql(VACUUM).execute(&mut *writer).await;
        sqlx::raw_sql(USUAL_SETTINGS).execute(&mut *writer).await?;
        done?;
        sqlx::raw_sql(TRUNCATE_LOG).execute(&mut *writer).await?;
        drop(writer);
        self.compaction().await
    }

    /// Returns free space at the end of the file, in at most `steps` steps, until a twentieth of
    /// the file is left free; with `usize::MAX` steps, all of it. Gives the number of bytes.
    pub(super) async fn return_space(&self, steps: usize) -> Result<u64> {
        let mut returned = 0;
        for _ in 0..steps {
            let mut writer = self.write_one().await?;
            let before = pages(&mut writer).await?;
            let keep = if steps > usize::MAX / 2 { 0 } else { (before.all / FREE_SHARE).max(MIN_PAGES) };
            let step = (before.free - keep).min(STEP_PAGES);
            if !before.is_incremental || step <= 0 {
                break;
            }
            let sql = format!("PRAGMA incremental_vacuum({step})");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *writer).await?;
            let after = pages(&mut writer).await?;
            if after.all >= before.all {
                break;
            }
            returned += ((before.all - after.all) * before.size).unsigned_abs();
            drop(writer);
            tokio::task::yield_now().await;
        }
        Ok(returned)
    }
}

async fn pages(sql: &mut SqliteConnection) -> Result<Pages> {
    let (all, free, size, vacuum): (i64, i64, i64, i64) = sqlx::query_as(FILE_PAGES).fetch_one(sql).await?;
    // 2: incremental; 1: with every commit.
    Ok(Pages { all, free, size, is_incremental: vacuum == 2 })
}
