//! Requests, responses, and the validators that connect them.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};
use url::Url;

/// What a document is requested for: decides the `Accept` header, and whether robots.txt applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A source that the site's owner listed: robots.txt does not apply, as for a feed reader.
    Feed,
    /// A feed or sitemap that Courant discovered: robots.txt applies.
    Discovery,
    /// The page of an article: robots.txt applies.
    Page,
    /// An image of an article: robots.txt does not apply, as for a reader's browser.
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

    /// Whether robots.txt applies (RFC 9309).
    pub const fn obeys_robots(self) -> bool {
        matches!(self, Self::Page | Self::Discovery)
    }
}

/// A request for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The URL of the document.
    pub url: Url,
    /// What it is requested for.
    pub purpose: Purpose,
    /// `ETag` of the last response; see [`Validators`].
    pub etag: Option<String>,
    /// `Last-Modified` of the last response; see [`Validators`].
    pub last_modified: Option<String>,
    /// Maximum size of the body in bytes, if smaller than the client's.
    pub max_bytes: Option<u64>,
}

impl Request {
    /// An unconditional request.
    pub const fn new(url: Url, purpose: Purpose) -> Self {
        Self { url, purpose, etag: None, last_modified: None, max_bytes: None }
    }

    /// Makes the request conditional: the body is sent only if it has changed since these
    /// validators.
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

/// The validators of a response for later conditional requests (RFC 9110, section 8.8), unchanged:
/// even malformed entity tags and dates are kept.
///
/// Header values are bytes. Here each byte is one character with the same number (isomorphic
/// decoding), so that a text column can store it and [`Request`] sends the same bytes back.
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

    /// Whether the response had none.
    pub const fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// The header value with one byte per character of `text`; `None` if a character is not a byte or
/// the bytes are not valid in a header.
pub(crate) fn header_bytes(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

fn isomorphic(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Header names in lower case, and values as text: UTF-8, or if invalid one character per byte.
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

/// The first header with this name, in any case.
pub(crate) fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// A successful response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Nothing has changed since the validators of the request (304).
    NotModified(NotModified),
    /// A document.
    Fetched(Fetched),
}

impl Response {
    /// The headers in the order received, with names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        match self {
            Self::NotModified(response) => &response.headers,
            Self::Fetched(response) => &response.headers,
        }
    }

    /// The target of permanent redirects; see [`Fetched::permanent`].
    pub const fn permanent(&self) -> Option<&Url> {
        match self {
            Self::NotModified(response) => response.permanent.as_ref(),
            Self::Fetched(response) => response.permanent.as_ref(),
        }
    }
}

/// A response without a body: the caller's copy is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModified {
    /// The requested URL.
    pub url: Url,
    /// The URL after redirects.
    pub final_url: Url,
    /// See [`Fetched::permanent`].
    pub permanent: Option<Url>,
    /// The validators to store: those of this response, or if it has none those of the request (RFC
    /// 9111, section 4.3.4).
    pub validators: Validators,
    /// Headers in the order received, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// When the response arrived.
    pub fetched: Timestamp,
}

/// A fetched document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The requested URL.
    pub url: Url,
    /// The URL after redirects; the base of relative URLs.
    pub final_url: Url,
    /// The target of the unbroken sequence of permanent redirects at the start. The caller decides
    /// when to adopt it.
    pub permanent: Option<Url>,
    /// The HTTP status, 200 to 299.
    pub status: u16,
    /// The validators to store if the document is usable.
    pub validators: Validators,
    /// Headers in the order received, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The decoded document.
    pub body: Bytes,
    /// When the response arrived.
    pub fetched: Timestamp,
}

impl Fetched {
    /// The first header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// `Content-Type`.
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
        fn validators_are_sent_back_byte_for_byte(bytes in proptest::collection::vec(prop_oneof![0x20u8..0x7f, 0x80u8..=0xff], 1..40)) {
            let mut headers = HeaderMap::new();
            headers.insert(ETAG, HeaderValue::from_bytes(&bytes).unwrap());
            let kept = Validators::of(&headers).etag.unwrap();
            let sent = header_bytes(&kept).unwrap();
            prop_assert_eq!(sent.as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn validators_that_are_not_valid_headers_are_not_sent() {
        assert_eq!(header_bytes("\"a\"\r\nEvil: 1"), None);
        assert_eq!(header_bytes("\u{1f600}"), None);
    }
}
