//! Web archives: WARC 1.0 and 1.1 (ISO 28500:2017; <https://iipc.github.io/warc-specifications/>),
//! plain or packed with gzip.
//!
//! Read as a stream of bounded memory. One damaged record is one error; reading goes on at the next
//! record that can be found.

mod coding;
mod http;
mod input;
mod reader;

#[cfg(test)]
mod tests;

use std::io;

use courant_model::Timestamp;
use url::Url;

pub use reader::Reader;

/// A page in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// `WARC-Target-URI`; `http` or `https`.
    pub url: Url,
    /// `WARC-Date`.
    pub date: Timestamp,
    /// HTTP status; 200 for `resource` records, which have none.
    pub status: u16,
    /// HTTP headers in their order, names in lower case. Those that describe a coding which was
    /// undone are left out, as is the length of the coded body.
    pub headers: Vec<(String, String)>,
    /// The body without transfer and content codings.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A record that could not be read, and where it begins.
#[derive(Debug, thiserror::Error)]
#[error("record at byte {position}{}: {problem}", about(.url.as_deref()))]
pub struct WarcError {
    /// Where the record begins, in bytes of the unpacked archive.
    pub position: u64,
    /// Its target, if that could be read.
    pub url: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

fn about(url: Option<&str>) -> String {
    url.map(|url| format!(" ({url})")).unwrap_or_default()
}

/// What is wrong with a record.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The input cannot be read; nothing follows.
    #[error("cannot read: {0}")]
    Io(io::Error),
    /// The packed data is damaged.
    #[error("damaged gzip data: {0}")]
    Gzip(io::Error),
    /// Something else than a record.
    #[error("found {0:?}; expected `WARC/1.0` or `WARC/1.1`")]
    NoRecord(String),
    /// The head does not conform to the standard.
    #[error("{0}")]
    Head(String),
    /// The input ends before the record does.
    #[error("ends after {found} of {wanted} bytes")]
    Truncated {
        /// Bytes that are present.
        found: u64,
        /// `Content-Length`.
        wanted: u64,
    },
    /// Another record begins before this one's declared end.
    #[error("the next record begins after {found} of {wanted} bytes")]
    WrongLength {
        /// Bytes up to the next record.
        found: u64,
        /// `Content-Length`.
        wanted: u64,
    },
    /// The record, or its body when unpacked, is larger than the reader's limit. It is skipped.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The HTTP head is invalid.
    #[error("not an HTTP response: {0}")]
    Http(String),
    /// The body has more than one content coding.
    #[error("the body has {0} content codings; at most one is supported")]
    TooManyCodings(usize),
    /// The body has a content coding that cannot be decoded.
    #[error("cannot decode the content coding {0}")]
    Coding(String),
}
