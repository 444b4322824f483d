//! What a scenario wants to be true in the end.

use std::collections::BTreeSet;

use courant_model::{DateOrigin, Timestamp};
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::Value;

use super::{player::Player, server::Seen};
use crate::pipeline::poll::Polled;

fn say(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// What is wrong with a request, where it is not as the scenario wants.
pub(super) fn request_problem(seen: &Seen, wanted: &Value) -> Option<String> {
    for (name, value) in wanted["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap();
        let found = seen.headers.get(&name.to_ascii_lowercase()).map_or("", String::as_str);
        let holds = match value.strip_prefix('~') {
            Some(pattern) => Regex::new(pattern).unwrap().is_match(found),
            None => found == value,
        };
        if !holds {
            return Some(format!("{name} was {found:?}, wanted {value:?}"));
        }
    }
    let absent = wanted["absent"].as_array().into_iter().flatten();
    absent
        .filter_map(Value::as_str)
        .find(|name| seen.headers.contains_key(&name.to_ascii_lowercase()))
        .map(|name| format!("{name} was sent"))
}

/// Checks one expectation.
pub(super) async fn check(player: &Player, name: &str, wanted: &Value) -> Result<(), String> {
    let number = || wanted.as_u64().unwrap_or_default();
    let equal = |found: u64| say(found == number(), || format!("{name}: {found}, wanted {wanted}"));
    let at_most = |found: u64| say(found <= number(), || format!("{name}: {found}"));
    let at_least = |found: u64| say(found >= number(), || format!("{name}: {found}"));
    let seen = player.server.state.lock().unwrap().seen.clone();
    match name {
        "entries" => entries(player, number()).await,
        "errors" => equal(player.state().await.failures.into()),
        "updated_entries" => say(matches!(player.last, Some(Polled::Entries { new: 0, .. })), || {
            format!("{name}: {:?}", player.last)
        }),
        "error_class" => {
            let found = match &player.last {
                Some(Polled::Failed { class, .. }) => class,
                _ => "none",
            };
            say(wanted == found, || format!("{name}: {found} ({:?}), wanted {wanted}", player.last))
        }
        "feed_url" => {
            let found = player.state().await.asked_at().path().to_owned();
            say(wanted == &found, || format!("{name}: {found}"))
        }
        "disabled" => say(Some(player.state().await.gone) == wanted.as_bool(), || name.to_owned()),
        "next_poll_at_least_s" => at_least(until_next(player).await),
        "next_poll_at_most_s" => at_most(until_next(player).await),
        "next_poll_hour_utc" | "next_poll_not_on" => next_poll(player, name, wanted).await,
        "max_requests" => at_most(seen.len() as u64),
        "requests" => equal(seen.len() as u64),
        "robots_requests" => equal(seen.iter().filter(|seen| seen.path == "/robots.txt").count() as u64),
        "icon_requests_per_day_at_most" => {
            at_most(seen.iter().filter(|seen| seen.path == "/favicon.ico").count() as u64)
        }
        "requests_to_host_within_s" | "requests_within_s" => {
            let first = seen.first().map_or(0, |seen| seen.at);
            let window = wanted["window"].as_i64().unwrap();
            let found = seen.iter().filter(|seen| seen.at < first + window).count() as u64;
            say(found <= wanted["max"].as_u64().unwrap(), || format!("{name}: {found}"))
        }
        "query_unchanged" => {
            let found = seen.first().map(|seen| seen.path.clone());
            say(found.as_deref() == Some(player.feed.path()), || format!("{name}: {found:?}"))
        }
        "max_in_flight_per_host" => {
            let most = player.server.state.lock().unwrap().most_in_flight as u64;
            say(most > 0 && most <= number(), || format!("{name}: {most}"))
        }
        "distinct_start_seconds_at_least" => {
            let states = player.desk.store.sources().await.unwrap();
            let starts: BTreeSet<i64> = states.iter().map(|state| state.next_due.as_second()).collect();
            at_least(starts.len() as u64)
        }
        "fetched" => say(player.fetched == wanted.as_bool(), || format!("{name}: {:?}", player.fetched)),
        "read_bytes_at_most" => at_most(player.server.state.lock().unwrap().written),
        "max_rss_growth_mb" => at_most(player.rss_growth_mb),
        "max_wall_s" => at_most(player.wall.as_secs()),
        "validators_kept" => {
            let state = player.state().await;
            let kept = state.etag.is_some() || state.last_modified.is_some();
            say(Some(kept) == wanted.as_bool(), || format!("{name}: {kept}"))
        }
        // A failed poll takes no entries away: there were none before, and the store never deletes here.
        "entries_kept" => say(player.state().await.failures > 0, || name.to_owned()),
        "connections" => equal(player.server.state.lock().unwrap().connections.len() as u64),
        "connections_at_least" => at_least(player.server.state.lock().unwrap().connections.len() as u64),
        "never_connects_to" => never_connects_to(player, wanted),
        "hub_subscribe" => hub_subscribe(player, &seen, wanted),
        "respond" => {
            let found = player.hub_answer.as_ref().map_or(0, |(status, _)| u64::from(*status));
            equal(found)
        }
        "body" => {
            let found = player.hub_answer.as_ref().map(|(_, body)| body.as_str());
            say(found == wanted.as_str(), || format!("{name}: {found:?}"))
        }
        "resubscribed" => say(seen.iter().any(|seen| seen.method == "POST"), || name.to_owned()),
        "polls_at_least" => {
            at_least(seen.iter().filter(|seen| seen.path == player.feed.path()).count() as u64)
        }
        "poll_interval_back_to_normal" => {
            let (wait, state) =
                (until_next(player).await, player.desk.store.subscription_of(&player.feed).await);
            say(wait < 7200 && state.unwrap().is_none_or(|state| !state.trusted), || {
                format!("{name}: {wait}")
            })
        }
        "entry0_link" | "title" | "entry0_date" | "entry0_date_at_most" => {
            first_article(player, name, wanted).await
        }
        _ => Err(format!("expectation {name} is not known to the player")),
    }
}

async fn entries(player: &Player, wanted: u64) -> Result<(), String> {
    let named = player.desk.store.entry_count(&player.feed).await.unwrap();
    let articles = player.desk.store.snapshot_rows().await.unwrap().len() as u64;
    // After the owner has named another address, the articles of the first are still there.
    say(named == wanted && articles == wanted, || {
        format!("{named} entries, {articles} articles, wanted {wanted}; last poll {:?}", player.last)
    })
}

async fn until_next(player: &Player) -> u64 {
    let wait = player.state().await.next_due.as_second() - player.now().as_second();
    u64::try_from(wait).unwrap_or(0)
}

async fn next_poll(player: &Player, name: &str, wanted: &Value) -> Result<(), String> {
    let next = TimeZone::UTC.to_datetime(player.state().await.next_due);
    if name == "next_poll_hour_utc" {
        return say(wanted.as_i64() == Some(next.hour().into()), || format!("{name}: {next}"));
    }
    let day = format!("{:?}", next.weekday());
    let skipped = wanted.as_array().unwrap().iter().any(|skipped| skipped == &day);
    say(!skipped, || format!("{name}: {day}"))
}

fn never_connects_to(player: &Player, wanted: &Value) -> Result<(), String> {
    let connected = player.server.state.lock().unwrap().connections.clone();
    let hit = wanted
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .find(|address| connected.iter().any(|connected| connected.to_string() == **address));
    say(hit.is_none(), || format!("connected to {hit:?}"))
}

fn hub_subscribe(player: &Player, seen: &[Seen], wanted: &Value) -> Result<(), String> {
    let hub = format!("hub.{}", player.feed.host_str().unwrap().trim_start_matches("site."));
    let Some(post) = seen.iter().find(|seen| seen.method == "POST" && seen.host == hub) else {
        return Err("the hub was not asked".to_owned());
    };
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(post.body.as_bytes()).into_owned().collect();
    let value = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let topic = wanted["topic"].as_str().unwrap_or(player.feed.as_str());
    let secret = value("hub.secret").map_or(0, str::len);
    // The server itself is plain HTTP, whatever the scheme of the hub's URL.
    let is_secret_right = if wanted["hub"].as_str().is_some_and(|hub| hub.starts_with("https:")) {
        secret >= 32
    } else {
        secret == 0
    };
    let is_right =
        value("hub.mode") == Some("subscribe") && value("hub.topic") == Some(topic) && is_secret_right;
    say(is_right, || format!("the hub was asked {}", post.body))
}

async fn first_article(player: &Player, name: &str, wanted: &Value) -> Result<(), String> {
    let rows = player.desk.store.snapshot_rows().await.unwrap();
    let path = |url: &url::Url| url.path().to_owned();
    let Some(article) = rows.iter().map(|row| &row.article).min_by_key(|article| path(&article.web_url))
    else {
        return Err(format!("{name}: there is no article"));
    };
    let found = match name {
        "entry0_link" => path(&article.web_url),
        "title" => article.title.clone(),
        "entry0_date" => {
            let is_first_seen =
                article.published_from == DateOrigin::FirstSeen && article.published < player.now();
            if is_first_seen { "first_seen".to_owned() } else { article.published.to_string() }
        }
        _ => {
            let not_after: Timestamp = player.now();
            if article.published <= not_after { "now".to_owned() } else { article.published.to_string() }
        }
    };
    say(wanted == &found, || format!("{name}: {found}, wanted {wanted}"))
}
