//! Rebuilding what follows from the tables: the search index and the indexes of tables.

use sqlx::{Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use crate::{Result, Store, StoreError, search::rebuild};

statements! {
    // The same as in the migration.
    RANK = "INSERT INTO article_search (article_search, rank) VALUES ('rank', 'bm25(10.0, 4.0, 1.0)')";
    REMOVE_SEARCH = "DELETE FROM sqlite_schema
        WHERE name LIKE 'article\\_search%' ESCAPE '\\' OR tbl_name LIKE 'article\\_search%' ESCAPE '\\'";
    REMOVE_INDEX = "DELETE FROM sqlite_schema WHERE type = 'index' AND name = ?";
    SEARCH_TABLE = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'article_search'";
    INDEXES = "SELECT name, sql FROM sqlite_schema WHERE type = 'index'
        AND tbl_name NOT LIKE 'article\\_search%' ESCAPE '\\' ORDER BY name";
    WRITABLE_SCHEMA = "PRAGMA writable_schema = on";
    RESET_SCHEMA = "PRAGMA writable_schema = reset";
}

impl Store {
    /// Rebuilds the search index from the articles. If its own tables cannot be used, they are
    /// definition again and the file is compacted ([`Store::compact`]).
    ///
    /// Errors: [`StoreError::Corrupt`] if the articles themselves are damaged;
    /// [`StoreError::DiskFull`] if there is no room to compact.
    pub async fn rebuild_search(&self) -> Result<()> {
        let mut change = self.write().await?;
        let definition: String = sqlx::query_scalar(SEARCH_TABLE).fetch_one(&mut *change).await?;
        match rebuild(&mut change).await {
            Err(StoreError::Corrupt(_)) => change.rollback().await?,
            done => {
                done?;
                return Ok(change.commit().await?);
            }
        }
        let mut change = self.write().await?;
        remove_from_schema(&mut change, sqlx::query(REMOVE_SEARCH)).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(definition)).execute(&mut *change).await?;
        sqlx::raw_sql(RANK).execute(&mut *change).await?;
        rebuild(&mut change).await?;
        change.commit().await?;
        self.compact().await.map(drop)
    }

    /// Rebuilds all indexes of the tables from their rows. An index with damaged pages is
    /// definition again, after which the file is compacted ([`Store::compact`]).
    ///
    /// Errors: [`StoreError::Corrupt`] if a table itself is damaged, or the index that keeps its
    /// rows unique, or if two rows have the same unique value; [`StoreError::DiskFull`] if there is
    /// no room to compact.
    pub async fn rebuild_indexes(&self) -> Result<()> {
        let mut writer = self.write_one().await?;
        let indexes: Vec<(String, Option<String>)> = sqlx::query_as(INDEXES).fetch_all(&mut *writer).await?;
        drop(writer);
        let mut has_orphaned_pages = false;
        for (name, definition) in indexes {
            let again = format!("REINDEX \"{name}\"");
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(again)).execute(&mut *self.write_one().await?).await;
            match (done.map_err(damage), definition) {
                (Ok(_), _) => {}
                (Err(StoreError::Corrupt(_)), Some(definition)) => {
                    let mut change = self.write().await?;
                    remove_from_schema(&mut change, sqlx::query(REMOVE_INDEX).bind(name)).await?;
                    sqlx::raw_sql(sqlx::AssertSqlSafe(definition))
                        .execute(&mut *change)
                        .await
                        .map_err(damage)?;
                    change.commit().await?;
                    has_orphaned_pages = true;
                }
                (Err(error), _) => return Err(error),
            }
        }
        if has_orphaned_pages {
            self.compact().await?;
        }
        Ok(())
    }
}

/// Removes these entries from the schema without reading what they name: dropping it would read its
/// damaged pages. The pages belong to nothing until the file is compacted.
async fn remove_from_schema(
    sql: &mut SqliteConnection,
    entries: Query<'_, Sqlite, SqliteArguments>,
) -> Result<()> {
    sqlx::raw_sql(WRITABLE_SCHEMA).execute(&mut *sql).await?;
    let done = entries.persistent(false).execute(&mut *sql).await;
    // Makes the connection read the schema again.
    sqlx::raw_sql(RESET_SCHEMA).execute(sql).await?;
    done?;
    Ok(())
}

/// A row that breaks a constraint of its table is damage too.
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
