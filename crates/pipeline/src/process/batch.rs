//! Turns stored captures into stored articles, in batches: parses in parallel, places one after the
//! other, commits once.

use std::{
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use courant_analysis::identity::canonical_key;
use courant_model::{Capture, Rejection, redacted_url};
use courant_store::{MAX_SHARED_ATTEMPTS, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::Span;

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
/// Maximum number of attempts at a capture. If the program ended during each of them, the capture
/// is dead-lettered. The first attempts are shared with other captures of its batch, because any of
/// those, or somebody who stopped the program, may have been the cause; in the last attempts the
/// capture is processed alone.
const MAX_ATTEMPTS: u32 = MAX_SHARED_ATTEMPTS + 3;

enum Outcome {
    Article(Box<Candidate>),
    Rejected(i64, Rejection),
    Failed(i64, String),
}

/// Processes all pending captures in their order, until none is left or `stop` is cancelled.
pub async fn process_pending(
    context: &Context,
    stop: &CancellationToken,
    mut on_batch: impl FnMut(&ProcessSummary),
) -> anyhow::Result<ProcessSummary> {
    let mut summary = ProcessSummary::default();
    let mut workaround = DamageWorkaround::default();
    if context.store.pending_captures().await? > 0 {
        index::prepare(context).await?;
    }
    while !stop.is_cancelled() {
        tasks::heartbeat();
        let begun = Instant::now();
        let captures = context.store.claim_captures(workaround.batch_size(), context.clock.now()).await?;
        if captures.is_empty() {
            break;
        }
        let numbers: Vec<i64> = captures.iter().map(|capture| capture.number).collect();
        let mut next = summary.clone();
        next.times.read += begun.elapsed();
        match process_batch(context, captures, &mut next).await {
            Ok(()) => {
                summary = next;
                workaround.batch_succeeded();
                on_batch(&summary);
            }
            Err(error) => workaround.batch_failed(context, &numbers, error)?,
        }
    }
    Ok(summary)
}

/// Continues while part of the store is damaged: processes captures one by one and skips those that
/// meet the damage.
#[derive(Debug, Default)]
struct DamageWorkaround {
    /// Number of captures still to be processed alone.
    alone: usize,
    /// Number of consecutive captures that could not be processed because the store is damaged.
    consecutive: usize,
}

impl DamageWorkaround {
    /// Maximum number of consecutive failures; after that the damage is taken to concern all
    /// captures.
    const MAX_CONSECUTIVE: usize = 8;

    const fn batch_size(&self) -> usize {
        if self.alone > 0 { 1 } else { BATCH }
    }

    const fn batch_succeeded(&mut self) {
        self.alone = self.alone.saturating_sub(1);
        self.consecutive = 0;
    }

    /// Notes that these captures could not be processed together.
    ///
    /// Errors: the given error, if it is not about a damaged store, or if the whole store seems to
    /// be damaged.
    fn batch_failed(
        &mut self,
        context: &Context,
        numbers: &[i64],
        error: anyhow::Error,
    ) -> anyhow::Result<()> {
        if !error.chain().any(|cause| matches!(cause.downcast_ref(), Some(StoreError::Corrupt(_)))) {
            return Err(error);
        }
        if let [number] = numbers {
            if self.consecutive >= Self::MAX_CONSECUTIVE {
                return Err(error);
            }
            self.consecutive += 1;
            self.alone = self.alone.saturating_sub(1);
            context.store.skip_capture(*number, &format!("{error:#}"));
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
        let reason = format!("the program ended {MAX_ATTEMPTS} times while processing it");
        context.store.dead_letter_capture(capture.number, &reason, context.clock.now()).await?;
        summary.buried += 1;
    }
    // The keys under which their pages are queued.
    let keys: Vec<String> = captures.iter().map(|capture| canonical_key(&capture.content.url)).collect();
    let worker = context.clone();
    let round = Span::current();
    let outcomes = tokio::task::spawn_blocking(move || {
        in_parallel(&captures, |capture| {
            round.in_scope(|| capture_span(capture).in_scope(|| parse_and_prepare(capture, &worker)))
        })
    })
    .await
    .context("cannot parse a batch of captures")?;
    let mut candidates = Vec::with_capacity(outcomes.len());
    let mut not_read = Vec::new();
    let mut rejected = Vec::new();
    for ((outcome, times), key) in outcomes.into_iter().zip(keys) {
        summary.times.parse_article += times.0;
        summary.times.prepare += times.1;
        match outcome {
            Outcome::Article(candidate) => {
                not_read.extend(candidate.parsed.article.is_unread().then(|| key.clone()));
                candidates.push(*candidate);
            }
            Outcome::Rejected(number, rejection) => {
                not_read.push(key);
                rejected.push((number, rejection));
            }
            Outcome::Failed(number, reason) => {
                context.store.dead_letter_capture(number, &reason, context.clock.now()).await?;
                summary.buried += 1;
            }
        }
    }
    if context.site.config.fetch.pages {
        let now = context.clock.now();
        context.store.enqueue_pages(&full_text::pages_to_fetch(&candidates, now), now).await?;
    }
    for remark in candidates.iter().flat_map(|candidate| &candidate.parsed.article.remarks) {
        *summary.remarks.entry(remark.what.clone()).or_default() += 1;
    }
    for (_, rejection) in &rejected {
        *summary.rejected_by.entry(rejection.kind).or_default() += 1;
    }
    context.store.note_unread_pages(&not_read).await?;
    summary.articles += candidates.len() as u64;
    summary.rejected += rejected.len() as u64;
    place::place_and_commit(context, candidates, rejected, &mut summary.times).await
}

/// The span of what is logged while this capture is processed.
fn capture_span(capture: &Capture) -> Span {
    tracing::error_span!("capture", number = capture.number, page = redacted_url(&capture.content.url))
}

/// Parses one capture. A panic in a library that reads pages ends only this capture and not the
/// round: the capture is dead-lettered with the message of the panic.
fn parse_and_prepare(capture: &Capture, context: &Context) -> (Outcome, (Duration, Duration)) {
    let begun = Instant::now();
    let parsed = panic::catch_unwind(AssertUnwindSafe(|| {
        parse_article(&capture.content, &context.site, &context.rules)
    }));
    let parse_time = begun.elapsed();
    let outcome = match parsed {
        Ok(Ok(parsed)) => {
            let prepared = prepared(&parsed, &context.rules);
            Outcome::Article(Box::new(Candidate { number: capture.number, parsed, prepared }))
        }
        Ok(Err(rejection)) => {
            tracing::debug!(?rejection, "the page is not an article");
            Outcome::Rejected(capture.number, rejection)
        }
        Err(panic) => Outcome::Failed(capture.number, format!("panicked: {}", panic_text(panic.as_ref()))),
    };
    (outcome, (parse_time, begun.elapsed().saturating_sub(parse_time)))
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

    /// Overwrites the pages of the database file that contain the details of an article.
    fn damage(file: &std::path::Path, article: &str) {
        const PAGE: usize = 4096;
        // The first byte of a leaf page of a table.
        const LEAF: u8 = 0x0D;
        let mut bytes = fs::read(file).unwrap();
        let details = format!("\"original_url\":\"{article}\"").into_bytes();
        let holds = |page: &[u8]| page[0] == LEAF && page.windows(details.len()).any(|part| part == details);
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
        context.store.add_captures(&again, context.clock.now()).await.unwrap();
        let done = process_pending(&context, &CancellationToken::new(), |_| {}).await.unwrap();
        // Their texts are similar: an article whose copy is on the damaged page waits as well.
        assert!((3..5).contains(&done.articles) && done.buried == 0, "{done:?}");
        let unreadable = context.store.unreadable();
        assert!(unreadable.iter().any(|row| row.table == "captures"), "{unreadable:?}");
        let pending = context.store.pending_captures().await.unwrap();
        assert_eq!(pending + done.articles + done.rejected, 5, "the rest waits until the store is recovered");
    }
}
