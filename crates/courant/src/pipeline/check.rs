//! Looking at a source without storing anything.

use courant_formats::feed::FeedKind;
use courant_model::Source;
use courant_net::{Client, Fetched, Purpose, Request, Response};
use serde::Serialize;
use url::Url;

use super::read_source::{entry_time, read_source};
use crate::site::Site;

/// How many entries a preview shows.
const PREVIEW: usize = 5;

/// What `sources check` says about one source.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceCheck {
    pub(crate) url: String,
    pub(crate) ok: bool,
    pub(crate) problem: Option<String>,
    pub(crate) title: Option<String>,
    /// Its format: `rss`, `atom`, `json`, `sitemap`, …
    pub(crate) kind: Option<FeedKind>,
    pub(crate) entries: usize,
    pub(crate) newest: Option<String>,
    pub(crate) moved_to: Option<String>,
    /// The first entries.
    pub(crate) preview: Vec<PreviewEntry>,
}

/// One entry of a preview.
#[derive(Debug, Serialize)]
pub(crate) struct PreviewEntry {
    pub(crate) title: String,
    pub(crate) link: Option<String>,
    pub(crate) date: Option<String>,
}

/// Fetches a source and says what is in it, without storing anything.
pub(crate) async fn check_source(
    site: &Site,
    client: &Client,
    source: &Source,
) -> (SourceCheck, Option<Fetched>) {
    check(site, client, source, Purpose::Feed).await
}

/// As [`check_source`], for an address that Courant found by itself: robots.txt is obeyed.
pub(crate) async fn check_found(
    site: &Site,
    client: &Client,
    source: &Source,
) -> (SourceCheck, Option<Fetched>) {
    check(site, client, source, Purpose::Discovery).await
}

/// What is in a source whose answer is at hand.
pub(crate) fn check_page(site: &Site, source: &Source, fetched: &Fetched) -> SourceCheck {
    let mut check = SourceCheck::of(&source.url);
    check.look(site, source, fetched);
    check
}

async fn check(
    site: &Site,
    client: &Client,
    source: &Source,
    purpose: Purpose,
) -> (SourceCheck, Option<Fetched>) {
    let mut check = SourceCheck::of(&source.url);
    let request = Request::new(source.url.clone(), purpose);
    let fetched = match client.get(&request).await {
        Ok(Response::Fetched(fetched)) => fetched,
        Ok(Response::NotModified(_)) => {
            check.problem = Some("answered 304 to a request without validators".to_owned());
            return (check, None);
        }
        Err(error) => {
            check.problem = Some(error.to_string());
            return (check, None);
        }
    };
    check.moved_to = (fetched.final_url != source.url).then(|| fetched.final_url.to_string());
    check.look(site, source, &fetched);
    (check, Some(fetched))
}

impl SourceCheck {
    fn of(url: &Url) -> Self {
        Self {
            url: url.to_string(),
            ok: false,
            problem: None,
            title: None,
            kind: None,
            entries: 0,
            newest: None,
            moved_to: None,
            preview: Vec::new(),
        }
    }

    /// Whether it is a sitemap or an index of sitemaps.
    pub(crate) fn is_sitemap(&self) -> bool {
        matches!(self.kind, Some(FeedKind::Sitemap | FeedKind::SitemapIndex))
    }

    fn look(&mut self, site: &Site, source: &Source, fetched: &Fetched) {
        match read_source(site, source, fetched) {
            Ok(feed) => {
                self.ok = true;
                self.title = feed.title.as_ref().map(super::entry::plain);
                self.kind = Some(feed.kind);
                self.entries = feed.entries.len();
                self.newest = feed.entries.iter().filter_map(entry_time).max().map(|time| time.to_string());
                self.preview = feed
                    .entries
                    .iter()
                    .take(PREVIEW)
                    .map(|entry| PreviewEntry {
                        title: entry.title.as_ref().map(super::entry::plain).unwrap_or_default(),
                        link: entry.link.clone(),
                        date: entry_time(entry).map(|time| time.to_string()),
                    })
                    .collect();
                if feed.entries.is_empty() {
                    self.problem = Some("it is empty at present".to_owned());
                }
            }
            Err(error) => self.problem = Some(error),
        }
    }
}
