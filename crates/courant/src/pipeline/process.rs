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
use courant_store::{StoreError, TRIES_TOGETHER};
use rayon::prelude::*;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Desk, Rules, Understood, fuller, place, understand};
use crate::health;

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
    let mut around = AroundDamage::default();
    if desk.store.pending_captures().await? > 0 {
        place::prepare_index(desk).await?;
    }
    while !stop.is_cancelled() {
        health::heartbeat();
        let begun = Instant::now();
        let captures = desk.store.claim_captures(around.batch()).await?;
        if captures.is_empty() {
            break;
        }
        let numbers: Vec<i64> = captures.iter().map(|capture| capture.number).collect();
        let mut next = summary.clone();
        next.times.read += begun.elapsed();
        match process_batch(desk, captures, &mut next).await {
            Ok(()) => {
                summary = next;
                around.passed();
                on_batch(&summary);
            }
            Err(error) => around.met(desk, &numbers, error)?,
        }
    }
    Ok(summary)
}

/// How batches go on where the store is damaged: one capture after the other, without those that meet the damage.
#[derive(Debug, Default)]
struct AroundDamage {
    /// Captures that are still to be processed alone.
    alone: usize,
    /// Consecutive captures that could not be processed because the store is damaged.
    in_a_row: usize,
}

impl AroundDamage {
    /// After this many consecutive captures the damage is taken to concern all of them.
    const MOST_IN_A_ROW: usize = 8;

    const fn batch(&self) -> usize {
        if self.alone > 0 { 1 } else { BATCH }
    }

    const fn passed(&mut self) {
        self.alone = self.alone.saturating_sub(1);
        self.in_a_row = 0;
    }

    /// Takes note that these captures could not be processed together; the error again where the store is not
    /// damaged, or all of it is.
    fn met(&mut self, desk: &Desk, numbers: &[i64], error: anyhow::Error) -> anyhow::Result<()> {
        if !error.chain().any(|cause| matches!(cause.downcast_ref(), Some(StoreError::Corrupt(_)))) {
            return Err(error);
        }
        if let [number] = numbers {
            if self.in_a_row >= Self::MOST_IN_A_ROW {
                return Err(error);
            }
            self.in_a_row += 1;
            self.alone = self.alone.saturating_sub(1);
            desk.store.set_aside_capture(*number, &format!("{error:#}"));
        } else {
            self.alone = numbers.len();
        }
        Ok(())
    }
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
        desk.store.bury_capture(capture.number, &reason, desk.clock.now()).await?;
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
                desk.store.bury_capture(number, &reason, desk.clock.now()).await?;
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
        first_seen: Some(article.first_seen),
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::pipeline::fixtures::{NOW, desk, page, take_in};

    fn article(number: usize, edition: usize) -> courant_model::NewCapture {
        let url = format!("https://paper.example/2026/01/14/mill-number-{number:03}");
        let text =
            format!("<p>Mill number {number} is kept for the town, as its council said.</p>").repeat(9);
        let html = format!(
            "<title>Mill number {number} is kept for the town</title>\
             <meta property='article:published_time' content='2026-01-14T08:00:00Z'><article>{text}</article>\
             <!-- {edition} -->"
        );
        page(&url, html, NOW)
    }

    /// Writes over the pages of the file that hold the details of an article.
    fn damage(file: &std::path::Path, article: &str) {
        const PAGE: usize = 4096;
        // The first byte of the leaf of a table.
        const LEAF: u8 = 0x0D;
        let mut bytes = fs::read(file).unwrap();
        let wanted = format!("\"original_url\":\"{article}\"").into_bytes();
        let holds = |page: &[u8]| page[0] == LEAF && page.windows(wanted.len()).any(|part| part == wanted);
        let mut damaged = 0;
        for page in bytes.chunks_mut(PAGE).filter(|page| holds(page)) {
            page[..100].fill(0xEE);
            damaged += 1;
        }
        assert!(damaged > 0, "the details of {article} are in the file");
        fs::write(file, bytes).unwrap();
    }

    #[tokio::test]
    async fn captures_of_articles_on_a_damaged_page_wait_and_the_others_are_processed() {
        let folder = tempfile::tempdir().unwrap();
        let before = desk(folder.path(), |_| {}).await;
        take_in(&before, &(0..60).map(|number| article(number, 0)).collect::<Vec<_>>()).await;
        let file = before.site.store_file();
        before.store.close().await.unwrap();
        damage(&file, "https://paper.example/2026/01/14/mill-number-030");

        let desk = desk(folder.path(), |_| {}).await;
        let again: Vec<_> = [5, 30, 50, 61, 62].map(|number| article(number, 1)).into();
        desk.store.add_captures(&again).await.unwrap();
        let done = process_pending(&desk, &CancellationToken::new(), |_| {}).await.unwrap();
        // Their texts are much alike: what leads to a copy on the damaged page waits too.
        assert!((3..5).contains(&done.articles) && done.buried == 0, "{done:?}");
        let told = desk.store.unreadable();
        assert!(told.iter().any(|row| row.table == "captures"), "{told:?}");
        let waits = desk.store.pending_captures().await.unwrap();
        assert_eq!(waits + done.articles + done.rejected, 5, "the rest waits for a store that is recovered");
    }
}
