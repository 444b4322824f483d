//! Decisions about articles that are not in the batch themselves.

use courant_model::{ArticleId, Heat, StoryId};
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

use super::{batch::ArticleDecision, change::Change, merges::Moves};
use crate::{
    Result, StoreError,
    articles::{heat, verdict},
    codec::{self, Columns},
};

statements! {
    UPDATE_DECISION = "UPDATE articles SET was_published = was_published OR is_published,
        story = ?, heat = ?, is_published = ?, rule = ?, verdict_because = ?,
        is_dropped = ?, effects = ?, dirty = ? WHERE id = ?";
    STORED_DECISIONS = "SELECT id, story, heat, is_published, rule, verdict_because, is_dropped, effects FROM articles
        WHERE id IN (SELECT value FROM json_each(?))";
}

/// Stores the decisions that changed.
pub(super) async fn store(
    change: &mut Change<'_>,
    decisions: &[ArticleDecision],
    moves: &Moves,
) -> Result<()> {
    let mut stored = stored_decisions(change, decisions).await?;
    for decision in decisions {
        let Some(before) = stored.get_mut(&decision.article) else {
            return Err(StoreError::NotFound { what: "article", key: decision.article.to_string() });
        };
        let now = ArticleDecision { story: moves.present(decision.story), ..decision.clone() };
        if *before == now {
            continue;
        }
        sqlx::query(UPDATE_DECISION)
            .bind(now.story.to_string())
            .bind(now.heat.map(Heat::degrees))
            .bind(now.verdict.published)
            .bind(now.verdict.rule.as_str())
            .bind(&now.verdict.because)
            .bind(now.verdict.dropped)
            .bind(codec::to_json("effects", &now.verdict.effects)?)
            .bind(change.number)
            .bind(now.article.to_string())
            .execute(&mut *change.sql)
            .await?;
        if before.story != now.story {
            change.touched.extend([before.story, now.story]);
        }
        *before = now;
    }
    Ok(())
}

async fn stored_decisions(
    change: &mut Change<'_>,
    decisions: &[ArticleDecision],
) -> Result<BTreeMap<ArticleId, ArticleDecision>> {
    if decisions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(STORED_DECISIONS)
        .bind(codec::texts(decisions.iter().map(|decision| decision.article)))
        .fetch_all(&mut *change.sql)
        .await?;
    rows.iter().map(decision).map(|read| read.map(|found| (found.article, found))).collect()
}

fn decision(row: &SqliteRow) -> Result<ArticleDecision> {
    Ok(ArticleDecision {
        article: row.parsed("id")?,
        story: row.parsed::<StoryId>("story")?,
        heat: heat(row)?,
        verdict: verdict(row)?,
    })
}
