//! Why a feed cannot be read.

use thiserror::Error;

/// Maximum size of a document in bytes; larger ones are refused.
pub(super) const MAX_BYTES: usize = 256 * 1024 * 1024;

/// Why a document is not a feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// It is empty.
    #[error("the document is empty; expected a feed")]
    Empty,
    /// It is something else.
    #[error("the document is {found}; expected RSS, RDF, Atom, JSON Feed, CDF or a sitemap")]
    NotAFeed {
        /// What it looks like.
        found: String,
    },
    /// It is invalid JSON.
    #[error("invalid JSON: {0}")]
    Json(String),
    /// It is too large.
    #[error("the document has {0} bytes; at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
}
