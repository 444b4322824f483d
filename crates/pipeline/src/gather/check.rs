//! `sources check`: fetches a source and reports what it contains. Nothing is stored.

use courant_formats::feed::FeedKind;
use courant_model::Source;
use courant_net::{Client, Fetched, Purpose, Request, Response};
use courant_site::Site;
use serde::Serialize;
use url::Url;

use crate::gather::read_source::{entry_time, read_source};

/// Maximum number of entries in a preview.
const MAX_PREVIEW_ENTRIES: usize = 5;

/// The result of `sources check` for one source.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceCheck {
    pub url: String,
    pub ok: bool,
    pub problem: Option<String>,
    pub title: Option<String>,
    /// The format: `rss`, `atom`, `json`, `sitemap`, …
    pub kind: Option<FeedKind>,
    pub entries: usize,
    pub newest: Option<String>,
    pub moved_to: Option<String>,
    /// The first entries.
    pub preview: Vec<PreviewEntry>,
}

/// One entry of a preview.
#[derive(Debug, Serialize)]
pub struct PreviewEntry {
    pub title: String,
    pub link: Option<String>,
    pub date: Option<String>,
}

/// Fetches a source and reports what it contains. The response is `None` when the request failed.
pub async fn check_source(site: &Site, client: &Client, source: &Source) -> (SourceCheck, Option<Fetched>) {
    check(site, client, source, Purpose::Feed).await
}

/// As [`check_source`], for a URL that Courant discovered itself: robots.txt applies.
pub(crate) async fn check_found(
    site: &Site,
    client: &Client,
    source: &Source,
) -> (SourceCheck, Option<Fetched>) {
    check(site, client, source, Purpose::Discovery).await
}

/// As [`check_source`], for a response that was fetched before.
pub(crate) fn check_page(site: &Site, source: &Source, fetched: &Fetched) -> SourceCheck {
    let mut check = SourceCheck::of(&source.url);
    check.read(site, source, fetched);
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
    check.read(site, source, &fetched);
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

    /// Whether the source is a sitemap or a sitemap index.
    pub fn is_sitemap(&self) -> bool {
        matches!(self.kind, Some(FeedKind::Sitemap | FeedKind::SitemapIndex))
    }

    /// Reads the response as `source` and fills in what it contains.
    fn read(&mut self, site: &Site, source: &Source, fetched: &Fetched) {
        match read_source(site, source, fetched) {
            Ok(feed) => {
                self.ok = true;
                self.title = feed.title.as_ref().map(crate::gather::entry_fields::plain);
                self.kind = Some(feed.kind);
                self.entries = feed.entries.len();
                self.newest = feed.entries.iter().filter_map(entry_time).max().map(|time| time.to_string());
                self.preview = feed
                    .entries
                    .iter()
                    .take(MAX_PREVIEW_ENTRIES)
                    .map(|entry| PreviewEntry {
                        title: entry
                            .title
                            .as_ref()
                            .map(crate::gather::entry_fields::plain)
                            .unwrap_or_default(),
                        link: entry.link.clone(),
                        date: entry_time(entry).map(|time| time.to_string()),
                    })
                    .collect();
                if feed.entries.is_empty() {
                    self.problem = Some("the source has no entries at present".to_owned());
                }
            }
            Err(error) => self.problem = Some(error),
        }
    }
}
