//! `sources.opml`: the list of sources.

use std::{collections::HashSet, fs, path::Path};

use courant_formats::opml::{self, Opml, OpmlFeed};
use courant_model::{Source, SourceKind, redacted_text};
use serde::Serialize;
use url::Url;

use crate::{error::SiteError, files::write_atomically};

/// The sources in this file, in its order.
///
/// # Errors
/// If the file can't be read, a source is listed twice, or a URL is invalid; with the line.
pub(crate) fn read(file: &Path) -> Result<Vec<Source>, SiteError> {
    let document = read_opml(file)?;
    let mut sources: Vec<(Source, u32)> = Vec::with_capacity(document.feeds.len());
    let mut seen = std::collections::HashMap::with_capacity(document.feeds.len());
    for feed in document.feeds {
        let source = source_of(&feed, file)?;
        if let Some(first) = seen.insert(source.url.clone(), feed.line) {
            let message = format!("source {} is listed twice, first on line {first}", source.url);
            return Err(SiteError::line(file, feed.line as usize, message));
        }
        sources.push((source, feed.line));
    }
    Ok(sources.into_iter().map(|(source, _)| source).collect())
}

fn source_of(feed: &OpmlFeed, file: &Path) -> Result<Source, SiteError> {
    let url = Url::parse(feed.xml_url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else {
        let message =
            format!("xmlUrl must be a URL that begins with http:// or https://, not {:?}", feed.xml_url);
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

/// The `type` of such a source in the file.
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

/// Adds `source` to the file; false if it is already listed.
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

/// The result of importing a list.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// URLs that were added.
    pub added: Vec<String>,
    /// Number of those that were already listed or occur twice.
    pub known: usize,
    /// Texts that are not URLs of feeds, with their lines.
    pub refused: Vec<(u32, String)>,
}

/// Adds the feeds of another list that are not yet listed, in their order; inside the folder
/// `around` if it is given.
pub fn import_sources(file: &Path, list: Opml, around: Option<&str>) -> Result<Imported, SiteError> {
    let mut document = read_opml(file)?;
    let mut listed: HashSet<Url> =
        document.feeds.iter().filter_map(|feed| Url::parse(feed.xml_url.trim()).ok()).collect();
    let mut imported = Imported::default();
    for mut feed in list.feeds {
        let Some(url) = feed_url(&feed.xml_url) else {
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

/// The URL of a feed; also from `feed://host/…` and `feed:https://…`, which some feed readers
/// write.
fn feed_url(text: &str) -> Option<Url> {
    let text = text.trim();
    let web = match text.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
        Some(rest) => rest.to_owned(),
        None => text.to_owned(),
    };
    Url::parse(&web).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

/// The list as well-formed OPML.
pub fn export_sources(file: &Path) -> Result<String, SiteError> {
    Ok(opml::write(&read_opml(file)?))
}

/// Removes the source with this URL from the file; false if it is not listed.
pub fn remove_source(file: &Path, url: &str) -> Result<bool, SiteError> {
    let mut document = read_opml(file)?;
    let before = document.feeds.len();
    let wanted = Url::parse(url).ok();
    let is_it = |feed: &OpmlFeed| {
        feed.xml_url.trim() == url || (wanted.is_some() && Url::parse(feed.xml_url.trim()).ok() == wanted)
    };
    // Lists redact passwords and tokens. A redacted URL is accepted if it matches only one source.
    let is_redacted = |feed: &OpmlFeed| redacted_text(feed.xml_url.trim()) == url;
    if document.feeds.iter().any(is_it) {
        document.feeds.retain(|feed| !is_it(feed));
    } else if document.feeds.iter().filter(|feed| is_redacted(feed)).count() == 1 {
        document.feeds.retain(|feed| !is_redacted(feed));
    }
    if document.feeds.len() == before {
        return Ok(false);
    }
    write_opml(file, &document).map(|()| true)
}

fn write_opml(file: &Path, document: &Opml) -> Result<(), SiteError> {
    write_atomically(file, opml::write(document).as_bytes()).map_err(|error| SiteError::io(file, &error))
}
