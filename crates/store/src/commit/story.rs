//! Merges of stories: members move, and the old name redirects for ever.

use std::collections::BTreeMap;

use courant_model::StoryId;

use super::{Batch, Change};
use crate::{
    Result,
    codec::{self, Columns},
};

/// Old names of stories and the present ones.
pub(super) struct Moves(BTreeMap<StoryId, StoryId>);

impl Moves {
    /// The present name of a story.
    pub(super) fn present(&self, story: StoryId) -> StoryId {
        self.0.get(&story).copied().unwrap_or(story)
    }
}

/// Does the merges in their order. A merge that was done before, also in a longer chain, changes nothing.
pub(super) async fn merge(change: &mut Change<'_>, merged: &[(StoryId, StoryId)]) -> Result<()> {
    for &(from, into) in merged {
        let (from, into) = (present(change, from).await?, present(change, into).await?);
        if from == into {
            continue;
        }
        let (old, new) = (from.to_string(), into.to_string());
        sqlx::query("UPDATE articles SET story = ? WHERE story = ?")
            .bind(&new)
            .bind(&old)
            .execute(&mut *change.sql)
            .await?;
        // What pointed to the old name now points past it: no reader follows two redirects.
        sqlx::query("UPDATE story_moves SET present = ? WHERE present = ?")
            .bind(&new)
            .bind(&old)
            .execute(&mut *change.sql)
            .await?;
        sqlx::query("INSERT INTO story_moves (old, present) VALUES (?, ?)")
            .bind(&old)
            .bind(&new)
            .execute(&mut *change.sql)
            .await?;
        change.touched.insert(into);
    }
    Ok(())
}

async fn present(change: &mut Change<'_>, story: StoryId) -> Result<StoryId> {
    let row = sqlx::query("SELECT present FROM story_moves WHERE old = ?")
        .bind(story.to_string())
        .fetch_optional(&mut *change.sql)
        .await?;
    row.map_or(Ok(story), |row| row.parsed("present"))
}

/// The moves of all stories that a batch names.
pub(super) async fn moves_of(change: &mut Change<'_>, batch: &Batch) -> Result<Moves> {
    let named = batch
        .articles
        .iter()
        .map(|article| article.member.story)
        .chain(batch.standings.iter().map(|standing| standing.story));
    let rows =
        sqlx::query("SELECT old, present FROM story_moves WHERE old IN (SELECT value FROM json_each(?))")
            .bind(codec::list(named))
            .fetch_all(&mut *change.sql)
            .await?;
    let pairs = rows.iter().map(|row| Ok((row.parsed("old")?, row.parsed("present")?)));
    pairs.collect::<Result<_>>().map(Moves)
}
