//! The daily limits of a source: entries, articles, bytes. What exceeds a limit waits and is
//! counted.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

use courant_model::Timestamp;
use courant_site::{LimitsConfig, SourceLimits};
use courant_store::{SourceDay, Store};

use crate::context::Context;

const DAY_S: i64 = 24 * 3600;

/// The midnight (UTC) at the start of the day of `now`.
pub(crate) fn day_of(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(DAY_S)).unwrap_or(now)
}

/// The midnight (UTC) after `now`.
pub(crate) fn tomorrow(now: Timestamp) -> Timestamp {
    Timestamp::from_second(day_of(now).as_second() + DAY_S).unwrap_or(Timestamp::MAX)
}

/// What a source has used today, and its limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) taken: SourceDay,
    pub(crate) limits: SourceLimits,
}

impl Allowance {
    /// Maximum number of further entries to take from one response, within the daily limit.
    pub(crate) fn entries(&self) -> usize {
        let today = self.limits.articles_per_day.saturating_sub(self.taken.articles);
        usize::try_from(today).unwrap_or(usize::MAX).min(self.limits.entries_per_poll)
    }

    /// Whether the source has used up its bytes for today.
    pub(crate) const fn is_out_of_bytes(&self) -> bool {
        self.taken.bytes >= self.limits.megabytes_per_day.bytes()
    }

    /// The daily limit that was reached, with its value; `None` if none was.
    pub(crate) fn reached(&self) -> Option<String> {
        if self.is_out_of_bytes() {
            return Some(format!("megabytes_per_day = {}", self.limits.megabytes_per_day));
        }
        (self.taken.articles >= self.limits.articles_per_day)
            .then(|| format!("articles_per_day = {}", self.limits.articles_per_day))
    }
}

/// What sources have used today. The counts of a batch are kept here until they are stored, so that
/// pages fetched concurrently see each other's use.
#[derive(Debug)]
pub(crate) struct Quotas {
    day: Timestamp,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    stored: BTreeMap<String, SourceDay>,
    unsaved: BTreeMap<String, SourceDay>,
}

impl Quotas {
    /// The stored counts for the day of `now`.
    pub(crate) async fn of(store: &Store, now: Timestamp) -> anyhow::Result<Self> {
        let day = day_of(now);
        let counts = Counts { stored: store.source_day(day).await?, unsaved: BTreeMap::new() };
        Ok(Self { day, counts: Mutex::new(counts) })
    }

    /// What a source has used today, and its limits.
    pub(crate) fn allowance(&self, source: &str, limits: &LimitsConfig) -> Allowance {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |of: &BTreeMap<String, SourceDay>| of.get(source).copied().unwrap_or_default();
        Allowance { taken: count(&counts.stored).plus(count(&counts.unsaved)), limits: limits.of(source) }
    }

    /// Counts what a source used. The first entry that has to wait is logged, once a day for each
    /// source.
    pub(crate) fn count(&self, source: &str, taken: SourceDay, limits: &LimitsConfig) {
        let before = self.allowance(source, limits);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let unsaved = counts.unsaved.entry(source.to_owned()).or_default();
        *unsaved = unsaved.plus(taken);
        drop(counts);
        if before.taken.left_out == 0 && taken.left_out > 0 {
            let limit = self.allowance(source, limits).reached();
            let limit =
                limit.unwrap_or_else(|| format!("entries_per_poll = {}", before.limits.entries_per_poll));
            tracing::warn!(
                %source,
                "limit reached: [limits] {limit}; further entries wait for the next poll or day"
            );
        }
    }

    /// Stores the counts since the last call.
    pub(crate) async fn store(&self, store: &Store) -> anyhow::Result<()> {
        let unsaved = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let unsaved = std::mem::take(&mut counts.unsaved);
            for (source, taken) in &unsaved {
                let stored = counts.stored.entry(source.clone()).or_default();
                *stored = stored.plus(*taken);
            }
            unsaved
        };
        Ok(store.add_source_day(self.day, &unsaved).await?)
    }
}

/// One line for each source that reached a limit today, with the limit and the number of entries
/// that wait.
pub async fn over_limits(
    store: &Store,
    limits: &LimitsConfig,
    now: Timestamp,
) -> anyhow::Result<Vec<String>> {
    let days = store.source_day(day_of(now)).await?;
    let over = days.into_iter().filter_map(|(source, taken)| {
        let allowance = Allowance { taken, limits: limits.of(&source) };
        let reached = allowance.reached().or_else(|| {
            (taken.left_out > 0).then(|| format!("entries_per_poll = {}", allowance.limits.entries_per_poll))
        })?;
        Some(format!("{source} reached {reached} today; {} entries or pages wait", taken.left_out))
    });
    Ok(over.collect())
}

/// Postpones pages of sources without bytes left today until tomorrow, and returns the other pages.
pub(crate) async fn within_bytes(
    context: &Context,
    quotas: &Quotas,
    pages: Vec<courant_model::PendingPage>,
    now: Timestamp,
) -> anyhow::Result<Vec<courant_model::PendingPage>> {
    let limits = &context.site.config.limits;
    let is_over = |source: &str| quotas.allowance(source, limits).is_out_of_bytes();
    let over: HashSet<String> =
        pages.iter().filter_map(|page| page.source.clone()).filter(|source| is_over(source)).collect();
    let (postponed, due): (Vec<_>, Vec<_>) =
        pages.into_iter().partition(|page| page.source.as_ref().is_some_and(|source| over.contains(source)));
    for page in &postponed {
        let waits = SourceDay { left_out: 1, ..SourceDay::default() };
        quotas.count(page.source.as_deref().unwrap_or_default(), waits, limits);
    }
    let keys: Vec<String> = postponed.into_iter().map(|page| page.key).collect();
    if !keys.is_empty() {
        context.store.postpone_pages(&keys, tomorrow(now)).await?;
    }
    Ok(due)
}

#[cfg(test)]
mod tests;
