//! Sources: where articles are found, and the pages that they have named.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::FullTextOf;

/// What kind of document a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// RSS, Atom, RDF or JSON Feed; detected by reading.
    #[default]
    Feed,
    /// A news sitemap or sitemap index.
    Sitemap,
    /// A page whose links are the entries: selected by the owner's selectors, or marked up by the
    /// page itself (h-feed).
    Page,
}

/// A source as the site's owner lists it in `sources.opml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its URL; also its identity.
    pub url: Url,
    /// What kind of document it is.
    pub kind: SourceKind,
    /// A name for the editor.
    pub title: Option<String>,
    /// The site that it belongs to.
    pub site: Option<Url>,
    /// The folders of the OPML file that contain it, outermost first.
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
    /// When to poll next.
    pub next_due: Timestamp,
    /// The present interval between polls, in seconds.
    pub interval_s: u32,
    /// Polls that failed since the last success.
    pub failures: u32,
    /// The message of the last failure.
    pub last_error: Option<String>,
    /// The last successful poll.
    pub last_success: Option<Timestamp>,
    /// Whether the source has answered HTTP 410 Gone: it is not polled again.
    pub gone: bool,
    /// The URL to poll since it moved permanently; `None` while that is its own URL.
    pub address: Option<Url>,
    /// A permanent move that is not yet confirmed.
    pub moving: Option<PendingMove>,
    /// The last poll with a new or changed entry.
    pub last_change: Option<Timestamp>,
    /// Since when every poll has failed.
    pub failing_since: Option<Timestamp>,
    /// The reason for the time of the next poll, for editors.
    pub because: Option<String>,
    /// Its stated update rhythm, as of its last complete answer.
    pub rhythm: Rhythm,
}

impl SourceState {
    /// A source that was never polled and is due at `next_due`.
    pub fn never_polled(source: Source, next_due: Timestamp) -> Self {
        Self {
            source,
            etag: None,
            last_modified: None,
            next_due,
            interval_s: 0,
            failures: 0,
            last_error: None,
            last_success: None,
            gone: false,
            address: None,
            moving: None,
            last_change: None,
            failing_since: None,
            because: None,
            rhythm: Rhythm::default(),
        }
    }

    /// The URL to poll: where the source has moved permanently, else its own.
    pub fn current_url(&self) -> &Url {
        self.address.as_ref().unwrap_or(&self.source.url)
    }
}

/// A permanent redirect of a source that is not yet confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMove {
    /// The new URL.
    pub to: Url,
    /// Since when every answer has come from there.
    pub since: Timestamp,
}

/// The stated update rhythm of a source. Answers without a body (304) do not repeat it, so it is
/// stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// For how many seconds it may be cached (`ttl`, `sy:updatePeriod`).
    pub declared_s: Option<u32>,
    /// Hours of the day, in GMT, at which it should not be polled (RSS 2.0, `skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days on which it should not be polled: 1 is Monday, 7 is Sunday (RSS 2.0, `skipDays`).
    pub skip_days: Vec<u8>,
    /// When its newest entry was published.
    pub newest: Option<Timestamp>,
}

/// A page that an entry named and that will be fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingPage {
    /// The identity by which it is queued only once: the canonical key of its URL.
    pub key: String,
    /// Where to fetch it.
    pub url: Url,
    /// The URL of the source that named it; `None` for `ingest --urls`.
    pub source: Option<String>,
    /// The entry of the source, as JSON.
    pub entry: Option<String>,
    /// The article whose full text the page may have, if it is fetched for that.
    pub full_text_of: Option<FullTextOf>,
    /// Whether the source belongs to the provider of the URL, so that its entry may replace the
    /// page. If several sources name a page, such a source takes precedence.
    pub own: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try next.
    pub next_try: Timestamp,
}

/// The state of a pending page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageState {
    /// To be fetched.
    Due,
    /// Its capture is stored.
    Captured,
    /// Abandoned, with a reason; visible in the dead-letter list.
    Dead,
}
