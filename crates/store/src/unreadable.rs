//! Finding and listing the rows that cannot be read.

use courant_model::Timestamp;

use crate::{Result, Store, damage::UnreadableRow};

impl Store {
    /// The rows found unreadable since the store was opened, by table and key; at most a thousand.
    pub fn unreadable(&self) -> Vec<UnreadableRow> {
        self.damage().unreadable()
    }

    /// Reads every row that a round may read, and gives those that cannot be read.
    pub async fn read_everything(&self) -> Result<Vec<UnreadableRow>> {
        self.sources().await?;
        self.subscriptions().await?;
        self.due_pages(Timestamp::MAX, usize::MAX).await?;
        self.read_articles().await?;
        self.overrides().await?;
        self.read_moved_stories().await?;
        self.all_images().await?;
        self.dead_letters(usize::MAX).await?;
        self.known_record_files().await?;
        self.read_captures().await?;
        Ok(self.unreadable())
    }
}
