//! Sources: where articles are found, and the pages they have named.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// What kind of document a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// RSS, Atom, RDF, JSON Feed; found out by reading.
    #[default]
    Feed,
    /// A news sitemap or sitemap index.
    Sitemap,
}

/// A source as the site's owner lists it in `sources.opml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its address; also its identity.
    pub url: Url,
    /// What kind of document it is.
    pub kind: SourceKind,
    /// A name for the editor.
    pub title: Option<String>,
    /// The site that it belongs to.
    pub site: Option<Url>,
    /// The folders of the OPML file in which it stands, outermost first.
    pub tags: Vec<String>,
}

/// What the store remembers about a source between polls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// The source.
    pub source: Source,
    /// `ETag` as received: opaque.
    pub etag: Option<String>,
    /// `Last-Modified` as received: opaque.
    pub last_modified: Option<String>,
    /// When to ask next.
    pub next_due: Timestamp,
    /// The present interval between polls, in seconds.
    pub interval_s: u32,
    /// Polls that failed since the last success.
    pub failures: u32,
    /// What the last failure said.
    pub last_error: Option<String>,
    /// The last time it answered.
    pub last_success: Option<Timestamp>,
    /// Set once the source said that it is gone (HTTP 410): it is not asked again.
    pub gone: bool,
}

/// A page that an entry named and that is to be fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingPage {
    /// The identity under which it is queued once only: the canonical key of its address.
    pub key: String,
    /// Where to fetch it.
    pub url: Url,
    /// The source that named it, by address; `None` for `ingest --urls`.
    pub source: Option<String>,
    /// What the source said about it, as JSON.
    pub entry: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try next.
    pub next_try: Timestamp,
}

/// What became of a pending page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageState {
    /// To be fetched.
    Due,
    /// Its capture is stored.
    Captured,
    /// Given up, with a reason; visible in the dead-letter list.
    Dead,
}
