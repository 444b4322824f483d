//! The size of the parts of a store.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::{Result, Store};

/// The size of a store by purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The parts, largest first; indexes are counted with their tables.
    pub rows: Vec<UsageRow>,
    /// Unused bytes of the file.
    pub free: u64,
    /// Size of the database in bytes, without its write-ahead log.
    pub bytes: u64,
}

/// The size of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// In words: "waiting captures", "search index".
    pub what: &'static str,
    /// Number of rows; `None` if it is not one table.
    pub rows: Option<u64>,
    /// Bytes in the file, indexes included.
    pub bytes: u64,
}

/// The purposes of the tables. Tables that are not listed are counted as the rest.
const TABLES: [(&str, &str); 13] = [
    ("captures", "captures"),
    ("article_texts", "texts of articles"),
    ("article_details", "articles: what is shown of them"),
    ("articles", "articles: places and verdicts"),
    ("article_topics", "topics of articles"),
    ("article_links", "links between articles"),
    ("article_clicks", "followed links"),
    ("pages", "pages"),
    ("source_entries", "entries of sources"),
    ("images", "images"),
    ("record_files", "record files"),
    ("overrides", "words of editors"),
    ("editor_requests", "requests of editors"),
];
const SEARCH: &str = "search index";
const REST: &str = "sources and all else";

statements! {
    COUNT_ROWS = "SELECT 'captures' AS name, COUNT(*) AS n FROM captures
        UNION ALL SELECT 'article_texts' AS name, COUNT(*) AS n FROM article_texts
        UNION ALL SELECT 'article_details' AS name, COUNT(*) AS n FROM article_details
        UNION ALL SELECT 'articles' AS name, COUNT(*) AS n FROM articles
        UNION ALL SELECT 'article_topics' AS name, COUNT(*) AS n FROM article_topics
        UNION ALL SELECT 'article_links' AS name, COUNT(*) AS n FROM article_links
        UNION ALL SELECT 'article_clicks' AS name, COUNT(*) AS n FROM article_clicks
        UNION ALL SELECT 'pages' AS name, COUNT(*) AS n FROM pages
        UNION ALL SELECT 'source_entries' AS name, COUNT(*) AS n FROM source_entries
        UNION ALL SELECT 'images' AS name, COUNT(*) AS n FROM images
        UNION ALL SELECT 'record_files' AS name, COUNT(*) AS n FROM record_files
        UNION ALL SELECT 'overrides' AS name, COUNT(*) AS n FROM overrides
        UNION ALL SELECT 'editor_requests' AS name, COUNT(*) AS n FROM editor_requests";
    SIZES = "SELECT COALESCE(s.tbl_name, d.name) AS place, SUM(d.pgsize) AS bytes
        FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY 1";
    KEPT_CAPTURES = "SELECT COUNT(*) AS n, COALESCE(SUM(size), 0) AS bytes FROM captures INDEXED BY captures_kept
        WHERE packing <> 'gone' AND state <> 'pending'";
    BODIES = "SELECT state = 'pending' AS waits, COUNT(*) AS n, SUM(length(body)) AS bytes FROM captures
        WHERE packing <> 'gone' GROUP BY 1";
}

impl Store {
    /// The size of each part of the store. It reads the whole file.
    pub async fn usage(&self) -> Result<Usage> {
        let mut read = self.read().await?;
        let sizes = sqlx::query(SIZES).fetch_all(&mut *read).await?;
        let mut parts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for row in &sizes {
            let place: String = row.try_get("place")?;
            *parts.entry(part_of(&place)).or_default() += row.try_get::<u64, _>("bytes")?;
        }
        let counts: Vec<(String, u64)> = sqlx::query_as(COUNT_ROWS).fetch_all(&mut *read).await?;
        let counts: BTreeMap<&str, u64> =
            counts.iter().map(|(table, rows)| (part_of(table), *rows)).collect();
        let row = |(what, bytes)| UsageRow { what, rows: counts.get(what).copied(), bytes };
        let mut rows: Vec<UsageRow> = parts.into_iter().map(row).collect();
        rows.extend(bodies(&mut read).await?);
        rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.what.cmp(b.what)));
        drop(read);
        let compaction = self.compaction().await?;
        Ok(Usage { rows, free: compaction.free, bytes: compaction.bytes })
    }
}

impl Store {
    /// How many processed captures still have their bytes, and the size of these as fetched.
    pub async fn kept_captures(&self) -> Result<(u64, u64)> {
        let row = sqlx::query(KEPT_CAPTURES).fetch_one(self.readers()).await?;
        Ok((row.try_get("n")?, row.try_get("bytes")?))
    }
}

fn part_of(table: &str) -> &'static str {
    if table.starts_with("article_search") {
        return SEARCH;
    }
    TABLES.iter().find(|(name, _)| *name == table).map_or(REST, |(_, what)| what)
}

/// The part of the captures that is bodies: of waiting and of processed captures.
async fn bodies(sql: &mut sqlx::SqliteConnection) -> Result<Vec<UsageRow>> {
    let found = sqlx::query(BODIES).fetch_all(sql).await?;
    found
        .iter()
        .map(|row| {
            let waits: bool = row.try_get("waits")?;
            let what = if waits {
                "… of these, bodies of captures that wait"
            } else {
                "… of these, bodies of processed captures"
            };
            Ok(UsageRow { what, rows: Some(row.try_get("n")?), bytes: row.try_get("bytes")? })
        })
        .collect()
}
