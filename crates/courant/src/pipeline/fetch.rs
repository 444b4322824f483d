//! Fetching the pages that entries have named.

use courant_model::{NewCapture, PendingPage, Timestamp, redacted_url};
use courant_net::{Answer, Client, FetchError, Fetched, Purpose, Request};
use courant_store::SourceDay;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    Desk,
    attribution::{Unread, capture_unread, of_strangers},
    client::keep_pauses,
    quotas::{Quotas, tomorrow, within_bytes},
};
use crate::health;

/// The longest wait before a page is tried again, in seconds.
pub(super) const WEEK_S: i64 = 7 * 24 * 3600;

/// Pages that are taken from the queue at once.
const BATCH: usize = 256;

impl FetchSummary {
    /// How many pages are done with for now.
    pub(crate) const fn done(&self) -> u64 {
        self.fetched + self.from_entry + self.dropped + self.over_limit + self.retried + self.buried
    }
}

/// What a round of fetching brought.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FetchSummary {
    /// Pages fetched and stored.
    pub(crate) fetched: u64,
    /// Pages that could not be had; their articles are taken from their entries alone.
    pub(crate) from_entry: u64,
    /// Pages that could not be had and of which there is no article: they are gone or may not be asked, and the source
    /// that named them does not speak for their provider.
    pub(crate) dropped: u64,
    /// Pages that wait until tomorrow because their source reached a limit.
    pub(crate) over_limit: u64,
    /// Pages that will be tried again later.
    pub(crate) retried: u64,
    /// Pages given up.
    pub(crate) buried: u64,
}

/// Fetches the pages that are due, until none is left or `stop` asks to end.
pub(crate) async fn fetch_pages(
    desk: &Desk,
    client: &Client,
    stop: &CancellationToken,
    mut on_page: impl FnMut(&FetchSummary),
) -> anyhow::Result<FetchSummary> {
    let mut summary = FetchSummary::default();
    loop {
        let now = desk.clock.now();
        let due = desk.store.due_pages(now, BATCH).await?;
        if due.is_empty() || stop.is_cancelled() {
            keep_pauses(desk, client).await?;
            return Ok(summary);
        }
        let quotas = Quotas::of(&desk.store, now).await?;
        let quotas = &quotas;
        let all = due.len();
        let due = within_bytes(desk, quotas, due, now).await?;
        summary.over_limit += (all - due.len()) as u64;
        let mut outcomes = stream::iter(due)
            .take_until(Box::pin(stop.cancelled()))
            .map(|page| fetch_page(desk, client, quotas, page))
            .buffer_unordered(desk.site.config.fetch.parallel);
        while let Some(outcome) = outcomes.next().await {
            health::heartbeat();
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
        quotas.store(&desk.store).await?;
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

async fn fetch_page(
    desk: &Desk,
    client: &Client,
    quotas: &Quotas,
    page: PendingPage,
) -> anyhow::Result<Outcome> {
    let limits = &desk.site.config.limits;
    let source = page.source.clone();
    // Pages of the same batch may have used up what was left.
    if source.as_ref().is_some_and(|source| quotas.allowance(source, limits).is_out_of_bytes()) {
        let waits = SourceDay { left_out: 1, ..SourceDay::default() };
        quotas.count(source.as_deref().unwrap_or_default(), waits, limits);
        desk.store.postpone_pages(&[page.key], tomorrow(desk.clock.now())).await?;
        return Ok(Outcome::OverLimit);
    }
    let request = Request::new(page.url.clone(), Purpose::Page);
    let answer = client.get(&request).await;
    if let Some(source) = &source {
        quotas.count(source, SourceDay { bytes: bytes_of(&answer), ..SourceDay::default() }, limits);
    }
    match answer {
        Ok(Answer::Fetched(fetched)) => {
            let key = page.key.clone();
            let now = desk.clock.now();
            desk.store.captured_page(&key, &capture(page, fetched, now), now).await?;
            Ok(Outcome::Fetched)
        }
        Ok(Answer::NotModified(_)) => {
            let why = "answered 304 to a request without validators".to_owned();
            give_up(desk, page, &Unread::Failed(why)).await
        }
        Err(error) => {
            tracing::debug!(page = redacted_url(&page.url), "{error}");
            retry_or_give_up(desk, page, &error).await
        }
    }
}

/// How much an answer took.
fn bytes_of(answer: &Result<Answer, FetchError>) -> u64 {
    match answer {
        Ok(Answer::Fetched(fetched)) => fetched.body.len() as u64,
        // It was read up to the limit.
        Err(FetchError::TooLarge { limit, .. }) => *limit,
        _ => 0,
    }
}

fn capture(page: PendingPage, fetched: Fetched, now: Timestamp) -> NewCapture {
    NewCapture {
        url: page.url,
        final_url: fetched.final_url,
        status: fetched.status,
        headers: of_strangers(fetched.headers),
        body: fetched.body.to_vec(),
        fetched: now,
        source: page.source,
        entry: page.entry,
    }
}

async fn retry_or_give_up(desk: &Desk, page: PendingPage, error: &FetchError) -> anyhow::Result<Outcome> {
    let attempts = page.attempts + 1;
    if !error.is_temporary() || attempts >= desk.site.config.fetch.attempts {
        return give_up(desk, page, &Unread::of(error)).await;
    }
    // Two minutes, then four times as long each time; never before the host is willing.
    let now = desk.clock.now();
    let wait = 120_i64 << (2 * attempts.min(8) - 2);
    let asked = error.asked_to_wait(now).map_or(0, |asked| asked.as_secs().cast_signed());
    let next_try = later(now, wait.max(asked));
    desk.store.postpone_failed_page(&page.key, next_try, &error.to_string(), now).await?;
    Ok(Outcome::Retried)
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(jiff::SignedDuration::from_secs(seconds.min(WEEK_S))).unwrap_or(Timestamp::MAX)
}

/// A page that can't be had may still have an article, where its entry says enough: see `understand`. Without an entry
/// it goes to the dead letters with the reason.
async fn give_up(desk: &Desk, page: PendingPage, why: &Unread) -> anyhow::Result<Outcome> {
    if page.entry.is_none() {
        desk.store.dead_letter_page(&page.key, why.because(), desk.clock.now()).await?;
        return Ok(Outcome::Buried);
    }
    let (key, now) = (page.key.clone(), desk.clock.now());
    let is_dropped = why.rejection(page.own).is_some();
    desk.store.captured_page(&key, &capture_unread(page, now, why), now).await?;
    Ok(if is_dropped { Outcome::Dropped } else { Outcome::FromEntry })
}
