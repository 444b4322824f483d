//! Links from the text of one stored article to another.

use courant_model::{ArticleId, StoryId, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store,
    codec::{self, Columns, micros},
};

/// A link between two stored articles of different stories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The article that is linked to.
    pub target: ArticleId,
    /// The article whose text has the link; it is not a copy of another.
    pub article: ArticleId,
    /// The linking article's current story.
    pub story: StoryId,
    /// The linking article's provider, by domain.
    pub provider: String,
    /// When the linking article was published.
    pub published: Timestamp,
    /// Whether a rule dropped the linking article, as last committed.
    pub dropped: bool,
}

// The joins are written in the order in which SQLite must do them, whatever its statistics say:
// from the articles of the given time, or from the links to the given articles; never over all
// links.
const SELECT_LINKS: &str = "SELECT l.target, a.id, a.story, a.provider, a.published, a.is_dropped";

statements! {
    LINKS_SINCE = SELECT_LINKS, "
        FROM articles a CROSS JOIN article_links l CROSS JOIN articles t
        WHERE a.published >= ? AND a.copy_of IS NULL AND l.seq = a.seq AND t.id = l.target
        AND t.story <> a.story ORDER BY l.target, a.id";
    LINKS_TO = SELECT_LINKS, "
        FROM article_links l CROSS JOIN articles a
        WHERE l.target IN (SELECT value FROM json_each(?)) AND a.seq = l.seq
        AND a.published >= ? AND a.copy_of IS NULL ORDER BY l.target, a.id";
}

impl Store {
    /// All links from articles published at `since` or later to stored articles of other stories,
    /// by target, then by linking article. The cost depends on the number of articles published
    /// since, not on how many came before.
    pub async fn links_since(&self, since: Timestamp) -> Result<Vec<LinkRow>> {
        let rows = sqlx::query(LINKS_SINCE).bind(micros(since)).fetch_all(self.readers()).await?;
        self.damage().readable("article_links", "target", &rows, link)
    }

    /// The links from articles published at `since` or later to these articles, stored or not, by
    /// target, then by linking article. Links from articles of the same story are included, because
    /// an article may be about to change its story.
    pub async fn links_to(&self, targets: &[ArticleId], since: Timestamp) -> Result<Vec<LinkRow>> {
        let rows = sqlx::query(LINKS_TO)
            .bind(codec::texts(targets))
            .bind(micros(since))
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("article_links", "target", &rows, link)
    }
}

fn link(row: &SqliteRow) -> Result<LinkRow> {
    Ok(LinkRow {
        target: row.parsed("target")?,
        article: row.parsed("id")?,
        story: row.parsed("story")?,
        provider: row.try_get("provider")?,
        published: row.timestamp("published")?,
        dropped: row.try_get("is_dropped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn neither_query_scans_a_whole_table() {
        let store = Store::in_memory().await.unwrap();
        for (sql, wanted) in [
            (
                LINKS_SINCE,
                ["SEARCH a USING INDEX articles_by_published", "SEARCH l USING", "SEARCH t USING"].as_slice(),
            ),
            (
                LINKS_TO,
                ["SEARCH l USING PRIMARY KEY (target=?)", "SEARCH a USING INTEGER PRIMARY KEY"].as_slice(),
            ),
        ] {
            let plan: Vec<String> = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(store.readers())
                .await
                .unwrap()
                .iter()
                .map(|row| row.get("detail"))
                .collect();
            for step in wanted {
                assert!(plan.iter().any(|line| line.starts_with(step)), "{step}: {plan:?}");
            }
            let walks = |line: &&String| line.starts_with("SCAN") && !line.contains("json_each");
            assert_eq!(plan.iter().find(walks), None);
        }
    }
}
