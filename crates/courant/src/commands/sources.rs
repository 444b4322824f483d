//! `courant sources`: list, add, remove, check.

use anyhow::{Context, bail};
use courant_formats::{encoding::decode_html, feed};
use courant_model::{Source, SourceKind};
use courant_net::{Answer, Client, Purpose, Request};
use futures_util::{StreamExt, stream};
use url::Url;

use super::{Session, close};
use crate::{
    cli::SourcesAction,
    output::{Exit, print_json},
    pipeline::{SourceCheck, check_source, client_of},
    site,
};

pub(super) async fn run(session: &Session, action: SourcesAction) -> anyhow::Result<Exit> {
    match action {
        SourcesAction::List => list(session).await,
        SourcesAction::Add { url, folder } => add(session, &url, folder).await,
        SourcesAction::Remove { url } => remove(session, &url).await,
        SourcesAction::Check { url } => check(session, url.as_deref()).await,
    }
}

async fn list(session: &Session) -> anyhow::Result<Exit> {
    let desk = session.desk().await?;
    let states = desk.store.sources().await?;
    if session.json {
        print_json(&states)?;
    } else {
        for state in &states {
            let name = state.source.title.as_deref().unwrap_or("");
            let condition = match (&state.last_error, state.gone, state.last_success) {
                (_, true, _) => "gone".to_owned(),
                (Some(error), ..) => format!("failed {}×: {error}", state.failures),
                (None, _, Some(time)) => format!("answered {time}"),
                (None, _, None) => "not asked yet".to_owned(),
            };
            println!("{}\n    {name}; {condition}; next {}", state.source.url, state.next_due);
        }
        println!("{} sources", states.len());
    }
    close(desk).await;
    Ok(Exit::Done)
}

async fn add(session: &Session, text: &str, folder: Option<String>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let url = parse(text)?;
    let client = client_of(&site, session.clock, Vec::new())?;
    let mut source = found_source(&client, &url).await?;
    source.tags.extend(folder);
    let is_new = site::add_source(&site.sources_file(), &source)?;
    if session.json {
        print_json(&serde_json::json!({ "added": is_new, "source": source }))?;
    } else if is_new {
        println!("added {} ({})", source.url, source.title.as_deref().unwrap_or("no title"));
    } else {
        println!("{} is listed already", source.url);
    }
    Ok(Exit::Done)
}

/// The source at this address: the feed itself, or the first feed that works of those that the page there
/// announces.
async fn found_source(client: &Client, url: &Url) -> anyhow::Result<Source> {
    let (check, _) = check_source(client, url).await;
    if check.ok {
        return Ok(source(url.clone(), &check, None));
    }
    let problem = check.problem.unwrap_or_default();
    let request = Request::new(url.clone(), Purpose::Page);
    let Ok(Answer::Fetched(page)) = client.get(&request).await else { bail!("{url}: {problem}") };
    let decoded = decode_html(&page.body, page.header("content-type"));
    let announced = feed::feeds_in_page(&decoded.text, &page.final_url);
    if announced.is_empty() {
        bail!(
            "{url} is no feed ({problem}) and announces none; look for one on the site and add its address"
        );
    }
    for link in &announced {
        let (check, _) = check_source(client, &link.url).await;
        if check.ok {
            return Ok(source(link.url.clone(), &check, Some(url.clone())));
        }
    }
    bail!("{url} announces {} feeds, and none of them can be read", announced.len())
}

fn source(url: Url, check: &SourceCheck, site: Option<Url>) -> Source {
    Source { url, kind: SourceKind::Feed, title: check.title.clone(), site, tags: Vec::new() }
}

async fn remove(session: &Session, url: &str) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let was_listed = site::remove_source(&site.sources_file(), url)?;
    if session.json {
        print_json(&serde_json::json!({ "removed": was_listed }))?;
    } else if was_listed {
        println!("removed {url}; its articles stay");
    } else {
        bail!("{url} is not listed in {}", site.sources_file().display());
    }
    Ok(Exit::Done)
}

async fn check(session: &Session, only: Option<&str>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let client = client_of(&site, session.clock, Vec::new())?;
    let urls: Vec<Url> = match only {
        Some(text) => vec![parse(text)?],
        None => site.sources.iter().map(|source| source.url.clone()).collect(),
    };
    let checks: Vec<SourceCheck> = stream::iter(urls)
        .map(|url| {
            let client = &client;
            async move { check_source(client, &url).await.0 }
        })
        .buffered(site.config.fetch.parallel)
        .collect()
        .await;
    if session.json {
        print_json(&checks)?;
    } else {
        checks.iter().for_each(print_check);
        println!(
            "{} of {} sources can be read",
            checks.iter().filter(|check| check.ok).count(),
            checks.len()
        );
    }
    Ok(if checks.iter().all(|check| check.ok) { Exit::Done } else { Exit::Partly })
}

fn print_check(check: &SourceCheck) {
    let mark = if check.ok { "ok  " } else { "FAIL" };
    println!("{mark} {}", check.url);
    if check.ok {
        let newest = check.newest.as_deref().unwrap_or("no dates");
        println!(
            "     {} entries, newest {newest}; {}",
            check.entries,
            check.title.as_deref().unwrap_or("no title")
        );
    }
    if let Some(to) = &check.moved_to {
        println!("     it is at {to} now");
    }
    if let Some(problem) = &check.problem {
        println!("     {problem}");
    }
}

fn parse(text: &str) -> anyhow::Result<Url> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Url::parse(&with_scheme)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .with_context(|| format!("{text:?} is no http or https address"))
}
