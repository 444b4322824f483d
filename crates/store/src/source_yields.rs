//! How many articles each source contributed, and how good they are.

use std::collections::BTreeMap;

use courant_model::Timestamp;
use sqlx::Row;

use crate::{Result, Store, codec::micros};

/// What a source contributed since a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceYield {
    /// Articles.
    pub articles: u64,
    /// Of these, published ones.
    pub published: u64,
    /// Of these, copies of other articles.
    pub copies: u64,
    /// The sum of their qualities.
    pub quality: i64,
}

statements! {
    YIELDS = "SELECT named.source AS source, COUNT(*) AS articles, SUM(a.is_published) AS published,
        SUM(a.copy_of IS NOT NULL) AS copies, SUM(a.quality) AS quality
        FROM (SELECT DISTINCT source, article FROM captures
        WHERE source IS NOT NULL AND article IS NOT NULL) named
        JOIN articles a ON a.id = named.article WHERE a.first_seen >= ?
        GROUP BY named.source ORDER BY named.source";
}

impl Store {
    /// What each source contributed since then, by its URL; sources without articles are left out.
    /// An article counts for every source that listed it.
    pub async fn source_yields(&self, since: Timestamp) -> Result<BTreeMap<String, SourceYield>> {
        let rows = sqlx::query(YIELDS).bind(micros(since)).fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                let found = SourceYield {
                    articles: row.try_get("articles")?,
                    published: row.try_get("published")?,
                    copies: row.try_get("copies")?,
                    quality: row.try_get("quality")?,
                };
                Ok((row.try_get("source")?, found))
            })
            .collect()
    }
}
