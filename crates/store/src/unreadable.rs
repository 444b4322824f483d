//! Finding and listing the rows that cannot be read.

use courant_model::Timestamp;

use crate::{Result, Store, damage::Unreadable};

impl Store {
    /// What was found unreadable since the store was opened, by table and key; at most a thousand rows.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.damage().unreadable()
    }

    /// Reads every row that a round may read, and gives what is unreadable.
    pub async fn read_through(&self) -> Result<Vec<Unreadable>> {
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
