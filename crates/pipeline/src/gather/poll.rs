//! Polling: asking the sources that are due and taking in what they name.

use std::collections::HashMap;

use courant_analysis::identity;
use courant_model::{SourceState, Timestamp, redacted_text, redacted_url};
use courant_net::{
    Answer, Client, FetchError, Fetched,
    schedule::Bounds,
    visit::{self, Reading, Visit},
};
use courant_store::SourceDay;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    context::Context,
    gather::{
        client::{keep_pauses, recall_pauses},
        entries::take_entries,
        quotas::{Allowance, Quotas, tomorrow},
        read_source::{SitemapLimits, read_source, rhythm, with_sitemaps},
        websub,
    },
    tasks,
};

/// The most sources that one round asks; the next round goes on.
const MAX_SOURCES: usize = 20_000;

/// What a round of polling brought.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PollSummary {
    /// Sources that were asked.
    pub asked: u64,
    /// Sources that had nothing new to say (HTTP 304).
    pub unchanged: u64,
    /// Entries that named a page not seen before.
    pub new_pages: u64,
    /// New or edited entries that wait because their sources reached a limit.
    pub left_out: u64,
    /// Sources that were not asked because they reached a limit of the day.
    pub over_limit: u64,
    /// Sources that failed, with the reason.
    pub failed: Vec<(String, String)>,
}

/// Asks every source that is due (with `all`: every source) once.
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
    recall_pauses(context, client).await?;
    websub::renew(context, client).await?;
    let mut summary = PollSummary::default();
    let quotas = &Quotas::of(&context.store, now).await?;
    let mut answers = stream::iter(due)
        .take_until(Box::pin(stop.cancelled()))
        .map(|state| async move {
            let outcome = poll_source(context, client, quotas, &state).await;
            (state, outcome)
        })
        .buffer_unordered(context.site.config.fetch.parallel);
    while let Some((state, outcome)) = answers.next().await {
        summary.asked += 1;
        tasks::heartbeat();
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
    quotas.store(&context.store).await?;
    keep_pauses(context, client).await?;
    context.store.forget_ended_pauses(context.clock.now()).await?;
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
pub(crate) enum Polled {
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
pub(crate) async fn poll_source(
    context: &Context,
    client: &Client,
    quotas: &Quotas,
    state: &SourceState,
) -> anyhow::Result<Polled> {
    let allowance = quotas.allowance(state.source.url.as_str(), &context.site.config.limits);
    if allowance.is_out_of_bytes() {
        let mut next = state.clone();
        wait_until_tomorrow(context, &mut next, &allowance);
        context.store.save_source(&next).await?;
        return Ok(Polled::OverLimit);
    }
    let answer = client.get(&visit::request_of(state)).await;
    let mut next = state.clone();
    let polled = match answer {
        Ok(Answer::NotModified(answer)) => {
            settle(context, &mut next, Visit::Unchanged(&answer));
            Polled::Unchanged
        }
        Ok(Answer::Fetched(fetched)) => take_document(context, client, quotas, &mut next, &fetched).await?,
        Err(error) => {
            settle(context, &mut next, Visit::Failed(&error));
            if is_pause(&error) {
                // Kept at once: a stop before the end of the round must not forget what a host asked for.
                keep_pauses(context, client).await?;
            }
            Polled::Failed { class: error.class(), error: error.to_string() }
        }
    };
    announce(state, &next, context.clock.now());
    context.store.save_source(&next).await?;
    Ok(polled)
}

fn is_pause(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::Status { code: 429 | 503, .. } | FetchError::Challenge { code: 429 | 503, .. }
    )
}

async fn take_document(
    context: &Context,
    client: &Client,
    quotas: &Quotas,
    state: &mut SourceState,
    fetched: &Fetched,
) -> anyhow::Result<Polled> {
    let limits = &context.site.config.limits;
    let source = state.source.url.clone();
    let bytes = |bytes: u64| SourceDay { bytes, ..SourceDay::default() };
    quotas.count(source.as_str(), bytes(fetched.body.len() as u64), limits);
    let feed = match read_source(&context.site, &state.source, fetched) {
        Ok(feed) => feed,
        Err(error) => {
            settle(context, state, Visit::Unreadable(&error));
            return Ok(Polled::Failed { class: "parse", error });
        }
    };
    let mut reading = Reading { rhythm: rhythm(&feed), ..Reading::default() };
    let offer = websub::offer(fetched, &feed);
    let (entries, sitemaps) = with_sitemaps(client, fetched, feed, SitemapLimits::of(&context.site)).await;
    quotas.count(source.as_str(), bytes(sitemaps), limits);
    let news = take_entries(context, quotas, &source, &fetched.final_url, &entries).await?;
    (reading.new, reading.edited) = (news.new, news.edited);
    let had_answered = state.last_success;
    settle(context, state, Visit::Read(fetched, &reading));
    let subscription =
        websub::after_poll(context, client, &state.source.url, offer, had_answered, reading.new).await?;
    if subscription.is_some_and(|subscription| websub::spares_polls(&subscription, context.clock.now())) {
        visit::rely_on_push(state, &bounds(context), context.clock.now());
    }
    if news.waiting > 0 {
        // What waits must be told again: an answer without a body (304) would not.
        (state.etag, state.last_modified) = (None, None);
        let allowance = quotas.allowance(source.as_str(), limits);
        if allowance.reached().is_some() {
            wait_until_tomorrow(context, state, &allowance);
        }
    }
    Ok(Polled::Entries { new: news.queued, waiting: news.waiting })
}

/// Nothing more is taken from a source today, so it is not asked.
fn wait_until_tomorrow(context: &Context, state: &mut SourceState, allowance: &Allowance) {
    let limit = allowance.reached().unwrap_or_default();
    state.next_due = tomorrow(context.clock.now());
    state.because = Some(format!("limit reached today: [limits] {limit}"));
}

fn settle(context: &Context, state: &mut SourceState, visit: Visit<'_>) {
    let now = context.clock.now();
    let jitter = jitter(&state.source.url, now);
    visit::settle(state, visit, &bounds(context), now, jitter);
}

fn bounds(context: &Context) -> Bounds {
    let poll = &context.site.config.poll;
    let floor = poll.min_minutes.duration();
    let ceiling = poll.max_minutes.duration();
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
    if let Some(lasted) = visit::failing_too_long(after, now) {
        let error = redacted_text(after.last_error.as_deref().unwrap_or_default());
        tracing::warn!(source, "has failed for {} days: {error}", lasted.as_hours() / 24);
    }
}

/// A number from 0 to 1 that differs between sources and between polls.
fn jitter(url: &Url, now: Timestamp) -> f64 {
    let key = identity::article_id(&format!("{url} {}", now.as_second()));
    f64::from(u16::from_le_bytes([key.as_bytes()[0], key.as_bytes()[1]])) / f64::from(u16::MAX)
}
