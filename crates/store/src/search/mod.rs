//! Full-text search over articles (FTS5).
//!
//! Words are runs of letters and digits without regard to case and diacritics; a run of Chinese or
//! Japanese is one word, found only by its beginning.

pub(crate) mod index;
mod query;

use std::collections::BTreeMap;

use courant_model::{ArticleId, StoryId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use self::query::Expression;
use crate::{
    Result, Store,
    codec::{self, Columns},
};

pub(crate) use index::{Searched, index_problem, rebuild, reindex};

/// Maximum number of hits on a page.
const MAX_LIMIT: usize = 200;

/// Maximum number of matching articles that are ranked and counted: the ones that came last. It
/// limits the cost of a word that occurs in every article of a large store, and nobody pages
/// through thousands of hits.
const MAX_RANKED: u64 = 2_000;

/// A search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchQuery {
    /// The text as the reader typed it: words that must all occur, phrases in quotation marks; the
    /// last word may be the beginning of one. Nothing in it is a syntax error.
    pub text: String,
    /// Only articles with this topic, by its id.
    pub topic: Option<String>,
    /// Only articles of this provider, by its domain.
    pub provider: Option<String>,
    /// Only published articles.
    pub published_only: bool,
    /// Whether the newest hits come first, instead of the best.
    pub newest_first: bool,
    /// Maximum number of hits; more than 200 counts as 200.
    pub limit: usize,
    /// Number of hits to skip.
    pub offset: usize,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchAnswer {
    /// Number of matching articles, at most 2,000.
    pub total: u64,
    /// Whether more than 2,000 match: then the two thousand that came last were ranked.
    pub is_capped: bool,
    /// The requested page: best match first (unless the newest were requested), then newest
    /// publication first, then by id.
    pub hits: Vec<SearchHit>,
}

/// A matching article. In `title` and `snippet` the matches are between `\u{2}` and `\u{3}`, always
/// in pairs; the rest is plain text that must be escaped for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// The whole title.
    pub title: String,
    /// About thirty words around the match in the text, otherwise in the excerpt; the beginning of
    /// either if only the title matches.
    pub snippet: String,
}

/// The matching articles, at most one more than are ranked. `CROSS JOIN` makes SQLite read the
/// index in its own order, which is that of arrival; without it the planner may start from the
/// articles. `?1` is the search expression, the others are filters. All in one pass, because each
/// match costs a lookup of its article.
const MATCHING: &str = "WITH matching AS MATERIALIZED (
        SELECT a.seq, a.id, a.story, a.published, article_search.rank AS score
        FROM article_search CROSS JOIN articles a ON a.seq = article_search.rowid
        WHERE article_search MATCH ?1 AND (?2 IS NULL OR a.provider = ?2)
        AND (?3 IS NULL OR EXISTS (SELECT 1 FROM article_topics t WHERE t.topic = ?3 AND t.seq = a.seq))
        AND (?4 = 0 OR a.is_published = 1) ORDER BY article_search.rowid DESC LIMIT ?5),
        ranked AS (SELECT * FROM matching ORDER BY seq DESC LIMIT ?6)";

/// A page of the ranked articles. Every row has the number of matches; so that a page beyond the
/// end has it too, there is one row even without a hit.
const PAGE: &str = sql!(MATCHING, ", page AS (SELECT seq, id, story, score, published FROM ranked ORDER BY ");
const OF_PAGE: &str = " LIMIT ?7 OFFSET ?8)
        SELECT (SELECT COUNT(*) FROM matching) AS matching, page.* FROM (SELECT 1) LEFT JOIN page ORDER BY ";
const BEST_FIRST: &str = "score, published DESC, id";
const NEWEST_FIRST: &str = "published DESC, id";

/// Titles and snippets of the hits, by arrival number.
const SHOWN: &str = "SELECT rowid AS seq, highlight(article_search, 0, char(2), char(3)) AS title,
        snippet(article_search, 1, char(2), char(3), '…', 30) AS excerpt,
        snippet(article_search, 2, char(2), char(3), '…', 30) AS text
        FROM article_search WHERE article_search MATCH ? AND rowid BETWEEN ? AND ? AND ";

statements! {
    BEST_PAGE = PAGE, BEST_FIRST, OF_PAGE, BEST_FIRST;
    NEWEST_PAGE = PAGE, NEWEST_FIRST, OF_PAGE, NEWEST_FIRST;
    // Whole words are looked up for each row by itself.
    SHOWN_FOR_WORDS = SHOWN, "rowid IN (SELECT value FROM json_each(?))";
    // For the beginning of a word FTS5 would collect all words with that beginning for each row;
    // here it reads the matches once, from the first hit to the last (`+` hides the row number from
    // the planner).
    SHOWN_FOR_BEGINNING = SHOWN, "+rowid IN (SELECT value FROM json_each(?))";
}

impl Store {
    /// The articles that match. A text without any word matches nothing.
    pub async fn search(&self, query: &SearchQuery) -> Result<SearchAnswer> {
        let Some(words) = query::fts5(&query.text) else { return Ok(SearchAnswer::default()) };
        let mut read = self.read().await?;
        let (matching, found) = page(&mut read, &words.text, query).await?;
        let mut shown = shown(&mut read, &words, &found).await?;
        let hits = found.into_iter().filter_map(|found| {
            let (title, snippet) = shown.remove(&found.seq)?;
            Some(SearchHit { article: found.article, story: found.story, title, snippet })
        });
        Ok(SearchAnswer {
            total: matching.min(MAX_RANKED),
            is_capped: matching > MAX_RANKED,
            hits: hits.collect(),
        })
    }
}

struct Found {
    seq: i64,
    article: ArticleId,
    story: StoryId,
}

/// The number of matches (up to one more than are ranked), and the requested page.
async fn page(sql: &mut SqliteConnection, words: &str, query: &SearchQuery) -> Result<(u64, Vec<Found>)> {
    let statement = if query.newest_first { NEWEST_PAGE } else { BEST_PAGE };
    let rows = sqlx::query(statement)
        .bind(words)
        .bind(query.provider.as_deref())
        .bind(query.topic.as_deref())
        .bind(query.published_only)
        .bind(MAX_RANKED as i64 + 1)
        .bind(MAX_RANKED as i64)
        .bind(codec::count(query.limit.min(MAX_LIMIT)))
        .bind(codec::count(query.offset))
        .fetch_all(sql)
        .await?;
    let matching = rows.first().map_or(Ok(0), |row| row.try_get("matching"))?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(seq) = row.try_get("seq")? {
            found.push(Found { seq, article: row.parsed("id")?, story: row.parsed("story")? });
        }
    }
    Ok((matching, found))
}

/// Titles and snippets of the hits, by arrival number. In a query of its own: the query above would
/// make them for every match before the page is chosen.
async fn shown(
    sql: &mut SqliteConnection,
    words: &Expression,
    found: &[Found],
) -> Result<BTreeMap<i64, (String, String)>> {
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let statement = if words.is_prefix { SHOWN_FOR_BEGINNING } else { SHOWN_FOR_WORDS };
    let rows = sqlx::query(statement)
        .bind(&words.text)
        .bind(found.iter().map(|found| found.seq).min())
        .bind(found.iter().map(|found| found.seq).max())
        .bind(codec::numbers(found.iter().map(|found| found.seq)))
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("seq")?, title_and_snippet(row)?))).collect()
}

fn title_and_snippet(row: &SqliteRow) -> Result<(String, String)> {
    let (excerpt, text): (&str, &str) = (row.try_get("excerpt")?, row.try_get("text")?);
    let is_marked = |text: &str| text.contains('\u{2}');
    let snippet = if is_marked(text) || (!text.is_empty() && !is_marked(excerpt)) { text } else { excerpt };
    Ok((paired(row.try_get("title")?), paired(snippet)))
}

/// The text with marks only in pairs: an article may itself contain the mark characters.
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
