//! From stored captures to stored articles: understand in parallel, place one after the other, commit.

use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

use anyhow::Context;
use courant_analysis::{
    group::{GroupDoc, Prepared, prepare_with},
    identity::canonical_key,
};
use courant_model::{Capture, DateOrigin, Rejection};
use courant_store::TRIES_TOGETHER;
use rayon::prelude::*;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Desk, Rules, Understood, fuller, place, understand};

/// Captures that are processed and committed together.
const BATCH: usize = 128;
/// A capture is buried when its processing ended the program this often: first in company, where any other of
/// the batch may have been the cause (or somebody who stopped the program), then alone.
const MAX_ATTEMPTS: u32 = TRIES_TOGETHER + 3;

/// What became of the captures.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessSummary {
    /// Captures that became an article, or changed one.
    pub(crate) articles: u64,
    /// Captures that are no article.
    pub(crate) rejected: u64,
    /// The same by the short name of the reason.
    pub(crate) rejected_by: BTreeMap<String, u64>,
    /// What was remarked on articles, by its short name: `unread`, `address`, `title`.
    pub(crate) remarks: BTreeMap<String, u64>,
    /// Captures that could not be processed.
    pub(crate) buried: u64,
    /// Where the time went.
    #[serde(skip)]
    pub(crate) times: StageTimes,
}

/// Time spent in each stage. Parallel stages count the time of all cores.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StageTimes {
    pub(crate) read: Duration,
    pub(crate) understand: Duration,
    pub(crate) prepare: Duration,
    pub(crate) place: Duration,
    pub(crate) commit: Duration,
}

/// What was made of one capture before it is placed.
pub(super) struct Candidate {
    pub(super) number: i64,
    pub(super) understood: Understood,
    pub(super) prepared: Prepared,
}

enum Outcome {
    Article(Box<Candidate>),
    Rejected(i64, Rejection),
    Failed(i64, String),
}

/// Processes all captures that wait, in their order, until none is left or `stop` asks to end.
pub(crate) async fn process_pending(
    desk: &Desk,
    stop: &CancellationToken,
    mut on_batch: impl FnMut(&ProcessSummary),
) -> anyhow::Result<ProcessSummary> {
    let mut summary = ProcessSummary::default();
    while !stop.is_cancelled() {
        let begun = Instant::now();
        let captures = desk.store.claim_captures(BATCH).await?;
        if captures.is_empty() {
            break;
        }
        summary.times.read += begun.elapsed();
        process_batch(desk, captures, &mut summary).await?;
        on_batch(&summary);
    }
    Ok(summary)
}

async fn process_batch(
    desk: &Desk,
    captures: Vec<Capture>,
    summary: &mut ProcessSummary,
) -> anyhow::Result<()> {
    let (poisoned, captures): (Vec<_>, Vec<_>) =
        captures.into_iter().partition(|capture| capture.attempts > MAX_ATTEMPTS);
    for capture in poisoned {
        let reason = format!("processing it ended the program {MAX_ATTEMPTS} times");
        desk.store.bury_capture(capture.number, &reason).await?;
        summary.buried += 1;
    }
    // By these their pages are queued.
    let keys: Vec<String> = captures.iter().map(|capture| canonical_key(&capture.content.url)).collect();
    let worker = desk.clone();
    let outcomes = tokio::task::spawn_blocking(move || {
        in_parallel(&captures, |capture| understand_and_prepare(capture, &worker))
    })
    .await
    .context("a batch of captures could not be understood")?;
    let mut candidates = Vec::with_capacity(outcomes.len());
    let mut not_read = Vec::new();
    let mut rejected = Vec::new();
    for ((outcome, times), key) in outcomes.into_iter().zip(keys) {
        summary.times.understand += times.0;
        summary.times.prepare += times.1;
        match outcome {
            Outcome::Article(candidate) => {
                not_read.extend(candidate.understood.article.is_unread().then(|| key.clone()));
                candidates.push(*candidate);
            }
            Outcome::Rejected(number, rejection) => {
                not_read.push(key);
                rejected.push((number, rejection));
            }
            Outcome::Failed(number, reason) => {
                desk.store.bury_capture(number, &reason).await?;
                summary.buried += 1;
            }
        }
    }
    if desk.site.config.fetch.pages {
        desk.store.enqueue_pages(&fuller::pages(&candidates, desk.clock.now())).await?;
    }
    for remark in candidates.iter().flat_map(|candidate| &candidate.understood.article.remarks) {
        *summary.remarks.entry(remark.what.clone()).or_default() += 1;
    }
    for (_, rejection) in &rejected {
        *summary.rejected_by.entry(rejection.reason.clone()).or_default() += 1;
    }
    desk.store.note_unread_pages(&not_read).await?;
    summary.articles += candidates.len() as u64;
    summary.rejected += rejected.len() as u64;
    place::place_and_commit(desk, candidates, rejected, &mut summary.times).await
}

/// Understands one capture. A panic in a library that reads other people's pages costs that page and not
/// the round: the capture is buried with what the panic said.
fn understand_and_prepare(capture: &Capture, desk: &Desk) -> (Outcome, (Duration, Duration)) {
    let begun = Instant::now();
    let understood =
        panic::catch_unwind(AssertUnwindSafe(|| understand(&capture.content, &desk.site, &desk.rules)));
    let understanding = begun.elapsed();
    let outcome = match understood {
        Ok(Ok(understood)) => {
            let prepared = prepared(&understood, &desk.rules);
            Outcome::Article(Box::new(Candidate { number: capture.number, understood, prepared }))
        }
        Ok(Err(rejection)) => Outcome::Rejected(capture.number, rejection),
        Err(panic) => Outcome::Failed(capture.number, format!("panicked: {}", panic_text(panic.as_ref()))),
    };
    (outcome, (understanding, begun.elapsed().saturating_sub(understanding)))
}

/// The article made ready for grouping.
pub(super) fn prepared(understood: &Understood, rules: &Rules) -> Prepared {
    let article = &understood.article;
    let text = if article.text.is_empty() { &article.excerpt } else { &article.text };
    let doc = GroupDoc {
        id: article.id,
        title: &article.title,
        text,
        time: (article.published_from != DateOrigin::FirstSeen).then_some(article.published),
        seen: Some(article.first_seen),
        url: Some(article.web_url.as_str()),
        source: Some(&article.provider.domain),
        authors: &article.authors,
        language: article.language.as_deref(),
    };
    prepare_with(&doc, &rules.dictionary)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Applies a pure function to each item on all cores; the results keep the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], function: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    items.par_iter().map(function).collect()
}
