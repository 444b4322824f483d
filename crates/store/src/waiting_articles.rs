//! Held articles that wait for an editor.

use courant_model::{BuiltInRule, Timestamp};

use crate::{
    Result, Store,
    articles::{SNAPSHOT_SELECT, SnapshotRow, snapshot_row},
    codec::{self, micros},
};

/// Which held articles wait for an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingQuery {
    /// Only articles first seen at this time or later.
    pub since: Timestamp,
    /// Names of the site's rules whose held articles wait.
    pub held_by: Vec<String>,
    /// The built-in rule whose articles wait if they come close to its threshold.
    pub near_rule: BuiltInRule,
    /// The heat from which they are close.
    pub near_degrees: i32,
    /// Whether quality is compared instead of heat.
    pub by_quality: bool,
    /// Maximum number of articles.
    pub limit: usize,
}

statements! {
    WAITING_ARTICLES = SNAPSHOT_SELECT, " WHERE a.first_seen >= ?1 AND a.is_published = 0 AND a.is_dropped = 0
        AND (a.rule IN (SELECT value FROM json_each(?2)) OR
        (a.rule = ?3 AND CASE WHEN ?4 THEN a.quality ELSE a.heat END >= ?5))
        ORDER BY a.rule NOT IN (SELECT value FROM json_each(?2)), a.published DESC, a.id LIMIT ?6";
}

impl Store {
    /// The articles that wait for an editor, by the last committed scores: first those held by a
    /// rule of the site, then those close to the threshold; both newest publication first, ties by
    /// id. Dropped articles do not wait.
    pub async fn waiting_articles(&self, query: &WaitingQuery) -> Result<Vec<SnapshotRow>> {
        let rows = sqlx::query(WAITING_ARTICLES)
            .bind(micros(query.since))
            .bind(codec::texts(&query.held_by))
            .bind(query.near_rule.as_str())
            .bind(query.by_quality)
            .bind(query.near_degrees)
            .bind(codec::count(query.limit))
            .fetch_all(self.readers())
            .await?;
        self.damage().readable("articles", "id", &rows, snapshot_row)
    }
}
