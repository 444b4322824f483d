//! From stored captures to stored articles: understand in parallel, place one after the other, commit.

use std::{
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use courant_analysis::identity::canonical_key;
use courant_model::{Capture, Rejection};
use courant_store::{StoreError, TRIES_TOGETHER};
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    parallel::in_parallel,
    process::{
        candidate::{Candidate, prepared},
        full_text, index,
        parse_article::parse_article,
        place,
        summary::ProcessSummary,
    },
    tasks,
};

/// Captures that are processed and committed together.
const BATCH: usize = 128;
/// A capture is buried when its processing ended the program this often: first in company, where any other of
/// the batch may have been the cause (or somebody who stopped the program), then alone.
const MAX_ATTEMPTS: u32 = TRIES_TOGETHER + 3;

enum Outcome {
    Article(Box<Candidate>),
    Rejected(i64, Rejection),
    Failed(i64, String),
}

/// Processes all captures that wait, in their order, until none is left or `stop` asks to end.
pub async fn process_pending(
    context: &Context,
    stop: &CancellationToken,
    mut on_batch: impl FnMut(&ProcessSummary),
) -> anyhow::Result<ProcessSummary> {
    let mut summary = ProcessSummary::default();
    let mut around = AroundDamage::default();
    if context.store.pending_captures().await? > 0 {
        index::prepare(context).await?;
    }
    while !stop.is_cancelled() {
        tasks::heartbeat();
        let begun = Instant::now();
        let captures = context.store.claim_captures(around.batch()).await?;
        if captures.is_empty() {
            break;
        }
        let numbers: Vec<i64> = captures.iter().map(|capture| capture.number).collect();
        let mut next = summary.clone();
        next.times.read += begun.elapsed();
        match process_batch(context, captures, &mut next).await {
            Ok(()) => {
                summary = next;
                around.passed();
                on_batch(&summary);
            }
            Err(error) => around.met(context, &numbers, error)?,
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
    fn met(&mut self, context: &Context, numbers: &[i64], error: anyhow::Error) -> anyhow::Result<()> {
        if !error.chain().any(|cause| matches!(cause.downcast_ref(), Some(StoreError::Corrupt(_)))) {
            return Err(error);
        }
        if let [number] = numbers {
            if self.in_a_row >= Self::MOST_IN_A_ROW {
                return Err(error);
            }
            self.in_a_row += 1;
            self.alone = self.alone.saturating_sub(1);
            context.store.set_aside_capture(*number, &format!("{error:#}"));
        } else {
            self.alone = numbers.len();
        }
        Ok(())
    }
}

async fn process_batch(
    context: &Context,
    captures: Vec<Capture>,
    summary: &mut ProcessSummary,
) -> anyhow::Result<()> {
    let (poisoned, captures): (Vec<_>, Vec<_>) =
        captures.into_iter().partition(|capture| capture.attempts > MAX_ATTEMPTS);
    for capture in poisoned {
        let reason = format!("processing it ended the program {MAX_ATTEMPTS} times");
        context.store.bury_capture(capture.number, &reason, context.clock.now()).await?;
        summary.buried += 1;
    }
    // By these their pages are queued.
    let keys: Vec<String> = captures.iter().map(|capture| canonical_key(&capture.content.url)).collect();
    let worker = context.clone();
    let outcomes = tokio::task::spawn_blocking(move || {
        in_parallel(&captures, |capture| understand_and_prepare(capture, &worker))
    })
    .await
    .context("a batch of captures could not be understood")?;
    let mut candidates = Vec::with_capacity(outcomes.len());
    let mut not_read = Vec::new();
    let mut rejected = Vec::new();
    for ((outcome, times), key) in outcomes.into_iter().zip(keys) {
        summary.times.parse_article += times.0;
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
                context.store.bury_capture(number, &reason, context.clock.now()).await?;
                summary.buried += 1;
            }
        }
    }
    if context.site.config.fetch.pages {
        context.store.enqueue_pages(&full_text::pages(&candidates, context.clock.now())).await?;
    }
    for remark in candidates.iter().flat_map(|candidate| &candidate.understood.article.remarks) {
        *summary.remarks.entry(remark.what.clone()).or_default() += 1;
    }
    for (_, rejection) in &rejected {
        *summary.rejected_by.entry(rejection.reason.clone()).or_default() += 1;
    }
    context.store.note_unread_pages(&not_read).await?;
    summary.articles += candidates.len() as u64;
    summary.rejected += rejected.len() as u64;
    place::place_and_commit(context, candidates, rejected, &mut summary.times).await
}

/// Understands one capture. A panic in a library that reads other people's pages costs that page and not
/// the round: the capture is buried with what the panic said.
fn understand_and_prepare(capture: &Capture, context: &Context) -> (Outcome, (Duration, Duration)) {
    let begun = Instant::now();
    let understood = panic::catch_unwind(AssertUnwindSafe(|| {
        parse_article(&capture.content, &context.site, &context.rules)
    }));
    let understanding = begun.elapsed();
    let outcome = match understood {
        Ok(Ok(understood)) => {
            let prepared = prepared(&understood, &context.rules);
            Outcome::Article(Box::new(Candidate { number: capture.number, understood, prepared }))
        }
        Ok(Err(rejection)) => Outcome::Rejected(capture.number, rejection),
        Err(panic) => Outcome::Failed(capture.number, format!("panicked: {}", panic_text(panic.as_ref()))),
    };
    (outcome, (understanding, begun.elapsed().saturating_sub(understanding)))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fixtures::{NOW, context, page, take_in};

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
        let before = context(folder.path(), |_| {}).await;
        take_in(&before, &(0..60).map(|number| article(number, 0)).collect::<Vec<_>>()).await;
        let file = before.site.store_file();
        before.store.close().await.unwrap();
        damage(&file, "https://paper.example/2026/01/14/mill-number-030");

        let context = context(folder.path(), |_| {}).await;
        let again: Vec<_> = [5, 30, 50, 61, 62].map(|number| article(number, 1)).into();
        context.store.add_captures(&again).await.unwrap();
        let done = process_pending(&context, &CancellationToken::new(), |_| {}).await.unwrap();
        // Their texts are much alike: what leads to a copy on the damaged page waits too.
        assert!((3..5).contains(&done.articles) && done.buried == 0, "{done:?}");
        let told = context.store.unreadable();
        assert!(told.iter().any(|row| row.table == "captures"), "{told:?}");
        let waits = context.store.pending_captures().await.unwrap();
        assert_eq!(waits + done.articles + done.rejected, 5, "the rest waits for a store that is recovered");
    }
}
