//! The sealed private payloads of articles.

use courant_model::{ArticleId, RecordPath};
use sqlx::{Row, SqliteConnection};

use crate::{
    Result, Store,
    articles::path,
    codec::Columns,
    revision::{mark_articles, next_change},
};

/// A sealed payload of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPayload {
    /// The article's arrival number.
    pub arrival: i64,
    /// The article.
    pub article: ArticleId,
    /// The path of its record, to which the payload is bound.
    pub path: RecordPath,
    /// The sealed text.
    pub sealed: String,
}

statements! {
    SEALED_PAYLOADS = "SELECT a.seq, a.id, a.path, d.secured FROM articles a JOIN article_details d ON d.seq = a.seq
        WHERE a.seq > ? AND d.secured IS NOT NULL ORDER BY a.seq LIMIT ?";
    SET_SECURED = "UPDATE article_details SET secured = ? WHERE seq = (SELECT seq FROM articles WHERE id = ?)";
}

impl Store {
    /// At most `limit` sealed payloads of articles that arrived after `arrival` (0: from the
    /// first), in order of arrival.
    pub async fn sealed_payloads(&self, arrival: i64, limit: u32) -> Result<Vec<SealedPayload>> {
        let rows = sqlx::query(SEALED_PAYLOADS).bind(arrival).bind(limit).fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                Ok(SealedPayload {
                    arrival: row.try_get("seq")?,
                    article: row.parsed("id")?,
                    path: path(row.try_get("path")?)?,
                    sealed: row.try_get("secured")?,
                })
            })
            .collect()
    }

    /// Replaces the sealed payloads of these articles, in one transaction. Their records become
    /// dirty.
    pub async fn replace_sealed(&self, sealed: &[(ArticleId, String)]) -> Result<()> {
        if sealed.is_empty() {
            return Ok(());
        }
        let mut change = self.write().await?;
        let number = next_change(&mut change).await?;
        for (article, text) in sealed {
            set_secured(&mut change, *article, text).await?;
        }
        mark_articles(&mut change, number, sealed.iter().map(|(article, _)| *article)).await?;
        change.commit().await?;
        Ok(())
    }

    /// Stores the sealed private payload of an article. It does not make the record dirty: the
    /// caller is about to write it.
    pub async fn set_secured(&self, article: ArticleId, sealed: &str) -> Result<()> {
        set_secured(&mut *self.write_one().await?, article, sealed).await
    }
}

async fn set_secured(sql: &mut SqliteConnection, article: ArticleId, sealed: &str) -> Result<()> {
    sqlx::query(SET_SECURED).bind(sealed).bind(article.to_string()).execute(sql).await?;
    Ok(())
}
