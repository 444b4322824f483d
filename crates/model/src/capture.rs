//! Captures: the bytes of a page as fetched, and their state.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{CaptureOrigin, names::named};

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
    /// What it is a capture of.
    pub origin: CaptureOrigin,
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

named! {
    /// Why a page or an entry became no article.
    pub enum RejectionKind ("reason of a rejection") {
        /// A page that lists others.
        Listing = "listing",
        /// Something to buy or to install.
        Product = "product",
        /// A discussion, or questions and answers.
        Forum = "forum",
        /// Documentation of software.
        Documentation = "documentation",
        /// What a company offers, or who it is.
        Service = "service",
        /// Results of a search.
        Search = "search",
        /// A login page.
        Login = "login",
        /// An error message in the place of the page.
        ErrorPage = "error_page",
        /// A check whether the reader is a program.
        Guarded = "guarded",
        /// A request for consent in the place of the page.
        Consent = "consent",
        /// No running text, as on pages that need scripts.
        NoText = "no_text",
        /// Neither the page nor its entry has a title.
        NoTitle = "no_title",
        /// The source named a page of another provider that answers 404 or 410.
        LinkedPageGone = "linked_page_gone",
        /// A URL that may not be published.
        Address = "address",
        /// A record file that cannot be read.
        Record = "record",
        /// The page was not read, and there is no source to credit its entry to.
        NoSource = "no_source",
    }
}

impl RejectionKind {
    /// Whether the page may hide an article: feeds do link to login and consent pages, to checks,
    /// and to pages that need scripts. Its entry is used then if it has a title and an excerpt.
    pub const fn may_hide_article(self) -> bool {
        match self {
            Self::Login | Self::ErrorPage | Self::Guarded | Self::Consent | Self::NoText | Self::NoTitle => {
                true
            }
            Self::Listing
            | Self::Product
            | Self::Forum
            | Self::Documentation
            | Self::Service
            | Self::Search
            | Self::LinkedPageGone
            | Self::Address
            | Self::Record
            | Self::NoSource => false,
        }
    }
}

/// Why a capture is not an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The kind of reason; its name is stored and shown as `reason`.
    #[serde(rename = "reason")]
    pub kind: RejectionKind,
    /// What was found, for editors.
    pub because: String,
}

impl Rejection {
    /// A rejection of this kind with what was found.
    pub fn new(kind: RejectionKind, because: impl Into<String>) -> Self {
        Self { kind, because: because.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.because)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_rejection_is_read_back_by_its_name() {
        for kind in RejectionKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            let rejection = Rejection::new(*kind, "why");
            let json = serde_json::to_string(&rejection).unwrap();
            assert_eq!(json, format!(r#"{{"reason":"{kind}","because":"why"}}"#));
            assert_eq!(serde_json::from_str::<Rejection>(&json).unwrap(), rejection);
        }
        let error = "boredom".parse::<RejectionKind>().unwrap_err();
        assert_eq!(error.to_string(), "unknown reason of a rejection: “boredom”");
    }
}
