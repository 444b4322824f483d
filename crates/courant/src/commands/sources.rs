//! `courant sources`: list, add, remove, check.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use courant_formats::opml;
use courant_model::{Source, SourceKind, Timestamp, redacted_url};
use courant_pipeline::{
    Discovery, SourceCheck, SourceHealth, check_source, client_of, discover, source_health,
};
use courant_site::files::write_privately;
use courant_store::SourceDay;
use futures_util::{StreamExt, stream};
use url::Url;

use crate::{
    exit::Exit,
    output::{counted, print_json, say, say_plainly, tell, time},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct SourcesArgs {
    #[command(subcommand)]
    pub(crate) action: SourcesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesAction {
    /// List the sources with their state
    List,
    /// Add a source: a feed, or a page that announces one
    Add {
        /// URL of the feed or page
        url: String,
        /// Folder (tag) in sources.opml
        #[arg(long)]
        folder: Option<String>,
    },
    /// Import the OPML file of another reader, even a damaged one; its folders become tags
    Import {
        /// OPML file
        file: PathBuf,
        /// Folder (tag) around all imported sources
        #[arg(long)]
        folder: Option<String>,
    },
    /// Export the sources as OPML; passwords and tokens in URLs are not hidden
    Export {
        /// File to write, readable only by you [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Remove a source; its articles stay
    Remove {
        /// URL of the source, as in sources.opml
        url: String,
    },
    /// Fetch sources without storing anything, and report problems
    Check {
        /// URL of the only source to check [default: all sources]
        url: Option<String>,
    },
}

pub(crate) async fn run(session: &Session, action: SourcesAction) -> anyhow::Result<Exit> {
    match action {
        SourcesAction::List => list(session).await,
        SourcesAction::Add { url, folder } => add(session, &url, folder).await,
        SourcesAction::Import { file, folder } => import(session, &file, folder.as_deref()),
        SourcesAction::Export { out } => export(session, out.as_deref()),
        SourcesAction::Remove { url } => remove(session, &url),
        SourcesAction::Check { url } => check(session, url.as_deref()).await,
    }
}

async fn list(session: &Session) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    let sources = source_health(&context.store, context.clock.now()).await?;
    if session.json {
        print_json(&sources)?;
    } else {
        sources.iter().for_each(print);
        say(counted(sources.len(), "source"));
    }
    close(context).await;
    Ok(Exit::Done)
}

async fn add(session: &Session, text: &str, folder: Option<String>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let url = parse(text)?;
    let client = client_of(&site, session.clock, Vec::new())?;
    let discovery = discover(&site, &client, &url).await;
    let Some(best) = discovery.found.first() else { bail!(nothing_found(&url, &discovery)) };
    let mut source = best.source.clone();
    source.tags.extend(folder);
    let is_new = courant_site::add_source(&site.sources_file(), &source)?;
    if session.json {
        print_json(&serde_json::json!({ "added": is_new, "source": source, "found": discovery.found }))?;
        return Ok(Exit::Done);
    }
    for found in &discovery.found {
        say(format_args!("{} ({})", found.source.url, found.how));
        print_check(&found.check);
    }
    if is_new {
        say(format_args!("Added {} ({})", source.url, source.title.as_deref().unwrap_or("no title")));
    } else {
        say(format_args!("{} is already listed", source.url));
    }
    Ok(Exit::Done)
}

fn import(session: &Session, file: &Path, folder: Option<&str>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let list = opml::parse(&bytes).with_context(|| file.display().to_string())?;
    let imported = courant_site::import_sources(&site.sources_file(), list, folder)?;
    if session.json {
        print_json(&imported)?;
    } else {
        say(format_args!(
            "{} added, {} already listed",
            counted(imported.added.len(), "source"),
            imported.known
        ));
        for (line, text) in &imported.refused {
            say(format_args!("{}:{line}: {text:?} is not an http or https URL", file.display()));
        }
    }
    Ok(if imported.refused.is_empty() { Exit::Done } else { Exit::Partly })
}

/// Exports the list with complete URLs: it is the owner's copy and must lead to the same feeds.
fn export(session: &Session, out: Option<&Path>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let list = courant_site::export_sources(&site.sources_file())?;
    let secrets =
        site.sources.iter().filter(|source| redacted_url(&source.url) != source.url.as_str()).count();
    match out {
        Some(file) => {
            write_privately(file, list.as_bytes())
                .with_context(|| format!("cannot write {}", file.display()))?;
            tell(format_args!("courant: {} was written; only you can read it", file.display()));
        }
        None => say_plainly(list.trim_end()),
    }
    if secrets > 0 {
        tell(format_args!(
            "courant: the list contains passwords or tokens of {}; keep it private",
            counted(secrets, "source")
        ));
    }
    Ok(Exit::Done)
}

fn nothing_found(url: &Url, discovery: &Discovery) -> String {
    let mut message = format!("no feed was found at {url}");
    for (tried, problem) in &discovery.failed {
        // Writing into a string cannot fail.
        let _ = write!(message, "\n  {tried}: {problem}");
    }
    message.push_str(
        "\nif the site has no feed, list its page in courant.toml: docs/OPERATIONS.md, “Pages as sources”",
    );
    message
}

fn remove(session: &Session, url: &str) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let was_listed = courant_site::remove_source(&site.sources_file(), url)?;
    if session.json {
        print_json(&serde_json::json!({ "removed": was_listed }))?;
    } else if was_listed {
        say(format_args!("Removed {url}; its articles stay"));
    } else {
        bail!("{url} is not listed in {}", site.sources_file().display());
    }
    Ok(Exit::Done)
}

async fn check(session: &Session, only: Option<&str>) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let client = client_of(&site, session.clock, Vec::new())?;
    let sources: Vec<Source> = match only {
        None => site.sources.clone(),
        Some(text) => {
            let url = parse(text)?;
            let shown = redacted_url(&url);
            // A URL may be given as `sources list` shows it.
            let is_it = |source: &&Source| source.url == url || redacted_url(&source.url) == shown;
            let exact = site.sources.iter().find(|source| source.url == url);
            let listed = exact.or_else(|| site.sources.iter().find(is_it)).cloned();
            let source = || Source { url, kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() };
            vec![listed.unwrap_or_else(source)]
        }
    };
    let checks: Vec<SourceCheck> = stream::iter(&sources)
        .map(|source| check_source(&site, &client, source))
        .buffered(site.config.fetch.parallel)
        .map(|(check, _)| check)
        .collect()
        .await;
    if session.json {
        print_json(&checks)?;
    } else {
        checks.iter().for_each(print_check);
        say(format_args!(
            "{} of {} can be read",
            checks.iter().filter(|check| check.ok).count(),
            counted(checks.len(), "source")
        ));
    }
    Ok(if checks.iter().all(|check| check.ok) { Exit::Done } else { Exit::Partly })
}

fn print_check(check: &SourceCheck) {
    let mark = if check.ok { "ok  " } else { "FAIL" };
    say(format_args!("{mark} {}", check.url));
    if check.ok {
        let newest = check.newest.as_deref().unwrap_or("no dates");
        say(format_args!(
            "     {}, newest {newest}; {}",
            counted(check.entries, "entry"),
            check.title.as_deref().unwrap_or("no title")
        ));
    }
    for entry in &check.preview {
        say(format_args!("     - {} {}", entry.date.as_deref().unwrap_or("          "), entry.title));
    }
    if let Some(to) = &check.moved_to {
        say(format_args!("     moved to {to}"));
    }
    if let Some(problem) = &check.problem {
        say(format_args!("     {problem}"));
    }
}

fn parse(text: &str) -> anyhow::Result<Url> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Url::parse(&with_scheme)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .with_context(|| format!("{text:?} is not an http or https URL"))
}

/// Prints the source in a few lines.
fn print(source: &SourceHealth) {
    say(format_args!("{}  {}", source.url, source.title.as_deref().unwrap_or_default()));
    let when = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| time(at).to_string());
    say(format_args!(
        "    last change {}, last answer {}",
        when(source.last_change),
        when(source.last_success)
    ));
    if let Some(error) = &source.last_error {
        let since = source.failing_since.map(|since| format!(" since {}", time(since))).unwrap_or_default();
        say(format_args!("    failing{since}, {} in a row: {error}", counted(source.failures, "time")));
    }
    if let Some(url) = &source.asked_at {
        say(format_args!("    moved permanently; polled at {url}"));
    }
    if let Some(to) = &source.moving_to {
        say(format_args!("    redirects to {to}; adopted after seven days"));
    }
    let because = source.because.as_deref().unwrap_or("never polled yet");
    match source.next_poll {
        Some(next) => say(format_args!("    next poll {}: {because}", time(next))),
        None => say(format_args!("    not polled again: {because}")),
    }
    let percent =
        |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0));
    say(format_args!(
        "    {} entries per week; {} in four weeks, published {}, copies {}, mean quality {}",
        source.entries_a_week,
        counted(source.articles, "article"),
        percent(source.published_share),
        percent(source.copy_share),
        source.mean_quality.map_or_else(|| "–".to_owned(), |quality| format!("{quality:.0}"))
    ));
    let SourceDay { articles, bytes, left_out } = source.today;
    if left_out > 0 {
        say(format_args!(
            "    limit reached today: {articles} entries and {} MB accepted, {left_out} entries or pages wait",
            bytes / 1_000_000
        ));
    }
}
