//! The record file: YAML front matter between `---` lines, then a body; and the same as public
//! JSON.
//!
//! Field order, blank lines and quoting are those of the publications that already use the format,
//! so that their files are written again byte for byte. What Courant does not know stays in
//! [`Record::extra`](courant_model::Record::extra):
//!
//! * an unknown field, whole;
//! * a known field whose value does not have the known shape (`quality: high`), or that has no
//!   value (`topics: []`), whole;
//! * for `provider` and `images` the unknown parts alone, under the field's name: a map for the
//!   provider, a list with one map or null per image for the images. They are written back into
//!   their places.
//!
//! A text field takes any scalar as it was written: a provider called `1843` keeps its name.

mod json;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use json::{from_json, to_json, to_map};
pub(crate) use read::split_front_matter;
pub use read::{read, read_fields};
pub use write::write;

use crate::yaml::YamlError;

/// Why a text is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The file does not begin with front matter.
    #[error("line 1: no front matter; the first line must be `---`")]
    NoFrontMatter,
    /// The front matter does not end.
    #[error("line {line}: the front matter does not end; expected a line `---`")]
    Unclosed {
        /// The last line of the file.
        line: u32,
    },
    /// The front matter is larger than 64 MiB.
    #[error("line 1: front matter of {bytes} bytes; at most {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The front matter is not a YAML map.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The JSON is not an object, or nested too deep.
    #[error("{0}")]
    Json(String),
}

impl RecordError {
    /// The line of the file at which reading ended, from 1; `None` for JSON.
    pub const fn line(&self) -> Option<u32> {
        match self {
            Self::NoFrontMatter | Self::TooLarge { .. } => Some(1),
            Self::Unclosed { line } => Some(*line),
            Self::Yaml(error) => Some(error.line),
            Self::Json(_) => None,
        }
    }
}
