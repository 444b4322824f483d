//! Polls the sources that are due and queues their new entries.

use std::collections::HashMap;

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

use crate::{
    context::Context,
    gather::{
        client::{restore_pauses, save_pauses},
        entries::take_entries,
        quotas::{Allowance, Quotas, tomorrow},
        read_source::{SitemapLimits, read_source, rhythm, with_sitemaps},
        websub,
    },
    tasks,
};

/// Maximum number of sources polled in one round; the next round continues.
const MAX_SOURCES: usize = 20_000;

/// The outcome of a polling round.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PollSummary {
    /// Sources that were polled.
    pub asked: u64,
    /// Sources that had not changed (HTTP 304).
    pub unchanged: u64,
    /// Entries with a page that was not queued before.
    pub new_pages: u64,
    /// New or edited entries that wait because their sources reached a limit.
    pub left_out: u64,
    /// Sources that were not polled because they reached a daily limit.
    pub over_limit: u64,
    /// Sources that failed, with the reason.
    pub failed: Vec<(String, String)>,
}

/// Polls every source that is due once; with `all`, every source.
pub async fn poll(
    context: &Context,
    client: &Client,
    all: bool,
    stop: &CancellationToken,
) -> anyhow::Result<PollSummary> {
    let now = context.clock.now();
    let mut due = if all {
        context.store.sources().await?
    } else {
        context.store.due_sources(now, MAX_SOURCES).await?
    };
    due.retain(|state| !state.gone);
    let due = spread_by_host(due);
    restore_pauses(context, client).await?;
    websub::renew(context, client).await?;
    let mut summary = PollSummary::default();
    let quotas = &Quotas::of(&context.store, now).await?;
    let mut outcomes = stream::iter(due)
        .take_until(Box::pin(stop.cancelled()))
        .map(|state| async move {
            let outcome = poll_source(context, client, quotas, &state).await;
            (state, outcome)
        })
        .buffer_unordered(context.site.config.fetch.parallel);
    while let Some((state, outcome)) = outcomes.next().await {
        summary.asked += 1;
        tasks::heartbeat();
        match outcome {
            Ok(PollResult::Unchanged) => summary.unchanged += 1,
            Ok(PollResult::Entries { new, waiting }) => {
                summary.new_pages += new;
                summary.left_out += waiting;
            }
            Ok(PollResult::OverLimit) => {
                summary.asked -= 1;
                summary.over_limit += 1;
            }
            Ok(PollResult::Failed { error, .. }) => {
                summary.failed.push((redacted_url(&state.source.url), error));
            }
            // The store failed: the entries of further sources would be lost.
            Err(error) => return Err(error),
        }
    }
    drop(outcomes);
    quotas.store(&context.store).await?;
    save_pauses(context, client).await?;
    context.store.forget_ended_pauses(context.clock.now()).await?;
    summary.failed.sort();
    Ok(summary)
}

/// Orders the sources so that those of one host are spread out: the first source of each host, then
/// the second of each, and so on. Otherwise a host with hundreds of sources would take all
/// concurrent requests and wait in each of them.
fn spread_by_host(due: Vec<SourceState>) -> Vec<SourceState> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut ranked: Vec<(usize, SourceState)> = due
        .into_iter()
        .map(|state| {
            let count =
                counts.entry(state.current_url().host_str().unwrap_or_default().to_owned()).or_default();
            *count += 1;
            (*count, state)
        })
        .collect();
    // A stable sort: among equals, the source that has been due the longest comes first.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, state)| state).collect()
}

/// How the poll of one source ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollResult {
    Unchanged,
    Entries {
        /// Pages that were not queued before.
        new: u64,
        /// Entries that wait because a limit was reached.
        waiting: u64,
    },
    /// Not polled: the source has used up its bytes for today.
    OverLimit,
    Failed {
        /// `parse`, or the class of the [`FetchError`].
        class: &'static str,
        error: String,
    },
}

/// Polls one source now, whether or not it is due, and stores the outcome.
///
/// Errors: the store failed. A source that fails is an outcome.
pub async fn poll_one(context: &Context, client: &Client, state: &SourceState) -> anyhow::Result<PollResult> {
    restore_pauses(context, client).await?;
    let quotas = Quotas::of(&context.store, context.clock.now()).await?;
    let polled = poll_source(context, client, &quotas, state).await;
    quotas.store(&context.store).await?;
    polled
}

/// Polls one source within its quotas and stores the outcome.
#[tracing::instrument(name = "poll", level = "error", skip_all, fields(source = redacted_url(&state.source.url)))]
async fn poll_source(
    context: &Context,
    client: &Client,
    quotas: &Quotas,
    state: &SourceState,
) -> anyhow::Result<PollResult> {
    let allowance = quotas.allowance(state.source.url.as_str(), &context.site.config.limits);
    if allowance.is_out_of_bytes() {
        let mut next = state.clone();
        wait_until_tomorrow(context, &mut next, &allowance);
        context.store.save_source(&next).await?;
        return Ok(PollResult::OverLimit);
    }
    let answer = client.get(&poll_outcome::poll_request(state)).await;
    let mut next = state.clone();
    let outcome = match answer {
        Ok(Response::NotModified(answer)) => {
            apply_outcome(context, &mut next, PollOutcome::Unchanged(&answer));
            PollResult::Unchanged
        }
        Ok(Response::Fetched(fetched)) => {
            process_response(context, client, quotas, &mut next, &fetched).await?
        }
        Err(error) => {
            apply_outcome(context, &mut next, PollOutcome::Failed(&error));
            if is_pause(&error) {
                // Stored at once, so that a stop before the end of the round does not lose the
                // host's pause.
                save_pauses(context, client).await?;
            }
            PollResult::Failed { class: error.class(), error: error.to_string() }
        }
    };
    if let PollResult::Failed { error, .. } = &outcome {
        tracing::info!(error, "the source was not read");
    }
    log_changes(state, &next, context.clock.now());
    context.store.save_source(&next).await?;
    Ok(outcome)
}

fn is_pause(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Status { code: 429 | 503, .. } | FetchError::Challenge { code: 429 | 503, .. }
    )
}

async fn process_response(
    context: &Context,
    client: &Client,
    quotas: &Quotas,
    state: &mut SourceState,
    fetched: &Fetched,
) -> anyhow::Result<PollResult> {
    let limits = &context.site.config.limits;
    let source = state.source.url.clone();
    let bytes = |bytes: u64| SourceDay { bytes, ..SourceDay::default() };
    quotas.count(source.as_str(), bytes(fetched.body.len() as u64), limits);
    let feed = match read_source(&context.site, &state.source, fetched) {
        Ok(feed) => feed,
        Err(error) => {
            apply_outcome(context, state, PollOutcome::Unreadable(&error));
            return Ok(PollResult::Failed { class: "parse", error });
        }
    };
    let mut summary = FeedSummary { rhythm: rhythm(&feed), ..FeedSummary::default() };
    let offer = websub::offer(fetched, &feed);
    let (entries, sitemaps) = with_sitemaps(client, fetched, feed, SitemapLimits::of(&context.site)).await;
    quotas.count(source.as_str(), bytes(sitemaps), limits);
    let taken = take_entries(context, quotas, &source, &fetched.final_url, &entries).await?;
    (summary.new, summary.edited) = (taken.new, taken.edited);
    let had_answered = state.last_success;
    apply_outcome(context, state, PollOutcome::Read(fetched, &summary));
    let subscription =
        websub::after_poll(context, client, &state.source.url, offer, had_answered, summary.new).await?;
    if subscription.is_some_and(|subscription| websub::spares_polls(&subscription, context.clock.now())) {
        poll_outcome::rely_on_push(state, &bounds(context), context.clock.now());
    }
    if taken.waiting > 0 {
        // The source must send the waiting entries again, which a 304 response would not.
        (state.etag, state.last_modified) = (None, None);
        let allowance = quotas.allowance(source.as_str(), limits);
        if allowance.reached().is_some() {
            wait_until_tomorrow(context, state, &allowance);
        }
    }
    Ok(PollResult::Entries { new: taken.queued, waiting: taken.waiting })
}

/// Puts the next poll off until tomorrow, because the source reached a daily limit.
fn wait_until_tomorrow(context: &Context, state: &mut SourceState, allowance: &Allowance) {
    let limit = allowance.reached().unwrap_or_default();
    state.next_due = tomorrow(context.clock.now());
    state.because = Some(format!("daily limit reached: [limits] {limit}"));
}

fn apply_outcome(context: &Context, state: &mut SourceState, outcome: PollOutcome<'_>) {
    let now = context.clock.now();
    let jitter = jitter(&state.source.url, now);
    poll_outcome::apply_outcome(state, outcome, &bounds(context), now, jitter);
}

fn bounds(context: &Context) -> Bounds {
    let poll = &context.site.config.poll;
    let floor = poll.min_minutes.duration();
    let ceiling = poll.max_minutes.duration();
    Bounds { floor, start: Bounds::default().start.clamp(floor, ceiling), ceiling }
}

/// Logs what the owner should know about a source, in the span of its poll: that it has failed for
/// three days or more, was removed (410), or has moved.
fn log_changes(before: &SourceState, after: &SourceState, now: Timestamp) {
    if after.gone && !before.gone {
        tracing::warn!("feed returned 410 Gone; polling stopped");
    }
    if after.address != before.address
        && let Some(address) = &after.address
    {
        let url = redacted_url(address);
        tracing::warn!(url, "feed has moved permanently; it is now polled at its new URL");
    }
    // After three days a failing source is polled once a day, so this logs one line a day.
    if let Some(lasted) = poll_outcome::failing_too_long(after, now) {
        let error = redacted_text(after.last_error.as_deref().unwrap_or_default());
        tracing::warn!(days = lasted.as_hours() / 24, %error, "feed has failed for days");
    }
}

/// A pseudo-random number from 0 to 1, derived from the URL and the time.
fn jitter(url: &Url, now: Timestamp) -> f64 {
    let key = identity::article_id(&format!("{url} {}", now.as_second()));
    f64::from(u16::from_le_bytes([key.as_bytes()[0], key.as_bytes()[1]])) / f64::from(u16::MAX)
}
