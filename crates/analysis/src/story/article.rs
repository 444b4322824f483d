//! An article as its story sees it.

use courant_model::{ArticleId, Quality, Timestamp};

/// An article of a story, with what its rank depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryArticle {
    /// The article.
    pub id: ArticleId,
    /// Its quality.
    pub quality: Quality,
    /// When it was published.
    pub published: Timestamp,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
    /// The provider's domain; all articles without one count as the same provider's.
    pub provider: String,
    /// The article of which it is a copy.
    pub copy_of: Option<ArticleId>,
    /// Whether the editor chose it as the lead.
    pub chosen: bool,
}
