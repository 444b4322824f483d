//! Polling: asking the sources that are due and queueing the pages that their entries name.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use courant_analysis::identity;
use courant_formats::feed::{self, Entry, Feed, FeedContext, FeedKind};
use courant_model::{NewCapture, PendingPage, SourceState, Timestamp};
use courant_net::{
    Answer, Client, ClientConfig, Fetched, OriginOverride, Purpose, Request, Validators, freshness,
    schedule::{Bounds, Failure, Outcome, PollFacts, next_poll},
    user_agent,
};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Desk, fetch::asked_to_wait};
use crate::{clock::Clock, site::Site};

/// The most sources that one round asks; the next round goes on.
const MAX_SOURCES: usize = 20_000;
/// The most entries that are taken from one answer; a sitemap may list 50,000.
const MAX_ENTRIES: usize = 5_000;
/// Sitemaps that one sitemap index may lead to in one round.
const MAX_SITEMAPS: usize = 20;

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
    /// Sources that failed, with the reason.
    pub(crate) failed: Vec<(String, String)>,
}

/// A client that behaves as the site's configuration says. `origins` sends the requests for some hosts to an
/// address of ours (the demo's newswire).
pub(crate) fn client_of(
    site: &Site,
    clock: Clock,
    origins: Vec<(String, SocketAddr)>,
) -> anyhow::Result<Client> {
    let fetch = &site.config.fetch;
    let allow = fetch
        .allow
        .iter()
        .map(|range| {
            range.parse().with_context(|| {
                format!("[fetch] allow: {range:?} is no address range such as 192.168.1.0/24")
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let contact =
        if fetch.contact.is_empty() { site.config.site.url.as_str() } else { fetch.contact.as_str() };
    let config = ClientConfig {
        user_agent: user_agent(Some(contact)),
        total_timeout: Duration::from_secs(fetch.timeout_s),
        max_bytes: fetch.max_bytes,
        max_redirects: fetch.max_redirects,
        host_in_flight: fetch.host_requests,
        host_pause: Duration::from_millis(fetch.host_pause_ms),
        robots: fetch.robots,
        allow,
        clock: Arc::new(move || clock.now()),
        origins: origins.into_iter().map(|(host, origin)| OriginOverride { host, origin }).collect(),
        ..ClientConfig::default()
    };
    Ok(Client::new(config)?)
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
    for (host, until) in desk.store.host_pauses(now).await? {
        client.set_host_pause(&host, Some(until));
    }
    let mut summary = PollSummary::default();
    let mut answers = stream::iter(due)
        .take_until(Box::pin(stop.cancelled()))
        .map(|state| async move {
            let outcome = poll_source(desk, client, &state).await;
            (state, outcome)
        })
        .buffer_unordered(desk.site.config.fetch.parallel);
    while let Some((state, outcome)) = answers.next().await {
        summary.asked += 1;
        match outcome {
            Ok(Polled::Unchanged) => summary.unchanged += 1,
            Ok(Polled::Entries(new)) => summary.new_pages += new,
            Ok(Polled::Failed(error)) => {
                tracing::info!(source = %state.source.url, "{error}");
                summary.failed.push((state.source.url.to_string(), error));
            }
            // The store itself failed: going on would lose what the next source says.
            Err(error) => return Err(error),
        }
    }
    drop(answers);
    for (host, until) in client.host_pauses() {
        desk.store.set_host_pause(&host, until, "asked for by Retry-After").await?;
    }
    summary.failed.sort();
    Ok(summary)
}

enum Polled {
    Unchanged,
    Entries(u64),
    Failed(String),
}

async fn poll_source(desk: &Desk, client: &Client, state: &SourceState) -> anyhow::Result<Polled> {
    let validators = Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() };
    let request = Request::new(state.source.url.clone(), Purpose::Feed).since(validators);
    let answer = client.get(&request).await;
    let now = desk.clock.now();
    let mut next = state.clone();
    let (polled, facts) = match answer {
        Ok(Answer::NotModified(answer)) => {
            let fresh = freshness(&answer.headers, now);
            (Polled::Unchanged, PollFacts { fresh, ..PollFacts::new(Outcome::Unchanged) })
        }
        Ok(Answer::Fetched(fetched)) => match read(&fetched) {
            Ok(feed) => {
                next.etag.clone_from(&fetched.validators.etag);
                next.last_modified.clone_from(&fetched.validators.last_modified);
                let (declared, newest_entry_age) = rhythm(&feed, now);
                let entries = with_sitemaps(client, &fetched, feed).await;
                let new = enqueue(desk, &state.source.url, &fetched, &entries).await?;
                let outcome = match (new, state.last_success) {
                    (_, None) => Outcome::First,
                    (0, _) => Outcome::Unchanged,
                    _ => Outcome::Changed,
                };
                let facts = PollFacts {
                    validators: !fetched.validators.is_empty(),
                    fresh: freshness(&fetched.headers, now),
                    declared,
                    newest_entry_age,
                    ..PollFacts::new(outcome)
                };
                (Polled::Entries(new), facts)
            }
            Err(error) => (Polled::Failed(error), PollFacts::new(Outcome::Failed(Failure::Passing))),
        },
        Err(error) => {
            let wait = asked_to_wait(&error, now);
            let retry_after = (wait > 0).then(|| Duration::from_secs(wait.unsigned_abs()));
            let facts = PollFacts { retry_after, ..PollFacts::new(Outcome::Failed(Failure::of(&error))) };
            (Polled::Failed(error.to_string()), facts)
        }
    };
    settle(desk, &mut next, &polled, facts, now);
    desk.store.save_source(&next).await?;
    Ok(polled)
}

/// Writes into the state how the poll went and when the next one is due.
fn settle(desk: &Desk, state: &mut SourceState, polled: &Polled, mut facts: PollFacts, now: Timestamp) {
    if let Polled::Failed(error) = polled {
        state.failures = state.failures.saturating_add(1);
        state.last_error = Some(error.clone());
    } else {
        state.failures = 0;
        state.last_error = None;
        state.last_success = Some(now);
    }
    facts.failures = state.failures;
    facts.interval = (state.interval_s > 0).then(|| Duration::from_secs(state.interval_s.into()));
    let poll = &desk.site.config.poll;
    let floor = Duration::from_mins(poll.min_minutes.into());
    let ceiling = Duration::from_mins(poll.max_minutes.into());
    let bounds = Bounds { floor, start: Bounds::default().start.clamp(floor, ceiling), ceiling };
    match next_poll(&facts, &bounds, now, jitter(&state.source.url, now)) {
        Some(next) => {
            state.interval_s = u32::try_from(next.interval.as_secs()).unwrap_or(u32::MAX);
            state.next_due = next.at;
        }
        None => state.gone = true,
    }
}

/// How often the feed says that it changes, and how old its newest entry is.
fn rhythm(feed: &Feed, now: Timestamp) -> (Option<Duration>, Option<Duration>) {
    let declared = feed.ttl.map(|minutes| Duration::from_mins(minutes.into()));
    let newest = feed.entries.iter().filter_map(entry_time).max();
    let age = newest.and_then(|newest| Duration::try_from(now.duration_since(newest)).ok());
    (declared, age)
}

fn entry_time(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

fn read(fetched: &Fetched) -> Result<Feed, String> {
    let context = FeedContext {
        base_url: Some(fetched.final_url.as_str()),
        content_type: fetched.header("content-type"),
        content_location: fetched.header("content-location"),
        content_language: fetched.header("content-language"),
    };
    feed::parse(&fetched.body, &context).map_err(|error| error.to_string())
}

/// Follows a sitemap index to the sitemaps it names, newest first, and gives the entries of all of them.
async fn with_sitemaps(client: &Client, fetched: &Fetched, feed: Feed) -> Vec<Entry> {
    let mut sitemaps = feed.entries;
    if feed.kind != FeedKind::SitemapIndex {
        return sitemaps;
    }
    sitemaps.sort_by(|a, b| b.updated.cmp(&a.updated));
    let mut found = Vec::new();
    for sitemap in sitemaps.iter().take(MAX_SITEMAPS) {
        let Some(url) = sitemap.link.as_deref().and_then(|link| fetched.final_url.join(link).ok()) else {
            continue;
        };
        let request = Request::new(url, Purpose::Feed);
        match client.get(&request).await {
            Ok(Answer::Fetched(answer)) => match read(&answer) {
                Ok(inner) if inner.kind == FeedKind::SitemapIndex => {
                    tracing::info!(sitemap = %request.url, "an index within an index is not followed");
                }
                Ok(inner) => found.extend(inner.entries),
                Err(error) => tracing::info!(sitemap = %request.url, "{error}"),
            },
            Ok(Answer::NotModified(_)) => {}
            Err(error) => tracing::info!(sitemap = %request.url, "{error}"),
        }
        if found.len() >= MAX_ENTRIES {
            break;
        }
    }
    found
}

/// Queues the pages that the entries name; a page already queued, fetched or given up stays as it is. Gives
/// the number of new ones.
async fn enqueue(desk: &Desk, source: &Url, fetched: &Fetched, entries: &[Entry]) -> anyhow::Result<u64> {
    let now = desk.clock.now();
    let oldest = now.as_second() - i64::from(desk.site.config.poll.max_age_days) * 24 * 3600;
    let fresh = |entry: &&Entry| entry_time(entry).is_none_or(|time| time.as_second() >= oldest);
    let mut pages = Vec::new();
    let mut alone = Vec::new();
    // Feeds list the newest first; articles are taken in from the oldest, as they were published.
    for entry in entries.iter().take(MAX_ENTRIES).filter(fresh).rev() {
        let Some(page) = pending_page(desk, source, &fetched.final_url, entry, now) else { continue };
        if desk.site.config.fetch.pages { pages.push(page) } else { alone.push(capture_alone(page, now)) }
    }
    let queued = desk.store.enqueue_pages(&pages).await?;
    let taken = desk.store.add_captures(&alone).await?;
    Ok((queued + taken) as u64)
}

/// The page that an entry names; `None` where it names none that could be fetched.
pub(super) fn pending_page(
    desk: &Desk,
    source: &Url,
    base: &Url,
    entry: &Entry,
    now: Timestamp,
) -> Option<PendingPage> {
    let link = entry.link.as_deref()?;
    let url = base.join(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let clean = desk.rules.urls.clean(&url).url;
    Some(PendingPage {
        key: identity::canonical_key(&clean),
        url: clean,
        source: Some(source.to_string()),
        entry: serde_json::to_string(entry).ok(),
        attempts: 0,
        next_try: now,
    })
}

/// The capture of an article that is taken from its entry alone.
pub(super) fn capture_alone(page: PendingPage, now: Timestamp) -> NewCapture {
    NewCapture {
        final_url: page.url.clone(),
        url: page.url,
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
        fetched: now,
        source: page.source,
        entry: page.entry,
    }
}

/// A number from 0 to 1 that differs between sources and between polls.
fn jitter(url: &Url, now: Timestamp) -> f64 {
    let key = identity::article_id(&format!("{url} {}", now.as_second()));
    f64::from(u16::from_le_bytes([key.as_bytes()[0], key.as_bytes()[1]])) / f64::from(u16::MAX)
}

/// What `sources check` says about one source.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceCheck {
    pub(crate) url: String,
    pub(crate) ok: bool,
    pub(crate) problem: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) entries: usize,
    pub(crate) newest: Option<String>,
    pub(crate) moved_to: Option<String>,
}

/// Fetches a source and says what is in it, without storing anything.
pub(crate) async fn check_source(client: &Client, url: &Url) -> (SourceCheck, Option<Arc<Fetched>>) {
    let mut check = SourceCheck {
        url: url.to_string(),
        ok: false,
        problem: None,
        title: None,
        entries: 0,
        newest: None,
        moved_to: None,
    };
    let request = Request::new(url.clone(), Purpose::Feed);
    let fetched = match client.get(&request).await {
        Ok(Answer::Fetched(fetched)) => Arc::new(fetched),
        Ok(Answer::NotModified(_)) => {
            check.problem = Some("answered 304 to a request without validators".to_owned());
            return (check, None);
        }
        Err(error) => {
            check.problem = Some(error.to_string());
            return (check, None);
        }
    };
    check.moved_to = (fetched.final_url != *url).then(|| fetched.final_url.to_string());
    match read(&fetched) {
        Ok(feed) => {
            check.ok = true;
            check.title = feed.title.as_ref().map(super::entry::plain);
            check.entries = feed.entries.len();
            check.newest = feed.entries.iter().filter_map(entry_time).max().map(|time| time.to_string());
            if feed.entries.is_empty() {
                check.problem = Some("the feed is empty".to_owned());
            }
        }
        Err(error) => check.problem = Some(error),
    }
    (check, Some(fetched))
}
