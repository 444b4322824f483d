//! The outcome of publishing.

use courant_model::ArticleId;
use serde::Serialize;

use super::unwritten::Unwritten;

/// The outcome of publishing.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishSummary {
    /// Records that were written.
    pub written: u64,
    /// Records that stayed as they were.
    pub unchanged: u64,
    /// Fields that an editor had changed in record files.
    pub overrides: u64,
    /// Record files that cannot be read and were left as they are, with the reason.
    pub broken: Vec<(String, String)>,
    /// Record files that could not be written; the next round tries them again.
    pub unwritten: Unwritten,
    /// The outcome of the commit to git; `None` if there was nothing to commit.
    #[serde(skip)]
    pub git: Option<Result<(), String>>,
    /// Articles that readers see.
    pub published: u64,
    /// Written records in which readers see a difference.
    #[serde(skip)]
    pub visible: u64,
    /// Records that differ from what was last written, or last tried to be written.
    #[serde(skip)]
    pub changed: u64,
}

impl PublishSummary {
    /// Whether every record file is up to date.
    pub fn is_complete(&self) -> bool {
        self.broken.is_empty() && self.unwritten.is_empty()
    }
}

/// The outcome of publishing, for an editor whose decision was to be published.
pub trait Published {
    /// The failures that concern these articles: for each a sentence with the reason and what
    /// happens next.
    fn problems(&self, articles: &[ArticleId]) -> Vec<String>;
}

impl Published for PublishSummary {
    fn problems(&self, articles: &[ArticleId]) -> Vec<String> {
        let unwritten = self.unwritten.of(articles);
        let mut problems = Vec::new();
        if !unwritten.is_empty() {
            problems.push(format!(
                "the decision is stored, but could not be written to {unwritten}; the next round tries again"
            ));
        }
        if let Some(Err(error)) = &self.git {
            problems.push(format!(
                "the decision is stored, but was not committed to git: {error}; the next commit includes it"
            ));
        }
        problems
    }
}
