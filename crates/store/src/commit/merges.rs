//! Merges of stories: members move, and the old id redirects for ever.

use std::collections::BTreeMap;

use courant_model::StoryId;

use super::{batch::Batch, change::Change};
use crate::{
    Result,
    codec::{self, Columns},
    stories::current_story,
};

/// Old ids of stories and the current ones.
pub(super) struct Moves(BTreeMap<StoryId, StoryId>);

impl Moves {
    /// The current id of a story.
    pub(super) fn present(&self, story: StoryId) -> StoryId {
        self.0.get(&story).copied().unwrap_or(story)
    }
}

statements! {
    MOVE_MEMBERS = "UPDATE articles SET story = ? WHERE story = ?";
    COLLAPSE_MOVES = "UPDATE story_moves SET present = ? WHERE present = ?";
    INSERT_MOVE = "INSERT INTO story_moves (old, present) VALUES (?, ?)";
    MOVES_FROM = "SELECT old, present FROM story_moves WHERE old IN (SELECT value FROM json_each(?))";
}

/// Does the merges in order. A merge that was done before, also within a longer chain, changes
/// nothing.
pub(super) async fn merge(change: &mut Change<'_>, merged: &[(StoryId, StoryId)]) -> Result<()> {
    for &(from, into) in merged {
        let (from, into) = (current_story(change.sql, from).await?, current_story(change.sql, into).await?);
        if from == into {
            continue;
        }
        let (old, new) = (from.to_string(), into.to_string());
        sqlx::query(MOVE_MEMBERS).bind(&new).bind(&old).execute(&mut *change.sql).await?;
        // Redirects to the old id now lead past it: no reader follows two redirects.
        sqlx::query(COLLAPSE_MOVES).bind(&new).bind(&old).execute(&mut *change.sql).await?;
        sqlx::query(INSERT_MOVE).bind(&old).bind(&new).execute(&mut *change.sql).await?;
        change.touched.insert(into);
    }
    Ok(())
}

/// The merges of all stories that a batch names.
pub(super) async fn moves_of(change: &mut Change<'_>, batch: &Batch) -> Result<Moves> {
    let named = batch
        .articles
        .iter()
        .map(|article| article.member.story)
        .chain(batch.decisions.iter().map(|decision| decision.story));
    let rows = sqlx::query(MOVES_FROM).bind(codec::texts(named)).fetch_all(&mut *change.sql).await?;
    let pairs = rows.iter().map(|row| Ok((row.parsed("old")?, row.parsed("present")?)));
    pairs.collect::<Result<_>>().map(Moves)
}
