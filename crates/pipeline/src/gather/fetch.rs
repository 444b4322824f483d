//! Fetches the pages that entries link to.

use courant_model::{CaptureOrigin, NewCapture, PendingPage, Timestamp, Unread, redacted_url};
use courant_net::{Client, FetchError, Fetched, Purpose, Request, Response};
use courant_store::SourceDay;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    gather::{
        client::save_pauses,
        quotas::{Quotas, tomorrow, within_bytes},
    },
    process::attribution::{capture_unread, unread_after},
    tasks,
};

/// Maximum wait before a page is retried, in seconds: one week.
pub(crate) const WEEK_S: i64 = 7 * 24 * 3600;

/// Number of pages taken from the queue in one batch.
const BATCH: usize = 256;

impl FetchSummary {
    /// Number of pages that were handled, with any outcome.
    pub const fn done(&self) -> u64 {
        self.fetched + self.from_entry + self.dropped + self.over_limit + self.retried + self.buried
    }
}

/// The outcome of a fetch round.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchSummary {
    /// Pages fetched and stored.
    pub fetched: u64,
    /// Pages that could not be fetched; their articles are built from their entries alone.
    pub from_entry: u64,
    /// Pages that could not be fetched and have no article: they no longer exist or may not be
    /// requested, and the source that listed them does not speak for their provider.
    pub dropped: u64,
    /// Pages that wait until tomorrow because their source reached a limit.
    pub over_limit: u64,
    /// Pages that will be retried later.
    pub retried: u64,
    /// Pages given up and dead-lettered.
    pub buried: u64,
}

/// Fetches the pages that are due until none is left or `stop` is cancelled. `on_page` is called
/// after every page.
pub async fn fetch_pages(
    context: &Context,
    client: &Client,
    stop: &CancellationToken,
    mut on_page: impl FnMut(&FetchSummary),
) -> anyhow::Result<FetchSummary> {
    let mut summary = FetchSummary::default();
    loop {
        let now = context.clock.now();
        let due = context.store.due_pages(now, BATCH).await?;
        if due.is_empty() || stop.is_cancelled() {
            save_pauses(context, client).await?;
            return Ok(summary);
        }
        let quotas = Quotas::of(&context.store, now).await?;
        let quotas = &quotas;
        let all = due.len();
        let due = within_bytes(context, quotas, due, now).await?;
        summary.over_limit += (all - due.len()) as u64;
        let mut outcomes = stream::iter(due)
            .take_until(Box::pin(stop.cancelled()))
            .map(|page| fetch_page(context, client, quotas, page))
            .buffer_unordered(context.site.config.fetch.parallel);
        while let Some(outcome) = outcomes.next().await {
            tasks::heartbeat();
            match outcome? {
                Outcome::Fetched => summary.fetched += 1,
                Outcome::FromEntry => summary.from_entry += 1,
                Outcome::Dropped => summary.dropped += 1,
                Outcome::OverLimit => summary.over_limit += 1,
                Outcome::Retried => summary.retried += 1,
                Outcome::Buried => summary.buried += 1,
            }
            on_page(&summary);
        }
        quotas.store(&context.store).await?;
    }
}

enum Outcome {
    Fetched,
    FromEntry,
    Dropped,
    OverLimit,
    Retried,
    Buried,
}

#[tracing::instrument(name = "fetch", level = "error", skip_all, fields(page = redacted_url(&page.url)))]
async fn fetch_page(
    context: &Context,
    client: &Client,
    quotas: &Quotas,
    page: PendingPage,
) -> anyhow::Result<Outcome> {
    let limits = &context.site.config.limits;
    let source = page.source.clone();
    // Other pages of this batch may have used up the source's bytes.
    if source.as_ref().is_some_and(|source| quotas.allowance(source, limits).is_out_of_bytes()) {
        let waits = SourceDay { left_out: 1, ..SourceDay::default() };
        quotas.count(source.as_deref().unwrap_or_default(), waits, limits);
        context.store.postpone_pages(&[page.key], tomorrow(context.clock.now())).await?;
        return Ok(Outcome::OverLimit);
    }
    let request = Request::new(page.url.clone(), Purpose::Page);
    let answer = client.get(&request).await;
    if let Some(source) = &source {
        quotas.count(source, SourceDay { bytes: bytes_of(&answer), ..SourceDay::default() }, limits);
    }
    match answer {
        Ok(Response::Fetched(fetched)) => {
            let (key, now) = (page.key.clone(), context.clock.now());
            context.store.captured_page(&key, &capture(page, fetched, now), now).await?;
            Ok(Outcome::Fetched)
        }
        Ok(Response::NotModified(_)) => {
            let why = "answered 304 to a request without validators".to_owned();
            give_up(context, page, Unread::Failed(why)).await
        }
        Err(error) => {
            tracing::debug!(%error, "the page was not fetched");
            retry_or_give_up(context, page, &error).await
        }
    }
}

/// Number of body bytes that a response used.
fn bytes_of(answer: &Result<Response, FetchError>) -> u64 {
    match answer {
        Ok(Response::Fetched(fetched)) => fetched.body.len() as u64,
        // The body was read up to the limit.
        Err(FetchError::TooLarge { limit, .. }) => *limit,
        _ => 0,
    }
}

fn capture(page: PendingPage, fetched: Fetched, now: Timestamp) -> NewCapture {
    NewCapture {
        url: page.url,
        final_url: fetched.final_url,
        status: fetched.status,
        headers: fetched.headers,
        body: fetched.body.to_vec(),
        fetched: now,
        source: page.source,
        entry: page.entry,
        origin: page.full_text_of.map_or(CaptureOrigin::Page, CaptureOrigin::FullText),
    }
}

async fn retry_or_give_up(
    context: &Context,
    page: PendingPage,
    error: &FetchError,
) -> anyhow::Result<Outcome> {
    let attempts = page.attempts + 1;
    if !error.is_temporary() || attempts >= context.site.config.fetch.attempts {
        return give_up(context, page, unread_after(error)).await;
    }
    // Two minutes, then four times as long after each attempt; never before the host's
    // `Retry-After`.
    let now = context.clock.now();
    let wait = 120_i64 << (2 * attempts.min(8) - 2);
    let requested = error.asked_to_wait(now).map_or(0, |wait| wait.as_secs().cast_signed());
    let next_try = later(now, wait.max(requested));
    context.store.postpone_failed_page(&page.key, next_try, &error.to_string(), now).await?;
    Ok(Outcome::Retried)
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_secs(seconds.min(WEEK_S))).unwrap_or(Timestamp::MAX)
}

/// Gives up fetching a page. It may still become an article if its entry has enough fields: see
/// `parse_article`. A page without an entry is dead-lettered with the reason.
async fn give_up(context: &Context, page: PendingPage, why: Unread) -> anyhow::Result<Outcome> {
    if page.entry.is_none() && page.full_text_of.is_none() {
        context.store.dead_letter_page(&page.key, why.because(), context.clock.now()).await?;
        return Ok(Outcome::Buried);
    }
    let (key, now) = (page.key.clone(), context.clock.now());
    let is_dropped = why.rejection(page.own).is_some();
    context.store.captured_page(&key, &capture_unread(page, now, why), now).await?;
    Ok(if is_dropped { Outcome::Dropped } else { Outcome::FromEntry })
}
