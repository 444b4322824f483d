//! What the store lets go: bytes and rows that neither a reader nor a later run needs.
//!
//! A sweep looks at one part after the other and removes in small steps, each a transaction of its own, so that whoever
//! wants to write waits for one step at most, and a stop anywhere leaves a sound store and the rest for the next sweep.
//! What stays whatever the settings: articles with title, excerpt, judgement and place; texts of what readers saw and of
//! what the grouping remembers; words of editors; what waits in a queue; entries that sources still list.

mod parts;
pub(crate) mod rules;
pub(crate) mod source_entries;
pub(crate) mod space;
mod step;
pub(crate) mod texts;
pub(crate) mod usage;

use courant_model::Timestamp;

use self::{rules::Rule, source_entries::Unlisted, step::Step, texts::Texts};
use crate::{
    Result, Store, StoreError,
    codec::{self, micros},
    counters::{self, SWEPT},
};

pub use parts::{Keep, Part, Removed};
pub use space::Compaction;
pub use usage::{Usage, UsageRow};

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
        let at = counters::value(&mut *self.readers().acquire().await?, SWEPT).await?;
        if at == 0 { Ok(None) } else { codec::moment(at).map(Some) }
    }

    async fn note_swept(&self, now: Timestamp) -> Result<()> {
        counters::set(&mut *self.write_one().await?, SWEPT, micros(now)).await
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
