//! Pages and captures that were given up, with the reason.

use courant_model::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store,
    codec::{self, Columns},
};

/// A kind of dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadKind {
    /// A page that could not be fetched.
    Page,
    /// A capture that could not be processed.
    Capture,
}

impl DeadKind {
    /// The name shown to people: `page`, `capture`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Capture => "capture",
        }
    }
}

/// An item that could not be processed, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its kind.
    pub kind: DeadKind,
    /// The key for trying it again: a page's key, a capture's number.
    pub key: String,
    /// Its URL.
    pub url: String,
    /// Why it was given up.
    pub reason: String,
    /// When it was given up.
    pub at: Timestamp,
}

statements! {
    DEAD_PAGES = "SELECT key, url, reason, changed FROM pages WHERE state = 'dead'
        ORDER BY changed DESC, key LIMIT ?";
    DEAD_CAPTURES = "SELECT CAST(number AS TEXT) AS key, url, reason, changed FROM captures WHERE state = 'dead'
        ORDER BY changed DESC, number LIMIT ?";
}

impl Store {
    /// At most `limit` items that could not be processed, latest first, ties by kind and key.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        let mut read = self.read().await?;
        let pages = sqlx::query(DEAD_PAGES).bind(codec::count(limit)).fetch_all(&mut *read).await?;
        let captures = sqlx::query(DEAD_CAPTURES).bind(codec::count(limit)).fetch_all(&mut *read).await?;
        let page = |row: &SqliteRow| letter(DeadKind::Page, row);
        let capture = |row: &SqliteRow| letter(DeadKind::Capture, row);
        let mut letters = self.damage().readable("pages", "key", &pages, page)?;
        letters.extend(self.damage().readable("captures", "key", &captures, capture)?);
        // Stable: within a kind the order of the queries remains.
        letters.sort_by(|a, b| b.at.cmp(&a.at).then(a.kind.cmp(&b.kind)));
        letters.truncate(limit);
        Ok(letters)
    }
}

fn letter(kind: DeadKind, row: &SqliteRow) -> Result<DeadLetter> {
    Ok(DeadLetter {
        kind,
        key: row.try_get("key")?,
        url: row.try_get("url")?,
        reason: row.try_get::<Option<String>, _>("reason")?.unwrap_or_default(),
        at: row.timestamp("changed")?,
    })
}
