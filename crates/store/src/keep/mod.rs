//! Removing bytes and rows that neither readers nor later runs need.
//!
//! A sweep goes through the parts one after the other and removes in small steps, each a
//! transaction of its own: a writer waits for one step at most, and a stop at any point leaves a
//! consistent store and the rest for the next sweep. Kept whatever the settings: articles with
//! title, excerpt, judgement and story; texts of what readers saw and of what the grouping
//! remembers; overrides; queued items; entries that sources still list.

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

/// The result of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// By part, in the order of the sweep; parts from which nothing was removed are left out.
    pub removed: Vec<Removed>,
    /// Whether nothing is left to remove; otherwise the next sweep continues.
    pub is_complete: bool,
    /// By how many bytes the file shrank; 0 if it kept the space for later use.
    pub returned: u64,
}

impl SweepReport {
    /// Bytes of content that were removed.
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|removed| removed.bytes).sum()
    }

    /// Rows that were removed, or whose bytes were.
    pub fn rows(&self) -> u64 {
        self.removed.iter().map(|removed| removed.rows).sum()
    }
}

/// Removes from one part.
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
    /// Removes what is no longer kept at `now`, in at most `steps` steps of at most 500 rows or 8
    /// MiB each, and returns the space to the file system if the file can shrink. Reads continue
    /// meanwhile, and writes between two steps.
    pub async fn sweep(&self, keep: &Keep, now: Timestamp, steps: usize) -> Result<SweepReport> {
        let mut swept = SweepReport { is_complete: true, ..SweepReport::default() };
        let mut left = steps;
        for mut sweeper in self.sweepers(keep, now).await? {
            let mut done = Step { rows: 0, bytes: 0, is_last: false };
            while left > 0 && !done.is_last {
                let next = match sweeper.step(self).await {
                    // Damage in one part does not stop the others.
                    Err(StoreError::Corrupt(because)) => {
                        self.damage().note("sweep", sweeper.part().as_str(), because);
                        Step { rows: 0, bytes: 0, is_last: true }
                    }
                    next => next?,
                };
                // Finding nothing costs next to nothing, and the later parts must have their turn.
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

    /// What [`Store::sweep`] would remove at `now`; parts from which it would remove nothing are
    /// left out.
    pub async fn sweep_preview(&self, keep: &Keep, now: Timestamp) -> Result<Vec<Removed>> {
        let mut removed = Vec::new();
        for sweeper in self.sweepers(keep, now).await? {
            removed.push(sweeper.preview(self).await?);
        }
        removed.retain(|removed| removed.rows > 0);
        Ok(removed)
    }

    /// One for each part that is not kept for ever, in the order of the sweep.
    async fn sweepers(&self, keep: &Keep, now: Timestamp) -> Result<Vec<Sweeper>> {
        let rules = rules::all(keep, now).into_iter().map(Sweeper::Rule);
        let texts = Texts::of(self, keep, now).await?.map(Sweeper::Texts);
        let entries = Unlisted::of(keep, now).map(Sweeper::Entries);
        Ok(rules.chain(texts).chain(entries).collect())
    }

    /// When a sweep last completed; `None` if none has.
    pub async fn last_swept(&self) -> Result<Option<Timestamp>> {
        let at = counters::value(&mut *self.readers().acquire().await?, SWEPT).await?;
        if at == 0 { Ok(None) } else { codec::timestamp(at).map(Some) }
    }

    async fn note_swept(&self, now: Timestamp) -> Result<()> {
        counters::set(&mut *self.write_one().await?, SWEPT, micros(now)).await
    }
}

impl SweepReport {
    fn note(&mut self, part: Part, step: &Step) {
        if step.rows > 0 {
            self.removed.push(Removed { part, rows: step.rows, bytes: step.bytes });
        }
        self.is_complete &= step.is_last;
    }
}
