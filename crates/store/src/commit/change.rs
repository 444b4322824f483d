//! The change that a commit makes.

use std::collections::BTreeSet;

use courant_model::StoryId;
use sqlx::SqliteConnection;

/// What the steps of one commit share.
pub(super) struct Change<'c> {
    pub(super) sql: &'c mut SqliteConnection,
    /// The number of this change.
    pub(super) number: i64,
    /// Stories whose records list something that changed.
    pub(super) touched: BTreeSet<StoryId>,
}
