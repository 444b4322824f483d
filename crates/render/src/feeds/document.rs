//! A feed in any syntax, and its entries.

use courant_model::Timestamp;
use serde::Serialize;

/// A feed in any syntax.
#[derive(Debug)]
pub(crate) struct FeedDoc {
    /// The permanent id of the feed (RFC 4287 §4.2.6).
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
    /// The description of the channel in RSS. It is always the owner's text, because some readers
    /// treat it as HTML.
    pub(super) channel: String,
    /// The page whose entries the feed lists.
    pub(super) home: String,
    /// Whether hubs push it (WebSub §4).
    pub(super) has_hubs: bool,
    pub(super) entries: Vec<FeedEntry>,
}

impl FeedDoc {
    /// When the feed last gained an entry; an empty one never did.
    pub(super) fn updated(&self) -> Timestamp {
        self.entries.iter().map(|entry| entry.published).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// An entry, as JSON Feed has it.
#[derive(Debug, Serialize)]
pub(super) struct FeedEntry {
    pub(super) id: String,
    pub(super) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) external_url: Option<String>,
    pub(super) title: String,
    pub(super) content_html: String,
    /// The excerpt alone, as HTML without any element: what RSS calls the description.
    #[serde(skip)]
    pub(super) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<String>,
    pub(super) date_published: String,
    pub(super) date_modified: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) authors: Vec<JsonAuthor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    #[serde(skip)]
    pub(super) published: Timestamp,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonAuthor {
    pub(super) name: String,
}
