//! Keys of the API: names and digests, never the keys themselves.

use std::path::Path;

use courant_model::Timestamp;
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};

use crate::{
    Result, Store, StoreError,
    articles::hash,
    codec::{Columns, micros},
    store::open_beside,
};

/// A key of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// Chosen by the owner; unique.
    pub name: String,
    /// SHA-256 of the key.
    pub digest: [u8; 32],
    /// Requests per minute, at least one.
    pub rate: u32,
    /// When it was created.
    pub created: Timestamp,
}

/// The API keys of a store that another process may have open. That process writes nothing about
/// keys, so both may write to the database in turn.
#[derive(Debug)]
pub struct ApiKeys {
    pool: SqlitePool,
}

statements! {
    INSERT_KEY = "INSERT INTO api_keys (name, digest, rate, created) VALUES (?, ?, ?, ?)
        ON CONFLICT (name) DO NOTHING";
    DELETE_KEY = "DELETE FROM api_keys WHERE name = ?";
    ALL_KEYS = "SELECT name, digest, rate, created FROM api_keys ORDER BY name";
}

impl ApiKeys {
    /// Opens the keys of an existing database file.
    ///
    /// Errors: as [`Store::open_to_read`].
    pub async fn open(path: &Path) -> Result<Self> {
        Ok(Self { pool: open_beside(path).await? })
    }

    /// Adds a key; false if its name is taken.
    pub async fn add(&self, key: &ApiKeyRow) -> Result<bool> {
        let done = sqlx::query(INSERT_KEY)
            .bind(&key.name)
            .bind(&key.digest[..])
            .bind(i64::from(key.rate))
            .bind(micros(key.created))
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes a key; false if there is none of this name.
    pub async fn revoke(&self, name: &str) -> Result<bool> {
        let done = sqlx::query(DELETE_KEY).bind(name).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// All keys, by name.
    pub async fn all(&self) -> Result<Vec<ApiKeyRow>> {
        all(&self.pool).await
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

impl Store {
    /// The keys of the API, by name.
    pub async fn api_keys(&self) -> Result<Vec<ApiKeyRow>> {
        all(self.readers()).await
    }
}

async fn all(pool: &SqlitePool) -> Result<Vec<ApiKeyRow>> {
    let rows = sqlx::query(ALL_KEYS).fetch_all(pool).await?;
    rows.iter().map(row).collect()
}

fn row(row: &SqliteRow) -> Result<ApiKeyRow> {
    let rate: i64 = row.try_get("rate")?;
    Ok(ApiKeyRow {
        name: row.try_get("name")?,
        digest: hash(row.try_get("digest")?)?,
        rate: u32::try_from(rate).map_err(StoreError::corrupt)?,
        created: row.timestamp("created")?,
    })
}
