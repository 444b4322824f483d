//! An article as its story sees it.

use courant_model::{ArticleId, Quality, Timestamp};

/// An article of a story, as far as its standing depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryArticle {
    /// The article.
    pub id: ArticleId,
    /// How good it is by itself.
    pub quality: Quality,
    /// When it was published.
    pub published: Timestamp,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
    /// The provider's domain; articles without one count as one provider's.
    pub provider: String,
    /// The article whose text it repeats.
    pub copy_of: Option<ArticleId>,
    /// The editor's choice for the lead.
    pub chosen: bool,
}
