//! Fetching the pages that entries have named.

use courant_model::{NewCapture, PendingPage, Timestamp, redacted_url};
use courant_net::{Answer, Client, FetchError, Fetched, Purpose, Request};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Desk, client::keep_pauses, named::capture_alone};

/// Pages that are taken from the queue at once.
const BATCH: usize = 256;

/// What a round of fetching brought.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FetchSummary {
    /// Pages fetched and stored.
    pub(crate) fetched: u64,
    /// Pages that could not be had; their articles are taken from their entries alone.
    pub(crate) from_entry: u64,
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
        let due = desk.store.due_pages(desk.clock.now(), BATCH).await?;
        if due.is_empty() || stop.is_cancelled() {
            keep_pauses(desk, client).await?;
            return Ok(summary);
        }
        let mut outcomes = stream::iter(due)
            .take_until(Box::pin(stop.cancelled()))
            .map(|page| fetch_page(desk, client, page))
            .buffer_unordered(desk.site.config.fetch.parallel);
        while let Some(outcome) = outcomes.next().await {
            match outcome? {
                Outcome::Fetched => summary.fetched += 1,
                Outcome::FromEntry => summary.from_entry += 1,
                Outcome::Retried => summary.retried += 1,
                Outcome::Buried => summary.buried += 1,
            }
            on_page(&summary);
        }
    }
}

enum Outcome {
    Fetched,
    FromEntry,
    Retried,
    Buried,
}

async fn fetch_page(desk: &Desk, client: &Client, page: PendingPage) -> anyhow::Result<Outcome> {
    let request = Request::new(page.url.clone(), Purpose::Page);
    match client.get(&request).await {
        Ok(Answer::Fetched(fetched)) => {
            let key = page.key.clone();
            desk.store.captured_page(&key, &capture(page, fetched, desk.clock.now())).await?;
            Ok(Outcome::Fetched)
        }
        Ok(Answer::NotModified(_)) => {
            give_up(desk, page, "answered 304 to a request without validators").await
        }
        Err(error) => {
            tracing::debug!(page = redacted_url(&page.url), "{error}");
            retry_or_give_up(desk, page, &error).await
        }
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
    }
}

async fn retry_or_give_up(desk: &Desk, page: PendingPage, error: &FetchError) -> anyhow::Result<Outcome> {
    let attempts = page.attempts + 1;
    if !error.is_temporary() || attempts >= desk.site.config.fetch.attempts {
        return give_up(desk, page, &error.to_string()).await;
    }
    // Two minutes, then four times as long each time; never before the host is willing.
    let now = desk.clock.now();
    let wait = 120_i64 << (2 * attempts.min(8) - 2);
    let asked = error.asked_to_wait(now).map_or(0, |asked| asked.as_secs().cast_signed());
    let next_try = later(now, wait.max(asked));
    desk.store.retry_page(&page.key, next_try, &error.to_string()).await?;
    Ok(Outcome::Retried)
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    const WEEK_S: i64 = 7 * 24 * 3600;
    now.checked_add(jiff::SignedDuration::from_secs(seconds.min(WEEK_S))).unwrap_or(Timestamp::MAX)
}

/// A page that can't be had still has an article where its entry says enough; else it goes to the dead
/// letters with the reason.
async fn give_up(desk: &Desk, page: PendingPage, reason: &str) -> anyhow::Result<Outcome> {
    if page.entry.is_none() {
        desk.store.bury_page(&page.key, reason).await?;
        return Ok(Outcome::Buried);
    }
    let key = page.key.clone();
    desk.store.captured_page(&key, &capture_alone(page, desk.clock.now())).await?;
    Ok(Outcome::FromEntry)
}
