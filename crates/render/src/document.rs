//! The result of rendering: bytes with their type and validators, or an error that names file and
//! line.

use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// One rendered document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
    /// The time of the snapshot in whole seconds: no document can be newer.
    pub last_modified: Timestamp,
    /// The path to which the reader is redirected, for stories that were merged into others.
    pub moved_to: Option<String>,
    /// Whether the URL contains a hash of the bytes, so that they may be cached for ever.
    pub immutable: bool,
}

impl Document {
    pub(crate) fn new(content_type: &'static str, body: impl Into<Vec<u8>>, taken: Timestamp) -> Self {
        Self {
            content_type,
            body: body.into(),
            last_modified: Timestamp::from_second(taken.as_second()).unwrap_or(taken),
            moved_to: None,
            immutable: false,
        }
    }

    /// A strong entity tag with its quotes (RFC 9110 §8.8.3): the first 16 bytes of the body's
    /// SHA-256.
    pub fn etag(&self) -> String {
        format!("\"{}\"", hex(&Sha256::digest(&self.body)[..16]))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A document or its templates could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template has a syntax error, or uses a value that does not exist.
    #[error("template {file}, line {line}: {message}")]
    Template {
        /// The file: a path for a site's own template, a bare name for a bundled one.
        file: String,
        /// The line, from 1; 0 if it is not known.
        line: usize,
        /// The error.
        message: String,
    },
    /// A file of the site's `templates/` folder could not be read.
    #[error("could not read template {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A document could not be written as JSON.
    #[error("could not write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A feed or sitemap could not be written.
    #[error("could not write XML: {0}")]
    Xml(#[from] std::io::Error),
}
