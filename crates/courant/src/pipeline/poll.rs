//! Polling: asking the sources that are due and queueing the pages that their entries name.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use courant_analysis::identity;
use courant_formats::feed::{self, Entry, Feed, FeedContext};
use courant_model::{NewCapture, PendingPage, SourceState, Timestamp, parse_date};
use courant_net::{Answer, Client, ClientConfig, FetchError, Fetched, OriginOverride, PollFacts, Purpose, Request, next_interval};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Desk;
use crate::site::Site;

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
pub(crate) fn client_of(site: &Site, origins: Vec<(String, SocketAddr)>) -> anyhow::Result<Client> {
    let fetch = &site.config.fetch;
    let allow = fetch
        .allow
        .iter()
        .map(|range| range.parse().with_context(|| format!("[fetch] allow: {range:?} is no address range such as 192.168.1.0/24")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let contact = if fetch.contact.is_empty() { site.config.site.url.as_str() } else { fetch.contact.as_str() };
    let config = ClientConfig {
        user_agent: format!("Courant/{} (+{contact})", env!("CARGO_PKG_VERSION")),
        total_timeout: Duration::from_secs(fetch.timeout_s),
        max_bytes: fetch.max_bytes,
        max_redirects: fetch.max_redirects,
        host_in_flight: fetch.host_requests,
        host_pause: Duration::from_millis(fetch.host_pause_ms),
        robots: fetch.robots,
        allow,
        origins: origins.into_iter().map(|(host, origin)| OriginOverride { host, origin }).collect(),
        ..ClientConfig::default()
    };
    Ok(Client::new(config)?)
}

/// Asks every source that is due (with `all`: every source) once.
pub(crate) async fn poll(desk: &Desk, client: &Client, all: bool, stop: &CancellationToken) -> anyhow::Result<PollSummary> {
    let now = desk.clock.now();
    let limit = u32::MAX;
    let mut due = if all { desk.store.sources().await? } else { desk.store.due_sources(now, limit).await? };
    due.retain(|state| !state.gone);
    for (host, until) in desk.store.host_pauses(now).await? {
        client.set_host_pause(&host, until);
    }
    let mut summary = PollSummary::default();
    let mut answers = stream::iter(due)
        .take_until(stop.clone().cancelled_owned())
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
    let request = Request {
        url: state.source.url.clone(),
        purpose: Purpose::Feed,
        etag: state.etag.clone(),
        last_modified: state.last_modified.clone(),
    };
    let mut next = state.clone();
    let answer = client.get(&request).await;
    let now = desk.clock.now();
    let outcome = match answer {
        Ok(Answer::NotModified { freshness_s, .. }) => {
            succeed(desk, &mut next, now, freshness_s, None, false);
            Polled::Unchanged
        }
        Ok(Answer::Fetched(fetched)) => match read(&fetched) {
            Ok(read) => {
                let entries = with_sitemaps(client, &fetched, read.entries).await;
                let new = enqueue(desk, &state.source.url, &fetched, &entries).await?;
                next.etag = fetched.header("etag").map(str::to_owned);
                next.last_modified = fetched.header("last-modified").map(str::to_owned);
                succeed(desk, &mut next, now, fetched.freshness_s(now), read.ttl, new > 0);
                Polled::Entries(new)
            }
            Err(error) => fail(desk, &mut next, now, error, None),
        },
        Err(FetchError::Status { code: 410, .. }) => {
            next.gone = true;
            fail(desk, &mut next, now, "the source says that it is gone (410); it is not asked again".to_owned(), None)
        }
        Err(error) => {
            let pause = error.retry_after_s();
            fail(desk, &mut next, now, error.to_string(), pause)
        }
    };
    desk.store.save_source(&next).await?;
    Ok(outcome)
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
async fn with_sitemaps(client: &Client, fetched: &Fetched, entries: Vec<Entry>) -> Vec<Entry> {
    let index = entries.first().is_some_and(Entry::is_sitemap);
    if !index {
        return entries;
    }
    let mut sitemaps = entries;
    sitemaps.sort_by(|a, b| b.updated.cmp(&a.updated));
    let mut found = Vec::new();
    for sitemap in sitemaps.iter().take(MAX_SITEMAPS) {
        let Some(url) = sitemap.link.as_deref().and_then(|link| fetched.final_url.join(link).ok()) else { continue };
        let request = Request { url, purpose: Purpose::Feed, etag: None, last_modified: None };
        match client.get(&request).await {
            Ok(Answer::Fetched(answer)) => match read(&answer) {
                Ok(read) => found.extend(read.entries.into_iter().filter(|entry| !entry.is_sitemap())),
                Err(error) => tracing::info!(sitemap = %request.url, "{error}"),
            },
            Ok(Answer::NotModified { .. }) => {}
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
    let fresh = |entry: &&Entry| {
        let stated = entry.published.as_deref().or(entry.updated.as_deref()).and_then(parse_date);
        stated.is_none_or(|time| time.as_second() >= oldest)
    };
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
pub(super) fn pending_page(desk: &Desk, source: &Url, base: &Url, entry: &Entry, now: Timestamp) -> Option<PendingPage> {
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

fn succeed(desk: &Desk, state: &mut SourceState, now: Timestamp, fresh_s: Option<u64>, ttl: Option<u64>, changed: bool) {
    state.failures = 0;
    state.last_error = None;
    state.last_success = Some(now);
    schedule(desk, state, now, &PollFacts { changed, failures: 0, freshness_s: fresh_s, ttl_s: ttl.map(|minutes| minutes * 60), retry_after_s: None });
}

fn fail(desk: &Desk, state: &mut SourceState, now: Timestamp, error: String, retry_after_s: Option<u64>) -> Polled {
    state.failures = state.failures.saturating_add(1);
    state.last_error = Some(error.clone());
    let failures = state.failures;
    schedule(desk, state, now, &PollFacts { changed: false, failures, freshness_s: None, ttl_s: None, retry_after_s });
    Polled::Failed(error)
}

fn schedule(desk: &Desk, state: &mut SourceState, now: Timestamp, facts: &PollFacts) {
    let poll = &desk.site.config.poll;
    let bounds = poll.min_minutes * 60..=poll.max_minutes * 60;
    // The jitter is a property of the source and the moment, so that a replay polls at the same times.
    let jitter = jitter(&state.source.url, now);
    state.interval_s = next_interval(state.interval_s, bounds, facts, jitter);
    state.next_due = now.checked_add(jiff::SignedDuration::from_secs(i64::from(state.interval_s))).unwrap_or(now);
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
    let request = Request { url: url.clone(), purpose: Purpose::Feed, etag: None, last_modified: None };
    let fetched = match client.get(&request).await {
        Ok(Answer::Fetched(fetched)) => Arc::new(fetched),
        Ok(Answer::NotModified { .. }) => {
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
            check.title = feed.title.as_ref().map(feed::Text::to_plain);
            check.entries = feed.entries.len();
            check.newest = feed.entries.iter().filter_map(|entry| entry.published.clone().or(entry.updated.clone())).max();
            if feed.entries.is_empty() {
                check.problem = Some("the feed is empty".to_owned());
            }
        }
        Err(error) => check.problem = Some(error),
    }
    (check, Some(fetched))
}
