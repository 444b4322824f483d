//! What the store lets go: bytes and rows that neither a reader nor a later run needs.
//!
//! A sweep looks at one part after the other and removes in small steps, each a transaction of its own, so that whoever
//! wants to write waits for one step at most, and a stop anywhere leaves a sound store and the rest for the next sweep.
//! What stays whatever the settings: articles with title, excerpt, judgement and place; texts of what readers saw and of
//! what the grouping remembers; words of editors; what waits in a queue; entries that sources still list.

mod rules;
mod source_entries;
mod space;
mod texts;
mod usage;

use courant_model::Timestamp;
use jiff::SignedDuration;

use self::{rules::Rule, source_entries::Unlisted, texts::Texts};
use crate::{Result, Store, StoreError, codec::micros};

pub use space::Compaction;
pub use usage::{Usage, UsageRow};

/// The most rows that one step removes.
const STEP_ROWS: usize = 500;
/// The most bytes of bodies and texts that one step removes; but always one row.
const STEP_BYTES: u64 = 8 << 20;

/// For how many days what is kept. 0 keeps for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Bytes of captures after they were processed.
    pub capture_days: u32,
    /// The same for the latest capture of each article that is published; where less than `capture_days`, that counts.
    pub published_capture_days: u32,
    /// Rows of processed captures whose bytes went: as long, the same bytes are known again.
    pub capture_row_days: u32,
    /// Text and HTML of articles that readers never saw, from when the article was first seen; in any case as long as
    /// the grouping remembers them.
    pub unpublished_text_days: u32,
    /// Entries after their source last listed them, and pages after they were fetched.
    pub source_entry_days: u32,
    /// Pages and captures that were given up.
    pub dead_letter_days: u32,
    /// What is known about images that nothing shows and of which there is no copy.
    pub image_days: u32,
    /// How often links were followed.
    pub click_days: u32,
    /// Not a wish but a fact: how many days back the grouping of stories reads texts.
    pub window_days: u32,
}

/// A part of the store from which a sweep removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Bytes of captures after which their article was captured again.
    OlderCaptures,
    /// Bytes of processed captures.
    Captures,
    /// Rows of captures without bytes.
    CaptureRows,
    /// Captures that were given up.
    DeadCaptures,
    /// Pages that were given up.
    DeadPages,
    /// Pages that were fetched, and that no source lists.
    Pages,
    /// Entries that their sources no longer list.
    SourceEntries,
    /// Texts of articles that readers never saw.
    Texts,
    /// What is known about images that nothing shows.
    Images,
    /// Counts of followed links.
    Clicks,
    /// Requests of editors that were answered.
    Requests,
}

impl Part {
    /// The name of the part in output for programs: `capture_rows`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OlderCaptures => "older_captures",
            Self::Captures => "captures",
            Self::CaptureRows => "capture_rows",
            Self::DeadCaptures => "dead_captures",
            Self::DeadPages => "dead_pages",
            Self::Pages => "pages",
            Self::SourceEntries => "source_entries",
            Self::Texts => "texts",
            Self::Images => "images",
            Self::Clicks => "clicks",
            Self::Requests => "requests",
        }
    }

    /// What goes, in words: "bodies of processed captures".
    pub const fn words(self) -> &'static str {
        match self {
            Self::OlderCaptures => "bodies of captures that a later one replaced",
            Self::Captures => "bodies of processed captures",
            Self::CaptureRows => "rows of old captures",
            Self::DeadCaptures => "captures given up",
            Self::DeadPages => "pages given up",
            Self::Pages => "rows of fetched pages",
            Self::SourceEntries => "entries that sources no longer list",
            Self::Texts => "texts of articles never published",
            Self::Images => "rows of images that nothing shows",
            Self::Clicks => "counts of followed links",
            Self::Requests => "answered requests of editors",
        }
    }
}

/// What a sweep removes from one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// From where.
    pub part: Part,
    /// Rows that went, or lost their bytes.
    pub rows: u64,
    /// Bytes of content in them; indexes and the space between rows come on top.
    pub bytes: u64,
}

/// What a sweep did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Swept {
    /// By part, in the order of the sweep; parts from which nothing went are left out.
    pub removed: Vec<Removed>,
    /// Whether nothing is left to remove; else the next sweep goes on.
    pub is_complete: bool,
    /// Bytes by which the file is smaller; 0 where the space stays in it for what comes next.
    pub returned: u64,
}

impl Swept {
    /// Bytes of content that went.
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|removed| removed.bytes).sum()
    }

    /// Rows that went, or lost their bytes.
    pub fn rows(&self) -> u64 {
        self.removed.iter().map(|removed| removed.rows).sum()
    }
}

/// What one step removed, and whether it was the last of its part.
struct Step {
    rows: u64,
    bytes: u64,
    is_last: bool,
}

/// What removes from one part.
enum Sweeper {
    Rule(Rule),
    Texts(Texts),
    Entries(Unlisted),
}

impl Sweeper {
    const fn part(&self) -> Part {
        match self {
            Self::Rule(rule) => rule.part,
            Self::Texts(_) => Part::Texts,
            Self::Entries(_) => Part::SourceEntries,
        }
    }

    async fn step(&mut self, store: &Store) -> Result<Step> {
        match self {
            Self::Rule(rule) => rule.step(store).await,
            Self::Texts(texts) => texts.step(store).await,
            Self::Entries(entries) => entries.step(store).await,
        }
    }

    async fn preview(self, store: &Store) -> Result<Removed> {
        match self {
            Self::Rule(rule) => rule.preview(store).await,
            Self::Texts(texts) => texts.preview(store).await,
            Self::Entries(entries) => entries.preview(store).await,
        }
    }
}

impl Store {
    /// Removes what is no longer kept at `now`, in at most `steps` steps of at most 500 rows or 8 MiB each, and gives
    /// the space back to the file system where the file can shrink. Reads go on beside it, and writes between two steps.
    pub async fn sweep(&self, keep: &Keep, now: Timestamp, steps: usize) -> Result<Swept> {
        let mut swept = Swept { is_complete: true, ..Swept::default() };
        let mut left = steps;
        for mut sweeper in self.sweepers(keep, now).await? {
            let mut done = Step { rows: 0, bytes: 0, is_last: false };
            while left > 0 && !done.is_last {
                let next = match sweeper.step(self).await {
                    // Damage in one part keeps the others from nothing.
                    Err(StoreError::Corrupt(because)) => {
                        self.damage().note("sweep", sweeper.part().as_str(), because);
                        Step { rows: 0, bytes: 0, is_last: true }
                    }
                    next => next?,
                };
                // To find nothing costs next to nothing, and what comes after must have its turn.
                left -= usize::from(next.rows > 0 || !next.is_last);
                done = Step { rows: done.rows + next.rows, bytes: done.bytes + next.bytes, ..next };
                tokio::task::yield_now().await;
            }
            swept.note(sweeper.part(), &done);
        }
        if swept.is_complete {
            self.note_swept(now).await?;
        }
        swept.returned = self.return_space(left).await?;
        Ok(swept)
    }

    /// What [`Store::sweep`] would remove at `now`; parts from which nothing would go are left out.
    pub async fn sweep_preview(&self, keep: &Keep, now: Timestamp) -> Result<Vec<Removed>> {
        let mut removed = Vec::new();
        for sweeper in self.sweepers(keep, now).await? {
            removed.push(sweeper.preview(self).await?);
        }
        removed.retain(|removed| removed.rows > 0);
        Ok(removed)
    }

    /// One for each part of which not everything is kept for ever, in the order of the sweep.
    async fn sweepers(&self, keep: &Keep, now: Timestamp) -> Result<Vec<Sweeper>> {
        let rules = rules::all(keep, now).into_iter().map(Sweeper::Rule);
        let texts = Texts::of(self, keep, now).await?.map(Sweeper::Texts);
        let entries = Unlisted::of(keep, now).map(Sweeper::Entries);
        Ok(rules.chain(texts).chain(entries).collect())
    }

    /// When a sweep last came to its end; `None` where none has.
    pub async fn last_swept(&self) -> Result<Option<Timestamp>> {
        let at: i64 =
            sqlx::query_scalar("SELECT COALESCE((SELECT value FROM counters WHERE name = 'swept'), 0)")
                .fetch_one(self.readers())
                .await?;
        if at == 0 { Ok(None) } else { crate::codec::moment(at).map(Some) }
    }

    async fn note_swept(&self, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE counters SET value = ? WHERE name = 'swept'")
            .bind(micros(now))
            .execute(&mut *self.write_one().await?)
            .await?;
        Ok(())
    }
}

impl Swept {
    fn note(&mut self, part: Part, step: &Step) {
        if step.rows > 0 {
            self.removed.push(Removed { part, rows: step.rows, bytes: step.bytes });
        }
        self.is_complete &= step.is_last;
    }
}

/// The first of the rows (key, bytes) that together stay within so many bytes; the first in any case.
fn within(rows: &[(i64, i64)], most: u64) -> &[(i64, i64)] {
    let mut sum = 0u64;
    let fitting = rows.iter().take_while(|(_, bytes)| {
        sum = sum.saturating_add(bytes.unsigned_abs());
        sum <= most
    });
    &rows[..fitting.count().max(1).min(rows.len())]
}

/// The moment so many days before `now`, in microseconds; `None` where 0 days mean for ever.
fn days_before(now: Timestamp, days: u32) -> Option<i64> {
    let span = SignedDuration::from_hours(24 * i64::from(days));
    (days > 0).then(|| micros(now.checked_sub(span).unwrap_or(Timestamp::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_bounded_by_bytes_and_takes_one_row_at_least() {
        assert_eq!(within(&[], 10), []);
        assert_eq!(within(&[(1, 100), (2, 1)], 10), [(1, 100)]);
        assert_eq!(within(&[(1, 4), (2, 6), (3, 1)], 10), [(1, 4), (2, 6)]);
    }

    #[test]
    fn no_days_are_for_ever() {
        let now: Timestamp = "2026-03-08T00:00:00Z".parse().unwrap();
        assert_eq!(days_before(now, 0), None);
        assert_eq!(days_before(now, 7), Some(micros("2026-03-01T00:00:00Z".parse().unwrap())));
        assert_eq!(days_before(Timestamp::MIN, 7), Some(micros(Timestamp::MIN)));
    }
}
