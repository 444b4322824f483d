//! Making again what the database can make from its tables: the search index and the plain indexes.

use sqlx::{Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use crate::{Result, Store, StoreError, search::rebuild};

statements! {
    // As the migration that makes the index sets it.
    RANK = "INSERT INTO article_search (article_search, rank) VALUES ('rank', 'bm25(10.0, 4.0, 1.0)')";
    FORGET_SEARCH = "DELETE FROM sqlite_schema
        WHERE name LIKE 'article\\_search%' ESCAPE '\\' OR tbl_name LIKE 'article\\_search%' ESCAPE '\\'";
    FORGET_INDEX = "DELETE FROM sqlite_schema WHERE type = 'index' AND name = ?";
    SEARCH_TABLE = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'article_search'";
    INDEXES = "SELECT name, sql FROM sqlite_schema WHERE type = 'index'
        AND tbl_name NOT LIKE 'article\\_search%' ESCAPE '\\' ORDER BY name";
    WRITABLE_SCHEMA = "PRAGMA writable_schema = on";
    RESET_SCHEMA = "PRAGMA writable_schema = reset";
}

impl Store {
    /// Makes the search index again from the articles; where not even its own tables can be used, from nothing, after
    /// which the file is compacted ([`Store::compact`]).
    ///
    /// Errors: [`StoreError::Corrupt`] where the articles themselves are damaged; [`StoreError::DiskFull`] where there is
    /// no room to compact.
    pub async fn rebuild_search(&self) -> Result<()> {
        let mut change = self.write().await?;
        let made: String = sqlx::query_scalar(SEARCH_TABLE).fetch_one(&mut *change).await?;
        match rebuild(&mut change).await {
            Err(StoreError::Corrupt(_)) => change.rollback().await?,
            done => {
                done?;
                return Ok(change.commit().await?);
            }
        }
        let mut change = self.write().await?;
        forget(&mut change, sqlx::query(FORGET_SEARCH)).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(made)).execute(&mut *change).await?;
        sqlx::raw_sql(RANK).execute(&mut *change).await?;
        rebuild(&mut change).await?;
        change.commit().await?;
        self.compact().await.map(drop)
    }

    /// Makes all indexes of the tables again from their rows; where the pages of one are damaged, from nothing, after
    /// which the file is compacted ([`Store::compact`]).
    ///
    /// Errors: [`StoreError::Corrupt`] where a table itself is damaged, or the index by which its rows are unique, or two
    /// rows have what only one may have; [`StoreError::DiskFull`] where there is no room to compact.
    pub async fn rebuild_indexes(&self) -> Result<()> {
        let mut writer = self.write_one().await?;
        let indexes: Vec<(String, Option<String>)> = sqlx::query_as(INDEXES).fetch_all(&mut *writer).await?;
        drop(writer);
        let mut is_leaky = false;
        for (name, made) in indexes {
            let again = format!("REINDEX \"{name}\"");
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(again)).execute(&mut *self.write_one().await?).await;
            match (done.map_err(damage), made) {
                (Ok(_), _) => {}
                (Err(StoreError::Corrupt(_)), Some(made)) => {
                    let mut change = self.write().await?;
                    forget(&mut change, sqlx::query(FORGET_INDEX).bind(name)).await?;
                    sqlx::raw_sql(sqlx::AssertSqlSafe(made)).execute(&mut *change).await.map_err(damage)?;
                    change.commit().await?;
                    is_leaky = true;
                }
                (Err(error), _) => return Err(error),
            }
        }
        if is_leaky {
            self.compact().await?;
        }
        Ok(())
    }
}

/// Forgets what the file holds under these names without looking at it: to drop it, its damaged pages would have to be
/// read. The pages belong to nothing then, until the file is compacted.
async fn forget(sql: &mut SqliteConnection, entries: Query<'_, Sqlite, SqliteArguments>) -> Result<()> {
    sqlx::raw_sql(WRITABLE_SCHEMA).execute(&mut *sql).await?;
    let done = entries.persistent(false).execute(&mut *sql).await;
    // What this connection remembers of the schema is read again.
    sqlx::raw_sql(RESET_SCHEMA).execute(sql).await?;
    done?;
    Ok(())
}

/// A row that breaks a rule of its table is damage too.
fn damage(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Database(error) => StoreError::corrupt(error),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_search_index_ranks_as_the_migration_sets_it() {
        assert!(include_str!("../migrations/0001_store.sql").contains(super::RANK));
    }
}
