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
    /// A page whose links are the entries: picked by the selectors that the owner wrote, or marked up by the page
    /// itself (h-feed).
    Page,
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
    /// Where it is asked, since it moved for good; `None` while that is its own address.
    pub address: Option<Url>,
    /// A permanent move that has not yet proved to last.
    pub moving: Option<Moving>,
    /// The last time it brought something new or edited.
    pub last_change: Option<Timestamp>,
    /// Since when every poll has failed.
    pub failing_since: Option<Timestamp>,
    /// Why the next poll is when it is, in plain words.
    pub because: Option<String>,
    /// How often it says that it changes, as of its last whole answer.
    pub rhythm: Rhythm,
}

impl SourceState {
    /// A source that was never asked and is due at `next_due`.
    pub fn unasked(source: Source, next_due: Timestamp) -> Self {
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

    /// The address to ask: where the source has moved for good, else its own.
    pub fn asked_at(&self) -> &Url {
        self.address.as_ref().unwrap_or(&self.source.url)
    }
}

/// A move that a source says is for good, while it is proving that it lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// The new address.
    pub to: Url,
    /// Since when every answer came from there.
    pub since: Timestamp,
}

/// What a source says about its own rhythm. Answers without a body (304) do not repeat it, so it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// For how many seconds it may be kept (`ttl`, `sy:updatePeriod`).
    pub declared_s: Option<u32>,
    /// Hours of the day, in GMT, at which it does not want to be asked (RSS 2.0, `skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days on which it does not want to be asked: 1 is Monday, 7 is Sunday (RSS 2.0, `skipDays`).
    pub skip_days: Vec<u8>,
    /// When its newest entry was published.
    pub newest: Option<Timestamp>,
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
    /// Whether the source speaks for the provider of the address, so that its entry may stand for the page. Where
    /// several sources name a page, one that does comes before one that does not.
    pub own: bool,
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
