//! What publishing did.

use courant_model::ArticleId;
use serde::Serialize;

use super::unwritten::Unwritten;

/// What publishing did.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishSummary {
    /// Records that were written.
    pub written: u64,
    /// Records that stayed as they were.
    pub unchanged: u64,
    /// Fields that an editor had changed in record files.
    pub overrides: u64,
    /// Record files that were left alone because they can't be read.
    pub broken: Vec<(String, String)>,
    /// Record files that could not be written; the next round tries them again.
    pub unwritten: Unwritten,
    /// How committing them to git went; `None` where nothing was to be committed.
    #[serde(skip)]
    pub git: Option<Result<(), String>>,
    /// Articles that readers see.
    pub published: u64,
    /// Of the records that were written, those in which readers see something new.
    #[serde(skip)]
    pub visible: u64,
    /// Records that differ from what was last written or tried to be.
    #[serde(skip)]
    pub changed: u64,
}

impl PublishSummary {
    /// Whether every record file holds what it should.
    pub fn is_complete(&self) -> bool {
        self.broken.is_empty() && self.unwritten.is_empty()
    }
}

/// What publishing did, seen from an editor whose decision it was to carry to readers.
pub trait Published {
    /// What of it failed, of what concerns these articles: each in a sentence with the reason and what becomes of it.
    fn problems(&self, articles: &[ArticleId]) -> Vec<String>;
}

impl Published for PublishSummary {
    fn problems(&self, articles: &[ArticleId]) -> Vec<String> {
        let unwritten = self.unwritten.of(articles);
        let mut problems = Vec::new();
        if !unwritten.is_empty() {
            problems.push(format!(
                "the decision holds, but could not be written to {unwritten}; the next round tries again"
            ));
        }
        if let Some(Err(error)) = &self.git {
            problems.push(format!(
                "the decision holds, but was not committed to git: {error}; the next commit takes it along"
            ));
        }
        problems
    }
}
