//! The change that a commit makes.

use std::collections::BTreeSet;

use courant_model::StoryId;
use sqlx::SqliteConnection;

/// What one commit carries from step to step.
pub(super) struct Change<'c> {
    pub(super) sql: &'c mut SqliteConnection,
    /// The number of this change.
    pub(super) number: i64,
    /// Stories whose members list something in their records that has changed.
    pub(super) touched: BTreeSet<StoryId>,
}
