//! Full-text search over articles (FTS5).
//!
//! Words are runs of letters and digits without regard to case and marks; a run of Chinese or Japanese is
//! one word, found by its beginning only.

mod index;
mod query;

use courant_model::{ArticleId, StoryId};
use sqlx::{Row, SqliteConnection};

use crate::{Result, Store, codec::Columns};

pub(crate) use index::{Searched, index_problem, reindex};

/// The longest page of hits.
const MAX_LIMIT: usize = 200;

/// How far into the hits one may page.
const MAX_OFFSET: usize = 10_000;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchQuery {
    /// As the reader typed it: words that must all occur, phrases in quotation marks; the last word may be
    /// the beginning of one. Nothing in it is a syntax error.
    pub text: String,
    /// Only articles with this topic, by its id.
    pub topic: Option<String>,
    /// Only articles of this provider, by its domain.
    pub provider: Option<String>,
    /// Only published articles.
    pub published_only: bool,
    /// How many hits at most; above 200 counts as 200.
    pub limit: usize,
    /// How many hits to pass over; above 10,000 counts as 10,000.
    pub offset: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchAnswer {
    /// How many articles match in all.
    pub total: u64,
    /// The page asked for: best match first, ties by newest publication, then by id.
    pub hits: Vec<SearchHit>,
}

/// An article that was found. In `title` and `snippet` what matched stands between `\u{2}` and `\u{3}`, always
/// in pairs; the rest is plain text, to be escaped by who shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// The whole title.
    pub title: String,
    /// Some thirty words around the match in the text, else in the excerpt; the beginning of either where
    /// only the title matches.
    pub snippet: String,
}

/// The filters of a query; `?1` is the words.
const FROM_MATCHING: &str = "FROM article_search JOIN articles a ON a.seq = article_search.rowid \
     WHERE article_search MATCH ?1 AND (?2 IS NULL OR a.provider = ?2) \
     AND (?3 IS NULL OR EXISTS (SELECT 1 FROM article_topics t WHERE t.topic = ?3 AND t.seq = a.seq)) \
     AND (?4 = 0 OR a.is_published = 1)";

impl Store {
    /// The articles that match. A text without any word matches nothing.
    pub async fn search(&self, query: &SearchQuery) -> Result<SearchAnswer> {
        let Some(words) = query::fts5(&query.text) else { return Ok(SearchAnswer::default()) };
        let mut read = self.read().await?;
        let total = total(&mut read, &words, query).await?;
        let found = if total == 0 { Vec::new() } else { page(&mut read, &words, query).await? };
        let mut hits = Vec::with_capacity(found.len());
        for row in found {
            hits.push(hit(&mut read, &words, &row).await?);
        }
        Ok(SearchAnswer { total, hits })
    }
}

async fn total(sql: &mut SqliteConnection, words: &str, query: &SearchQuery) -> Result<u64> {
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) {FROM_MATCHING}")))
        .bind(words)
        .bind(query.provider.as_deref())
        .bind(query.topic.as_deref())
        .bind(query.published_only)
        .fetch_one(sql)
        .await?)
}

struct Found {
    seq: i64,
    article: ArticleId,
    story: StoryId,
}

async fn page(sql: &mut SqliteConnection, words: &str, query: &SearchQuery) -> Result<Vec<Found>> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT a.seq, a.id, a.story {FROM_MATCHING} \
         ORDER BY article_search.rank, a.published DESC, a.id LIMIT ?5 OFFSET ?6"
    )))
    .bind(words)
    .bind(query.provider.as_deref())
    .bind(query.topic.as_deref())
    .bind(query.published_only)
    .bind(query.limit.min(MAX_LIMIT) as i64)
    .bind(query.offset.min(MAX_OFFSET) as i64)
    .fetch_all(sql)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Found { seq: row.try_get("seq")?, article: row.parsed("id")?, story: row.parsed("story")? })
        })
        .collect()
}

/// Title and snippet of one hit. Asked for one by one, at most 200 times: in the query above they would be
/// cut for every match before the page is chosen.
async fn hit(sql: &mut SqliteConnection, words: &str, found: &Found) -> Result<SearchHit> {
    let row = sqlx::query(
        "SELECT highlight(article_search, 0, char(2), char(3)) AS title, \
         snippet(article_search, 1, char(2), char(3), '…', 30) AS excerpt, \
         snippet(article_search, 2, char(2), char(3), '…', 30) AS text \
         FROM article_search WHERE article_search MATCH ? AND rowid = ?",
    )
    .bind(words)
    .bind(found.seq)
    .fetch_one(sql)
    .await?;
    let (excerpt, text): (String, String) = (row.try_get("excerpt")?, row.try_get("text")?);
    let is_marked = |text: &str| text.contains('\u{2}');
    let snippet = if is_marked(&text) || (!text.is_empty() && !is_marked(&excerpt)) { text } else { excerpt };
    Ok(SearchHit {
        article: found.article,
        story: found.story,
        title: paired(row.try_get("title")?),
        snippet: paired(&snippet),
    })
}

/// The text with only such marks as form pairs: an article may hold the mark characters itself.
fn paired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_open = false;
    for character in text.chars() {
        match character {
            '\u{2}' if is_open => continue,
            '\u{3}' if !is_open => continue,
            '\u{2}' => is_open = true,
            '\u{3}' => is_open = false,
            _ => {}
        }
        out.push(character);
    }
    if is_open {
        out.push('\u{3}');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::paired;

    #[test]
    fn marks_come_in_pairs() {
        assert_eq!(paired("a\u{2}b\u{3}c"), "a\u{2}b\u{3}c");
        assert_eq!(paired("\u{3}a\u{2}\u{2}b"), "a\u{2}b\u{3}");
    }
}
