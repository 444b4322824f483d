//! Checks the expectations at the end of a scenario.

use std::collections::BTreeSet;

use courant_model::{DateOrigin, Timestamp};
use courant_pipeline::PollResult;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::Value;

use crate::scenarios::{runner::ScenarioRunner, server::ReceivedRequest};

/// An error with the problem unless the expectation holds.
fn expect(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// The problem of a request that differs from the expected one.
pub(crate) fn request_problem(request: &ReceivedRequest, wanted: &Value) -> Option<String> {
    for (name, value) in wanted["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap();
        let found = request.headers.get(&name.to_ascii_lowercase()).map_or("", String::as_str);
        let holds = match value.strip_prefix('~') {
            Some(pattern) => Regex::new(pattern).unwrap().is_match(found),
            None => found == value,
        };
        if !holds {
            return Some(format!("{name} was {found:?}, expected {value:?}"));
        }
    }
    let absent = wanted["absent"].as_array().into_iter().flatten();
    absent
        .filter_map(Value::as_str)
        .find(|name| request.headers.contains_key(&name.to_ascii_lowercase()))
        .map(|name| format!("{name} was sent"))
}

/// Checks one expectation.
pub(crate) async fn check(runner: &ScenarioRunner, name: &str, wanted: &Value) -> Result<(), String> {
    let number = || wanted.as_u64().unwrap_or_default();
    let equal = |found: u64| expect(found == number(), || format!("{name}: {found}, expected {wanted}"));
    let at_most = |found: u64| expect(found <= number(), || format!("{name}: {found}"));
    let at_least = |found: u64| expect(found >= number(), || format!("{name}: {found}"));
    let requests = runner.server.state.lock().unwrap().requests.clone();
    match name {
        "entries" => entries(runner, number()).await,
        "errors" => equal(runner.state().await.failures.into()),
        "updated_entries" => expect(matches!(runner.last, Some(PollResult::Entries { new: 0, .. })), || {
            format!("{name}: {:?}", runner.last)
        }),
        "error_class" => {
            let found = match &runner.last {
                Some(PollResult::Failed { class, .. }) => class,
                _ => "none",
            };
            expect(wanted == found, || format!("{name}: {found} ({:?}), expected {wanted}", runner.last))
        }
        "feed_url" => {
            let found = runner.state().await.current_url().path().to_owned();
            expect(wanted == &found, || format!("{name}: {found}"))
        }
        "disabled" => expect(Some(runner.state().await.gone) == wanted.as_bool(), || name.to_owned()),
        "next_poll_at_least_s" => at_least(until_next(runner).await),
        "next_poll_at_most_s" => at_most(until_next(runner).await),
        "next_poll_hour_utc" | "next_poll_not_on" => next_poll(runner, name, wanted).await,
        "max_requests" => at_most(requests.len() as u64),
        "requests" => equal(requests.len() as u64),
        "robots_requests" => {
            equal(requests.iter().filter(|request| request.path == "/robots.txt").count() as u64)
        }
        "icon_requests_per_day_at_most" => {
            at_most(requests.iter().filter(|request| request.path == "/favicon.ico").count() as u64)
        }
        "requests_to_host_within_s" | "requests_within_s" => {
            let first = requests.first().map_or(0, |request| request.at);
            let window = wanted["window"].as_i64().unwrap();
            let found = requests.iter().filter(|request| request.at < first + window).count() as u64;
            expect(found <= wanted["max"].as_u64().unwrap(), || format!("{name}: {found}"))
        }
        "query_unchanged" => {
            let found = requests.first().map(|request| request.path.clone());
            expect(found.as_deref() == Some(runner.feed.path()), || format!("{name}: {found:?}"))
        }
        "max_in_flight_per_host" => {
            let max = runner.server.state.lock().unwrap().max_in_flight as u64;
            expect(max > 0 && max <= number(), || format!("{name}: {max}"))
        }
        "distinct_start_seconds_at_least" => {
            let states = runner.context.store.sources().await.unwrap();
            let starts: BTreeSet<i64> = states.iter().map(|state| state.next_due.as_second()).collect();
            at_least(starts.len() as u64)
        }
        "fetched" => expect(runner.fetched == wanted.as_bool(), || format!("{name}: {:?}", runner.fetched)),
        "read_bytes_at_most" => at_most(runner.server.state.lock().unwrap().written),
        "max_rss_growth_mb" => at_most(runner.rss_growth_mb),
        "max_wall_s" => at_most(runner.wall.as_secs()),
        "validators_kept" => {
            let state = runner.state().await;
            let kept = state.etag.is_some() || state.last_modified.is_some();
            expect(Some(kept) == wanted.as_bool(), || format!("{name}: {kept}"))
        }
        // A failed poll removes no entries: there were none before, and the store never deletes
        // here.
        "entries_kept" => expect(runner.state().await.failures > 0, || name.to_owned()),
        "connections" => equal(runner.server.state.lock().unwrap().connections.len() as u64),
        "connections_at_least" => at_least(runner.server.state.lock().unwrap().connections.len() as u64),
        "never_connects_to" => never_connects_to(runner, wanted),
        "hub_subscribe" => hub_subscribe(runner, &requests, wanted),
        "respond" => {
            let found = runner.hub_answer.as_ref().map_or(0, |(status, _)| u64::from(*status));
            equal(found)
        }
        "body" => {
            let found = runner.hub_answer.as_ref().map(|(_, body)| body.as_str());
            expect(found == wanted.as_str(), || format!("{name}: {found:?}"))
        }
        "resubscribed" => expect(requests.iter().any(|request| request.method == "POST"), || name.to_owned()),
        "polls_at_least" => {
            at_least(requests.iter().filter(|request| request.path == runner.feed.path()).count() as u64)
        }
        "poll_interval_back_to_normal" => {
            let (wait, state) =
                (until_next(runner).await, runner.context.store.subscription_of(&runner.feed).await);
            expect(wait < 7200 && state.unwrap().is_none_or(|state| !state.trusted), || {
                format!("{name}: {wait}")
            })
        }
        "entry0_link" | "title" | "entry0_date" | "entry0_date_at_most" => {
            first_article(runner, name, wanted).await
        }
        _ => Err(format!("unknown expectation {name}")),
    }
}

async fn entries(runner: &ScenarioRunner, wanted: u64) -> Result<(), String> {
    let named = runner.context.store.entry_count(&runner.feed).await.unwrap();
    let articles = runner.context.store.snapshot_rows().await.unwrap().len() as u64;
    // After the owner changes the URL of the feed, the articles of the old URL are still there.
    expect(named == wanted && articles == wanted, || {
        format!("{named} entries, {articles} articles, expected {wanted}; last poll {:?}", runner.last)
    })
}

async fn until_next(runner: &ScenarioRunner) -> u64 {
    let wait = runner.state().await.next_due.as_second() - runner.now().as_second();
    u64::try_from(wait).unwrap_or(0)
}

async fn next_poll(runner: &ScenarioRunner, name: &str, wanted: &Value) -> Result<(), String> {
    let next = TimeZone::UTC.to_datetime(runner.state().await.next_due);
    if name == "next_poll_hour_utc" {
        return expect(wanted.as_i64() == Some(next.hour().into()), || format!("{name}: {next}"));
    }
    let day = format!("{:?}", next.weekday());
    let skipped = wanted.as_array().unwrap().iter().any(|skipped| skipped == &day);
    expect(!skipped, || format!("{name}: {day}"))
}

fn never_connects_to(runner: &ScenarioRunner, wanted: &Value) -> Result<(), String> {
    let connected = runner.server.state.lock().unwrap().connections.clone();
    let hit = wanted
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .find(|address| connected.iter().any(|connected| connected.to_string() == **address));
    expect(hit.is_none(), || format!("connected to {hit:?}"))
}

fn hub_subscribe(
    runner: &ScenarioRunner,
    requests: &[ReceivedRequest],
    wanted: &Value,
) -> Result<(), String> {
    let hub = format!("hub.{}", runner.feed.host_str().unwrap().trim_start_matches("site."));
    let Some(post) = requests.iter().find(|request| request.method == "POST" && request.host == hub) else {
        return Err("no subscription request was sent to the hub".to_owned());
    };
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(post.body.as_bytes()).into_owned().collect();
    let value = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let topic = wanted["topic"].as_str().unwrap_or(runner.feed.as_str());
    let secret = value("hub.secret").map_or(0, str::len);
    // The server itself is plain HTTP, regardless of the scheme of the hub's URL.
    let is_secret_right = if wanted["hub"].as_str().is_some_and(|hub| hub.starts_with("https:")) {
        secret >= 32
    } else {
        secret == 0
    };
    let is_right =
        value("hub.mode") == Some("subscribe") && value("hub.topic") == Some(topic) && is_secret_right;
    expect(is_right, || format!("the hub got the request {}", post.body))
}

async fn first_article(runner: &ScenarioRunner, name: &str, wanted: &Value) -> Result<(), String> {
    let rows = runner.context.store.snapshot_rows().await.unwrap();
    let path = |url: &url::Url| url.path().to_owned();
    let Some(article) = rows.iter().map(|row| &row.article).min_by_key(|article| path(&article.web_url))
    else {
        return Err(format!("{name}: no article"));
    };
    let found = match name {
        "entry0_link" => path(&article.web_url),
        "title" => article.title.clone(),
        "entry0_date" => {
            let is_first_seen =
                article.published_from == DateOrigin::FirstSeen && article.published < runner.now();
            if is_first_seen { "first_seen".to_owned() } else { article.published.to_string() }
        }
        _ => {
            let not_after: Timestamp = runner.now();
            if article.published <= not_after { "now".to_owned() } else { article.published.to_string() }
        }
    };
    expect(wanted == &found, || format!("{name}: {found}, expected {wanted}"))
}
