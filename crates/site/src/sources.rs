//! `sources.opml`: the list of sources.

use std::{collections::HashSet, fs, path::Path};

use courant_formats::opml::{self, Opml, OpmlFeed};
use courant_model::{Source, SourceKind, redacted_text};
use serde::Serialize;
use url::Url;

use crate::SiteError;

/// The sources in this file, in its order. A source listed twice, or an address that is none, is an error
/// with its line.
pub(crate) fn read(file: &Path) -> Result<Vec<Source>, SiteError> {
    let document = read_opml(file)?;
    let mut sources: Vec<(Source, u32)> = Vec::with_capacity(document.feeds.len());
    let mut seen = std::collections::HashMap::with_capacity(document.feeds.len());
    for feed in document.feeds {
        let source = source_of(&feed, file)?;
        if let Some(first) = seen.insert(source.url.clone(), feed.line) {
            let message = format!("source {} is listed twice, first in line {first}", source.url);
            return Err(SiteError::line(file, feed.line as usize, message));
        }
        sources.push((source, feed.line));
    }
    Ok(sources.into_iter().map(|(source, _)| source).collect())
}

fn source_of(feed: &OpmlFeed, file: &Path) -> Result<Source, SiteError> {
    let url = Url::parse(feed.xml_url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else {
        let message = format!("xmlUrl {:?} is no http or https address", feed.xml_url);
        return Err(SiteError::line(file, feed.line as usize, message));
    };
    let kind = match feed.kind.as_deref() {
        Some("sitemap") => SourceKind::Sitemap,
        Some("page") => SourceKind::Page,
        _ => SourceKind::Feed,
    };
    Ok(Source {
        url,
        kind,
        title: feed.title.clone(),
        site: feed.html_url.as_deref().and_then(|url| Url::parse(url).ok()),
        tags: feed.folders.clone(),
    })
}

/// The `type` that a source of this kind bears in the file.
fn type_of(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Feed => "rss",
        SourceKind::Sitemap => "sitemap",
        SourceKind::Page => "page",
    }
}

fn read_opml(file: &Path) -> Result<Opml, SiteError> {
    match fs::read(file) {
        Ok(bytes) => opml::parse(&bytes).map_err(|error| SiteError::file(file, error.to_string())),
        Err(error) => Err(SiteError::io(file, &error)),
    }
}

/// Writes `source` into the file; false where it is listed already.
pub fn add_source(file: &Path, source: &Source) -> Result<bool, SiteError> {
    let mut document = read_opml(file)?;
    if document.feeds.iter().any(|feed| Url::parse(feed.xml_url.trim()).is_ok_and(|url| url == source.url)) {
        return Ok(false);
    }
    document.feeds.push(OpmlFeed {
        xml_url: source.url.to_string(),
        html_url: source.site.as_ref().map(ToString::to_string),
        title: source.title.clone(),
        kind: Some(type_of(source.kind).to_owned()),
        folders: source.tags.clone(),
        line: 0,
    });
    write_opml(file, &document).map(|()| true)
}

/// What came of a list that was taken in.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Addresses that are listed now.
    pub added: Vec<String>,
    /// How many were listed already, or came twice.
    pub known: usize,
    /// What is no address of a feed: the line, and what stands there.
    pub refused: Vec<(u32, String)>,
}

/// Adds the feeds of another list that are not listed yet, in their order, below the folder `around` where one is
/// named.
pub fn import_sources(file: &Path, list: Opml, around: Option<&str>) -> Result<Imported, SiteError> {
    let mut document = read_opml(file)?;
    let mut listed: HashSet<Url> =
        document.feeds.iter().filter_map(|feed| Url::parse(feed.xml_url.trim()).ok()).collect();
    let mut imported = Imported::default();
    for mut feed in list.feeds {
        let Some(url) = feed_address(&feed.xml_url) else {
            imported.refused.push((feed.line, feed.xml_url));
            continue;
        };
        if !listed.insert(url.clone()) {
            imported.known += 1;
            continue;
        }
        imported.added.push(url.to_string());
        feed.xml_url = url.into();
        feed.folders.splice(0..0, around.map(str::to_owned));
        document.feeds.push(feed);
    }
    if !imported.added.is_empty() {
        write_opml(file, &document)?;
    }
    Ok(imported)
}

/// The address that a list means: also `feed://host/…` and `feed:https://…`, which some readers write.
fn feed_address(text: &str) -> Option<Url> {
    let text = text.trim();
    let web = match text.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
        Some(rest) => rest.to_owned(),
        None => text.to_owned(),
    };
    Url::parse(&web).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

/// The list as it stands, written well.
pub fn export_sources(file: &Path) -> Result<String, SiteError> {
    Ok(opml::write(&read_opml(file)?))
}

/// Takes the source of this address out of the file; false where it is not listed.
pub fn remove_source(file: &Path, url: &str) -> Result<bool, SiteError> {
    let mut document = read_opml(file)?;
    let before = document.feeds.len();
    let wanted = Url::parse(url).ok();
    let is_it = |feed: &OpmlFeed| {
        feed.xml_url.trim() == url || (wanted.is_some() && Url::parse(feed.xml_url.trim()).ok() == wanted)
    };
    // Where lists hide a password or token, the address is given as they show it; it must mean one source.
    let shown_so = |feed: &OpmlFeed| redacted_text(feed.xml_url.trim()) == url;
    if document.feeds.iter().any(is_it) {
        document.feeds.retain(|feed| !is_it(feed));
    } else if document.feeds.iter().filter(|feed| shown_so(feed)).count() == 1 {
        document.feeds.retain(|feed| !shown_so(feed));
    }
    if document.feeds.len() == before {
        return Ok(false);
    }
    write_opml(file, &document).map(|()| true)
}

fn write_opml(file: &Path, document: &Opml) -> Result<(), SiteError> {
    crate::files::write_atomically(file, opml::write(document).as_bytes())
        .map_err(|error| SiteError::io(file, &error))
}
