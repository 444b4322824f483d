//! The contents of record files: kept to tell a hand edit from what the program wrote, also after a
//! crash while files are written.

use courant_model::{ArticleId, RecordPath, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Revision, Store,
    articles::{hash, path},
    codec::{self, Columns},
};

/// The contents of a record file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordVersion {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// A digest of each field, in a form of the caller's.
    pub fields: String,
}

/// A record file as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFile {
    /// Its path.
    pub path: RecordPath,
    /// The article of the record.
    pub article: ArticleId,
    /// What was last written.
    pub written: Option<RecordVersion>,
    /// What was about to be written when the program was stopped.
    pub intended: Option<RecordVersion>,
}

const SELECT_FILES: &str = "SELECT a.path, a.id, a.record_hash, f.fields, f.intended_hash, f.intended_fields
        FROM articles a JOIN record_files f ON f.article = a.id";

statements! {
    KNOWN_FILES = SELECT_FILES, " ORDER BY a.path";
    KNOWN_FILES_OF = SELECT_FILES, " WHERE a.id IN (SELECT value FROM json_each(?)) ORDER BY a.path";
    ANNOUNCE_RECORD = "INSERT INTO record_files (article, intended_hash, intended_fields) VALUES (?1, ?2, ?3)
        ON CONFLICT (article) DO UPDATE SET intended_hash = ?2, intended_fields = ?3";
    SET_RECORD_HASH = "UPDATE articles SET record_hash = (SELECT intended_hash FROM record_files WHERE article = ?1),
        dirty = CASE WHEN dirty <= ?2 THEN NULL ELSE dirty END WHERE id = ?1
        AND EXISTS (SELECT 1 FROM record_files WHERE article = ?1 AND intended_hash IS NOT NULL)";
    SET_RECORD_FIELDS = "UPDATE record_files SET fields = intended_fields, intended_hash = NULL, intended_fields = NULL
        WHERE article = ? AND intended_hash IS NOT NULL";
    CLEAN_RECORD = "UPDATE articles SET dirty = NULL WHERE id = ? AND dirty <= ?";
    NEWEST_FIRST_SEEN = "SELECT first_seen FROM articles ORDER BY first_seen DESC LIMIT 1";
}

impl Store {
    /// The record files that were written, or were about to be, by path.
    pub async fn known_record_files(&self) -> Result<Vec<RecordFile>> {
        let rows = sqlx::query(KNOWN_FILES).fetch_all(self.readers()).await?;
        self.damage().readable("record_files", "id", &rows, file)
    }

    /// The [`Store::known_record_files`] of these articles.
    pub async fn known_record_files_of(&self, articles: &[ArticleId]) -> Result<Vec<RecordFile>> {
        let rows = sqlx::query(KNOWN_FILES_OF).bind(codec::texts(articles)).fetch_all(self.readers()).await?;
        self.damage().readable("record_files", "id", &rows, file)
    }

    /// Stores, in one transaction, what is about to be written into the files of these articles.
    pub async fn announce_records(&self, announced: &[(ArticleId, RecordVersion)]) -> Result<()> {
        let mut change = self.write().await?;
        for (article, version) in announced {
            sqlx::query(ANNOUNCE_RECORD)
                .bind(article.to_string())
                .bind(&version.hash[..])
                .bind(&version.fields)
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Notes, in one transaction, that what was announced for these articles is written. Their
    /// records are clean, unless a change after `revision` made them dirty.
    pub async fn records_written(&self, revision: Revision, articles: &[ArticleId]) -> Result<()> {
        let mut change = self.write().await?;
        for article in articles {
            let id = article.to_string();
            sqlx::query(SET_RECORD_HASH).bind(&id).bind(revision.number()).execute(&mut *change).await?;
            sqlx::query(SET_RECORD_FIELDS).bind(&id).execute(&mut *change).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Notes, in one transaction, that the records of these articles need no writing as of
    /// `revision`.
    pub async fn records_clean(&self, revision: Revision, articles: &[ArticleId]) -> Result<()> {
        let mut change = self.write().await?;
        for article in articles {
            sqlx::query(CLEAN_RECORD)
                .bind(article.to_string())
                .bind(revision.number())
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// The first sighting of the article that came last; `None` in an empty store.
    pub async fn newest_first_seen(&self) -> Result<Option<Timestamp>> {
        let newest = sqlx::query(NEWEST_FIRST_SEEN).fetch_optional(self.readers()).await?;
        newest.map(|row| row.timestamp("first_seen")).transpose()
    }
}

fn file(row: &SqliteRow) -> Result<RecordFile> {
    Ok(RecordFile {
        path: path(row.try_get("path")?)?,
        article: row.parsed("id")?,
        written: version(row.try_get("record_hash")?, row.try_get("fields")?)?,
        intended: version(row.try_get("intended_hash")?, row.try_get("intended_fields")?)?,
    })
}

fn version(bytes: Option<&[u8]>, fields: Option<String>) -> Result<Option<RecordVersion>> {
    match (bytes, fields) {
        (Some(bytes), Some(fields)) => Ok(Some(RecordVersion { hash: hash(bytes)?, fields })),
        _ => Ok(None),
    }
}
