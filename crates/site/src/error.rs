//! Errors in a site's files.

use std::{fmt, io, path::PathBuf};

/// A file of the site that is invalid or can't be read.
#[derive(Debug)]
pub struct SiteError {
    file: PathBuf,
    line: Option<usize>,
    message: String,
}

impl SiteError {
    /// An error in the file as a whole.
    pub fn file(file: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, message: message.into() }
    }

    /// An error at this line (counted from 1).
    pub fn line(file: impl Into<PathBuf>, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line: Some(line), message: message.into() }
    }

    /// The file could not be read or written.
    pub fn io(file: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self::file(file, error.to_string())
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.message),
            None => write!(f, "{}: {}", self.file.display(), self.message),
        }
    }
}

impl std::error::Error for SiteError {}
