//! `courant doctor`: checks a site and says what to do.

mod finding;
mod folders;
mod running;
mod store_state;

use std::{fs, time::Duration};

use clap::Args;
use courant_net::{Purpose, Request, Response, poll_outcome::failing_too_long};
use courant_pipeline::{client_of, clock::Clock, over_limits};
use courant_site::{Site, files::write_atomically};
use courant_store::Store;
use jiff::Timestamp;

use self::finding::{Finding, State};
use crate::{
    exit::Exit,
    output::{counted, print_json, say, time},
    serve::listening,
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Compare every index of the store with its table as well (takes several times as long)
    #[arg(long)]
    pub(crate) deep: bool,
}

pub(crate) async fn run(session: &Session, deep: bool) -> anyhow::Result<Exit> {
    let mut findings = vec![clock(session)];
    match session.site() {
        Err(error) => findings.push(Finding::fail(
            "site",
            error.to_string(),
            "fix the file named above, or create a site with `courant new`",
        )),
        Ok(site) => {
            findings.push(site_files(&site));
            findings.push(disk(&site));
            findings.extend(folders::look(&site));
            findings.extend(store(&site, session.clock.now(), deep).await);
            findings.push(keys(&site));
            findings.push(network(&site, session.clock).await);
            findings.push(connections(&site));
            findings.extend(https(&site));
        }
    }
    let worst =
        findings.iter().map(|finding| finding.state).max_by_key(|state| *state as u8).unwrap_or(State::Ok);
    if session.json {
        print_json(&findings)?;
    } else {
        findings.iter().for_each(print);
    }
    Ok(match worst {
        State::Fail => Exit::Failed,
        State::Warn | State::Ok => Exit::Done,
    })
}

fn print(finding: &Finding) {
    let mark = match finding.state {
        State::Ok => "ok  ",
        State::Warn => "warn",
        State::Fail => "FAIL",
    };
    say(format_args!("{mark} {}: {}", finding.what, finding.found));
    if let Some(todo) = &finding.todo {
        say(format_args!("       → {todo}"));
    }
}

/// A clock before the year of this program is wrong; it would give every article a wrong date.
fn clock(session: &Session) -> Finding {
    let now = session.clock.now();
    if let Err(error) = session.clock.check() {
        return Finding::fail("clock", error.to_string(), "set the clock (timedatectl set-ntp true)");
    }
    let earliest: Timestamp = Timestamp::constant(1_767_225_600, 0);
    if now < earliest {
        return Finding::fail(
            "clock",
            format!("this machine's clock says {}", time(now)),
            "set the clock (timedatectl set-ntp true)",
        );
    }
    Finding::ok("clock", time(now).to_string())
}

fn site_files(site: &Site) -> Finding {
    let found = format!(
        "{}, {}, {} in {}",
        counted(site.sources.len(), "source"),
        counted(site.topics.len(), "topic"),
        counted(site.providers.len(), "provider"),
        site.dir.display()
    );
    if site.sources.is_empty() {
        return Finding::warn("site", found, "add a source: courant sources add https://…");
    }
    if site.config.fetch.contact.is_empty() {
        return Finding::warn(
            "site",
            found,
            "set [fetch] contact in courant.toml, so that publishers can reach you",
        );
    }
    Finding::ok("site", found)
}

fn disk(site: &Site) -> Finding {
    let probe = site.state_dir().join("doctor-probe");
    let outcome = write_atomically(&probe, &vec![0; 1 << 20]).and_then(|()| fs::remove_file(&probe));
    match outcome {
        Ok(()) => Finding::ok("disk", format!("{} can be written", site.state_dir().display())),
        Err(error) => Finding::fail(
            "disk",
            error.to_string(),
            "free disk space, or give this user the right to write there",
        ),
    }
}

/// Whether the file descriptors allow the configured connections.
fn connections(site: &Site) -> Finding {
    let limit = listening::connection_limit(site);
    let found = format!("{} concurrent, with {} file descriptors", limit.connections, limit.descriptors);
    match limit.wanted {
        None => Finding::ok("connections", found),
        Some(wanted) => Finding::warn(
            "connections",
            format!("{found}, instead of {wanted}"),
            "raise LimitNOFILE= of the service or `ulimit -Hn`, or set [serve] max_connections lower",
        ),
    }
}

/// HTTP Strict Transport Security, if the site has HTTPS.
fn https(site: &Site) -> Option<Finding> {
    let days = site.config.serve.hsts_days.0;
    (site.config.site.url.scheme() == "https").then(|| match days {
        0 => Finding::ok(
            "https",
            "browsers may still use HTTP; once HTTPS is permanent, set [serve] hsts_days in courant.toml",
        ),
        _ => Finding::ok("https", format!("returning browsers use HTTPS only, for {days} days")),
    })
}

async fn store(site: &Site, now: Timestamp, deep: bool) -> Vec<Finding> {
    let file = site.store_file();
    if !file.exists() {
        return vec![Finding::ok("store", "none yet; the first run creates it")];
    }
    let (store, mut findings) = match running::open(&file, &site.state_dir()).await {
        Ok(opened) => opened,
        Err(error) => return vec![store_state::unopened(&error)],
    };
    findings.extend(store_state::look(&store, site, now, deep).await);
    if let Ok(counts) = store.counts().await {
        let dead = counts.pages_dead + counts.captures_dead;
        let found = format!(
            "{} in {}, {} published; {} and {} wait; {}",
            counted(counts.articles, "article"),
            counted(counts.stories, "story"),
            counts.published,
            counted(counts.pages_due, "page"),
            counted(counts.captures_pending, "capture"),
            counted(dead, "dead letter")
        );
        if dead > 0 {
            let letters = store.dead_letters(3).await.unwrap_or_default();
            let shown: Vec<String> =
                letters.into_iter().map(|letter| format!("{}: {}", letter.url, letter.reason)).collect();
            let todo = format!("courant store dead-letters lists them; the latest: {}", shown.join("; "));
            findings.push(Finding::warn("work", found, &todo));
        } else {
            findings.push(Finding::ok("work", found));
        }
    }
    findings.extend(failing_sources(&store, now).await);
    findings.extend(limits(site, &store, now).await);
    findings.extend(refused(&store).await);
    if let Err(error) = store.close().await {
        findings.push(Finding::fail("store", error.to_string(), "see docs/OPERATIONS.md, “Store”"));
    }
    findings
}

/// Sources that reached a limit today, so that some of their entries wait.
async fn limits(site: &Site, store: &Store, now: Timestamp) -> Option<Finding> {
    let over = over_limits(store, &site.config.limits, now).await.unwrap_or_default();
    (!over.is_empty()).then(|| {
        Finding::warn(
            "limits",
            over.join("; "),
            "raise [limits] in courant.toml, for one source with [[limits.source]], or remove the source",
        )
    })
}

/// Captures that are not articles, by reason.
async fn refused(store: &Store) -> Option<Finding> {
    let counts = store.counts().await.ok()?.captures_rejected;
    let shown: Vec<String> = counts.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    (!shown.is_empty()).then(|| Finding::ok("refused", format!("not articles: {}", shown.join(", "))))
}

/// Sources that have failed for three days or no longer exist: reported, never removed.
async fn failing_sources(store: &Store, now: Timestamp) -> Option<Finding> {
    let states = store.sources().await.unwrap_or_default();
    let told: Vec<String> = states
        .iter()
        .filter_map(|state| {
            let error = state.last_error.as_deref().unwrap_or_default();
            if state.gone {
                return Some(format!("{} no longer exists ({error})", state.source.url));
            }
            let lasted = failing_too_long(state, now)?;
            Some(format!("{} has failed for {} days ({error})", state.source.url, lasted.as_hours() / 24))
        })
        .collect();
    (!told.is_empty()).then(|| {
        Finding::warn(
            "sources",
            told.join("; "),
            "courant sources check URL, then fix or remove it: courant sources remove URL",
        )
    })
}

fn keys(site: &Site) -> Finding {
    let ring = site.keys();
    match (site.config.seal.keys.len(), ring.can_seal()) {
        (0, _) => Finding::ok("keys", "none configured; records have no private part"),
        (_, true) => {
            Finding::ok("keys", format!("{} of {} can be read", ring.len(), site.config.seal.keys.len()))
        }
        (_, false) => Finding::warn(
            "keys",
            "no key can be read; records are published without their private part",
            "restore the key, or empty [seal] keys",
        ),
    }
}

async fn network(site: &Site, clock: Clock) -> Finding {
    let Some(source) = site.sources.first() else { return Finding::ok("network", "no source to fetch") };
    let client = match client_of(site, clock, Vec::new()) {
        Ok(client) => client,
        Err(error) => return Finding::fail("network", format!("{error:#}"), "fix [fetch] in courant.toml"),
    };
    let request = Request::new(source.url.clone(), Purpose::Feed);
    match tokio::time::timeout(Duration::from_secs(20), client.get(&request)).await {
        Ok(Ok(Response::Fetched(_) | Response::NotModified(_))) => {
            Finding::ok("network", format!("{} answers", source.url))
        }
        Ok(Err(error)) => Finding::warn(
            "network",
            error.to_string(),
            "check whether this machine reaches the web; `courant sources check` tests all sources",
        ),
        Err(_) => Finding::warn(
            "network",
            format!("{} did not answer within 20 seconds", source.url),
            "check whether this machine reaches the web",
        ),
    }
}
