//! What is asked of a server and what it answered.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};
use url::Url;

/// What a document is wanted for: decides what is said to be acceptable, and whose permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A source that the site's owner listed: asked for without robots.txt, as a reader's program would.
    Feed,
    /// A feed or sitemap that Courant found by itself: robots.txt is obeyed.
    Discovery,
    /// An article's page: robots.txt is obeyed.
    Page,
    /// A picture of an article, as a reader's browser would load it.
    Image,
}

impl Purpose {
    /// The `Accept` header (RFC 9110, section 12.5.1).
    pub const fn accept(self) -> &'static str {
        match self {
            Self::Feed | Self::Discovery => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                 application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.3"
            }
            Self::Page => "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5",
            Self::Image => "image/avif, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1",
        }
    }

    /// Whether robots.txt decides over requests of this kind (RFC 9309).
    pub const fn obeys_robots(self) -> bool {
        matches!(self, Self::Page | Self::Discovery)
    }
}

/// One document to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its address.
    pub url: Url,
    /// What it is wanted for.
    pub purpose: Purpose,
    /// `ETag` as kept from the last answer; see [`Validators`].
    pub etag: Option<String>,
    /// `Last-Modified` as kept from the last answer; see [`Validators`].
    pub last_modified: Option<String>,
    /// A smaller limit than the client's for this body, in bytes.
    pub max_bytes: Option<u64>,
}

impl Request {
    /// A request without validators.
    pub const fn new(url: Url, purpose: Purpose) -> Self {
        Self { url, purpose, etag: None, last_modified: None, max_bytes: None }
    }

    /// The same request, asking for a body only where it has changed since these validators were given.
    #[must_use]
    pub fn since(mut self, validators: Validators) -> Self {
        self.etag = validators.etag;
        self.last_modified = validators.last_modified;
        self
    }

    /// Whether the server may answer 304.
    pub const fn is_conditional(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

/// What a server gave for asking again later, exactly as it gave it (RFC 9110, section 8.8): malformed entity
/// tags and dates included.
///
/// Header values are bytes. Here each byte is one character of the same number (isomorphic decoding), so that a
/// text column can hold it and [`Request`] sends the very same bytes back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

impl Validators {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let kept = |name: HeaderName| {
            let bytes = headers.get(name)?.as_bytes();
            (!bytes.is_empty()).then(|| isomorphic(bytes))
        };
        Self { etag: kept(ETAG), last_modified: kept(LAST_MODIFIED) }
    }

    /// Whether the server gave none.
    pub const fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// The header value whose bytes the characters of `text` number; `None` where a character is no byte or the
/// bytes cannot stand in a header.
pub(crate) fn header_bytes(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

fn isomorphic(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Header names in lower case with their values as text: UTF-8 where they are that, else one character a byte.
pub(crate) fn header_list(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text =
                String::from_utf8(value.as_bytes().to_vec()).unwrap_or_else(|_| isomorphic(value.as_bytes()));
            (name.as_str().to_owned(), text)
        })
        .collect()
}

pub(crate) fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// What a server answered when all went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing has changed since the validators were given (304).
    NotModified(NotModified),
    /// A document.
    Fetched(Fetched),
}

impl Answer {
    /// The headers: names in lower case, in the order received.
    pub fn headers(&self) -> &[(String, String)] {
        match self {
            Self::NotModified(answer) => &answer.headers,
            Self::Fetched(answer) => &answer.headers,
        }
    }

    /// The address that a chain of permanent redirects leads to; see [`Fetched::permanent`].
    pub const fn permanent(&self) -> Option<&Url> {
        match self {
            Self::NotModified(answer) => answer.permanent.as_ref(),
            Self::Fetched(answer) => answer.permanent.as_ref(),
        }
    }
}

/// An answer without a body: what one has is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModified {
    /// The address that was asked for.
    pub url: Url,
    /// The address that answered, after redirects.
    pub final_url: Url,
    /// See [`Fetched::permanent`].
    pub permanent: Option<Url>,
    /// Validators to keep from now on: those of this answer, and where it named none those that were sent
    /// (RFC 9111, section 4.3.4).
    pub validators: Validators,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// When the answer came.
    pub fetched: Timestamp,
}

/// A document as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The address that was asked for.
    pub url: Url,
    /// The address that answered, after redirects; the base of relative addresses.
    pub final_url: Url,
    /// Where the redirects that said "permanent" lead, counted from the first as far as they are unbroken. The
    /// caller decides when to believe it.
    pub permanent: Option<Url>,
    /// The status, 200 to 299.
    pub status: u16,
    /// Validators to keep if the document turns out to be usable.
    pub validators: Validators,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The document without its content codings.
    pub body: Bytes,
    /// When the answer came.
    pub fetched: Timestamp,
}

impl Fetched {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// `Content-Type` as given.
    pub fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn validators_return_byte_for_byte(bytes in proptest::collection::vec(prop_oneof![0x20u8..0x7f, 0x80u8..=0xff], 1..40)) {
            let mut headers = HeaderMap::new();
            headers.insert(ETAG, HeaderValue::from_bytes(&bytes).unwrap());
            let kept = Validators::of(&headers).etag.unwrap();
            let sent = header_bytes(&kept).unwrap();
            prop_assert_eq!(sent.as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_not_sent() {
        assert_eq!(header_bytes("\"a\"\r\nEvil: 1"), None);
        assert_eq!(header_bytes("\u{1f600}"), None);
    }
}
