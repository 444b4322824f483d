//! Captures: the bytes of a page as fetched, and their state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// Bytes as fetched, before they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCapture {
    /// The requested URL.
    pub url: Url,
    /// The URL that answered, after redirects.
    pub final_url: Url,
    /// HTTP status; 200 for captures that did not come over HTTP.
    pub status: u16,
    /// Response headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, content codings removed. Empty for an article known by its entry alone.
    pub body: Vec<u8>,
    /// When it was fetched (`WARC-Date` in an archive).
    pub fetched: Timestamp,
    /// The URL of the source that named it.
    pub source: Option<String>,
    /// The entry of the source, as JSON.
    pub entry: Option<String>,
}

impl NewCapture {
    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A stored capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Its number: captures are processed in this order.
    pub number: i64,
    /// How often processing it was started; above 1 after a crash during processing.
    pub attempts: u32,
    /// What was fetched.
    pub content: NewCapture,
}

/// The state of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptureState {
    /// Waiting to be processed.
    Pending,
    /// Became an article.
    Done,
    /// Not an article (a listing, a forum, a product page …).
    Rejected,
    /// Could not be processed; visible in the dead-letter list.
    Dead,
}

/// Why a capture is not an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Short permanent name: `listing`, `product`, `forum`, `documentation`, `service`, `search`,
    /// `login`, `error_page`, `guarded`, `consent`, `no_text`, `no_title`; `linked_page_gone` (a
    /// source named a page of another provider that answers 404 or 410), `address` (a URL that may
    /// not be published), `record`.
    pub reason: String,
    /// What was found, for editors.
    pub because: String,
}
