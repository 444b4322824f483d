//! Polling: asking the sources that are due and taking in what they name.

use std::{collections::HashMap, time::Duration};

use courant_analysis::identity;
use courant_model::{SourceState, Timestamp, redacted_text, redacted_url};
use courant_net::{
    Client, FetchError, Fetched, Response,
    poll_outcome::{self, FeedSummary, PollOutcome},
    schedule::Bounds,
};
use courant_store::SourceDay;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    Desk,
    client::{keep_pauses, recall_pauses},
    named::take_entries,
    quotas::{Allowance, Quotas, tomorrow},
    read_source::{SitemapLimits, read_source, rhythm, with_sitemaps},
    websub,
};
use crate::health;

/// The most sources that one round asks; the next round goes on.
const MAX_SOURCES: usize = 20_000;

/// What a round of polling brought.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PollSummary {
    /// Sources that were asked.
    pub(crate) asked: u64,
    /// Sources that had nothing new to say (HTTP 304).
    pub(crate) unchanged: u64,
    /// Entries that named a page not seen before.
    pub(crate) new_pages: u64,
    /// New or edited entries that wait because their sources reached a limit.
    pub(crate) left_out: u64,
    /// Sources that were not asked because they reached a limit of the day.
    pub(crate) over_limit: u64,
    /// Sources that failed, with the reason.
    pub(crate) failed: Vec<(String, String)>,
}

/// Asks every source that is due (with `all`: every source) once.
pub(crate) async fn poll(
    desk: &Desk,
    client: &Client,
    all: bool,
    stop: &CancellationToken,
) -> anyhow::Result<PollSummary> {
    let now = desk.clock.now();
    let mut due =
        if all { desk.store.sources().await? } else { desk.store.due_sources(now, MAX_SOURCES).await? };
    due.retain(|state| !state.gone);
    let due = spread_by_host(due);
    recall_pauses(desk, client).await?;
    websub::renew(desk, client).await?;
    let mut summary = PollSummary::default();
    let quotas = &Quotas::of(&desk.store, now).await?;
    let mut answers = stream::iter(due)
        .take_until(Box::pin(stop.cancelled()))
        .map(|state| async move {
            let outcome = poll_source(desk, client, quotas, &state).await;
            (state, outcome)
        })
        .buffer_unordered(desk.site.config.fetch.parallel);
    while let Some((state, outcome)) = answers.next().await {
        summary.asked += 1;
        health::heartbeat();
        match outcome {
            Ok(Polled::Unchanged) => summary.unchanged += 1,
            Ok(Polled::Entries { new, waiting }) => {
                summary.new_pages += new;
                summary.left_out += waiting;
            }
            Ok(Polled::OverLimit) => {
                summary.asked -= 1;
                summary.over_limit += 1;
            }
            Ok(Polled::Failed { error, .. }) => {
                tracing::info!(source = redacted_url(&state.source.url), "{error}");
                summary.failed.push((redacted_url(&state.source.url), error));
            }
            // The store itself failed: going on would lose what the next source says.
            Err(error) => return Err(error),
        }
    }
    drop(answers);
    quotas.store(&desk.store).await?;
    keep_pauses(desk, client).await?;
    desk.store.forget_ended_pauses(desk.clock.now()).await?;
    summary.failed.sort();
    Ok(summary)
}

/// The sources in an order in which those of one host stand apart: the first of each host, then the second of
/// each, and so on. Else a host with hundreds of sources would take every place at once and wait in all of them.
fn spread_by_host(due: Vec<SourceState>) -> Vec<SourceState> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut placed: Vec<(usize, SourceState)> = due
        .into_iter()
        .map(|state| {
            let count = seen.entry(state.asked_at().host_str().unwrap_or_default().to_owned()).or_default();
            *count += 1;
            (*count, state)
        })
        .collect();
    // Stable: what has been due for longest goes first among equals.
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, state)| state).collect()
}

/// How the poll of one source ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Polled {
    Unchanged,
    Entries {
        /// Pages that were not queued before.
        new: u64,
        /// Entries that wait because a limit was reached.
        waiting: u64,
    },
    /// It was not asked: it has used up its bytes of today.
    OverLimit,
    Failed {
        /// One word: `parse`, or that of the [`FetchError`].
        class: &'static str,
        error: String,
    },
}

/// Asks one source and remembers how it went.
pub(super) async fn poll_source(
    desk: &Desk,
    client: &Client,
    quotas: &Quotas,
    state: &SourceState,
) -> anyhow::Result<Polled> {
    let allowance = quotas.allowance(state.source.url.as_str(), &desk.site.config.limits);
    if allowance.is_out_of_bytes() {
        let mut next = state.clone();
        wait_until_tomorrow(desk, &mut next, &allowance);
        desk.store.save_source(&next).await?;
        return Ok(Polled::OverLimit);
    }
    let answer = client.get(&poll_outcome::poll_request(state)).await;
    let mut next = state.clone();
    let polled = match answer {
        Ok(Response::NotModified(answer)) => {
            settle(desk, &mut next, PollOutcome::Unchanged(&answer));
            Polled::Unchanged
        }
        Ok(Response::Fetched(fetched)) => take_document(desk, client, quotas, &mut next, &fetched).await?,
        Err(error) => {
            settle(desk, &mut next, PollOutcome::Failed(&error));
            if is_pause(&error) {
                // Kept at once: a stop before the end of the round must not forget what a host asked for.
                keep_pauses(desk, client).await?;
            }
            Polled::Failed { class: error.class(), error: error.to_string() }
        }
    };
    announce(state, &next, desk.clock.now());
    desk.store.save_source(&next).await?;
    Ok(polled)
}

fn is_pause(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Status { code: 429 | 503, .. } | FetchError::Challenge { code: 429 | 503, .. }
    )
}

async fn take_document(
    desk: &Desk,
    client: &Client,
    quotas: &Quotas,
    state: &mut SourceState,
    fetched: &Fetched,
) -> anyhow::Result<Polled> {
    let limits = &desk.site.config.limits;
    let source = state.source.url.clone();
    let bytes = |bytes: u64| SourceDay { bytes, ..SourceDay::default() };
    quotas.count(source.as_str(), bytes(fetched.body.len() as u64), limits);
    let feed = match read_source(&desk.site, &state.source, fetched) {
        Ok(feed) => feed,
        Err(error) => {
            settle(desk, state, PollOutcome::Unreadable(&error));
            return Ok(Polled::Failed { class: "parse", error });
        }
    };
    let mut summary = FeedSummary { rhythm: rhythm(&feed), ..FeedSummary::default() };
    let offer = websub::offer(fetched, &feed);
    let (entries, sitemaps) = with_sitemaps(client, fetched, feed, SitemapLimits::of(&desk.site)).await;
    quotas.count(source.as_str(), bytes(sitemaps), limits);
    let news = take_entries(desk, quotas, &source, &fetched.final_url, &entries).await?;
    (summary.new, summary.edited) = (news.new, news.edited);
    let had_answered = state.last_success;
    settle(desk, state, PollOutcome::Read(fetched, &summary));
    let subscription =
        websub::after_poll(desk, client, &state.source.url, offer, had_answered, summary.new).await?;
    if subscription.is_some_and(|subscription| websub::spares_polls(&subscription, desk.clock.now())) {
        poll_outcome::rely_on_push(state, &bounds(desk), desk.clock.now());
    }
    if news.waiting > 0 {
        // What waits must be told again: an answer without a body (304) would not.
        (state.etag, state.last_modified) = (None, None);
        let allowance = quotas.allowance(source.as_str(), limits);
        if allowance.reached().is_some() {
            wait_until_tomorrow(desk, state, &allowance);
        }
    }
    Ok(Polled::Entries { new: news.queued, waiting: news.waiting })
}

/// Nothing more is taken from a source today, so it is not asked.
fn wait_until_tomorrow(desk: &Desk, state: &mut SourceState, allowance: &Allowance) {
    let limit = allowance.reached().unwrap_or_default();
    state.next_due = tomorrow(desk.clock.now());
    state.because = Some(format!("limit reached today: [limits] {limit}"));
}

fn settle(desk: &Desk, state: &mut SourceState, outcome: PollOutcome<'_>) {
    let now = desk.clock.now();
    let jitter = jitter(&state.source.url, now);
    poll_outcome::apply_outcome(state, outcome, &bounds(desk), now, jitter);
}

fn bounds(desk: &Desk) -> Bounds {
    let poll = &desk.site.config.poll;
    let floor = Duration::from_mins(poll.min_minutes.into());
    let ceiling = Duration::from_mins(poll.max_minutes.into());
    Bounds { floor, start: Bounds::default().start.clamp(floor, ceiling), ceiling }
}

/// Says in the log what the owner should know about a source: that it has failed for three days or more, that it
/// is gone, that it has moved.
fn announce(before: &SourceState, after: &SourceState, now: Timestamp) {
    let source = redacted_url(&after.source.url);
    if after.gone && !before.gone {
        tracing::warn!(source, "the publisher says that it is gone for good; it is not asked again");
    }
    if after.address != before.address
        && let Some(address) = &after.address
    {
        let address = redacted_url(address);
        tracing::warn!(source, "has moved for good and is asked at {address} from now on");
    }
    // By then it is polled once a day, so this is one line a day.
    if let Some(lasted) = poll_outcome::failing_too_long(after, now) {
        let error = redacted_text(after.last_error.as_deref().unwrap_or_default());
        tracing::warn!(source, "has failed for {} days: {error}", lasted.as_hours() / 24);
    }
}

/// A number from 0 to 1 that differs between sources and between polls.
fn jitter(url: &Url, now: Timestamp) -> f64 {
    let key = identity::article_id(&format!("{url} {}", now.as_second()));
    f64::from(u16::from_le_bytes([key.as_bytes()[0], key.as_bytes()[1]])) / f64::from(u16::MAX)
}
