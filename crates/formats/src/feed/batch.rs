//! Lines of a batch: what to read, as JSON.

use serde_json::Value;
use thiserror::Error;

use super::syntax::FeedContext;

/// Why a line of a batch cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    /// It names no document.
    #[error("the line has neither `path` nor `text`; expected one of them")]
    NoDocument,
}

/// A line of a batch: `{id, path | text, base_url?, headers?}`, header names in any case.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchLine {
    /// The id that the answer repeats.
    pub id: Value,
    /// The file to read if the line has no text.
    pub path: Option<String>,
    /// The document itself.
    pub text: Option<String>,
    base_url: Option<String>,
    content_type: Option<String>,
    content_location: Option<String>,
    content_language: Option<String>,
}

impl BatchLine {
    /// Reads a line.
    pub fn from_json(line: &Value) -> Result<Self, BatchError> {
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let header = |name: &str| {
            let headers = line.get("headers")?.as_object()?;
            let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            found.1.as_str().map(str::to_owned)
        };
        let found = Self {
            id: line.get("id").cloned().unwrap_or(Value::Null),
            path: text("path"),
            text: text("text"),
            base_url: text("base_url"),
            content_type: header("content-type"),
            content_location: header("content-location"),
            content_language: header("content-language"),
        };
        if found.path.is_none() && found.text.is_none() { Err(BatchError::NoDocument) } else { Ok(found) }
    }

    /// What the line states about its document.
    pub fn context(&self) -> FeedContext<'_> {
        FeedContext {
            base_url: self.base_url.as_deref(),
            content_type: self.content_type.as_deref(),
            content_location: self.content_location.as_deref(),
            content_language: self.content_language.as_deref(),
        }
    }

    /// The answer to the line: the neutral form of the document.
    pub fn answer(&self, bytes: &[u8]) -> Value {
        super::neutral(&super::parse(bytes, &self.context()), &self.id)
    }
}
