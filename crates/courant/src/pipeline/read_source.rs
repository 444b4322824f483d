//! From the bytes of a source to its entries.

use std::cmp::Reverse;

use courant_formats::{
    encoding::decode_html,
    feed::{self, Entry, Feed, FeedContext, FeedKind},
};
use courant_model::{Rhythm, Source, SourceKind, Timestamp};
use courant_net::{Answer, Client, Fetched, Purpose, Request};

use super::page_list;
use crate::{health, site::Site};

/// The most entries of one answer that are looked at; a sitemap may list as many (sitemaps.org). How many are taken is
/// a matter of `[limits]`.
pub(super) const MAX_ENTRIES: usize = 50_000;
/// A sitemap index is followed no further once so many entries were found.
const ENOUGH: usize = 5_000;
/// Sitemaps that one sitemap index may lead to in one round.
const MAX_SITEMAPS: usize = 20;

/// Reads a source as what its owner says that it is.
pub(super) fn read_source(site: &Site, source: &Source, fetched: &Fetched) -> Result<Feed, String> {
    if source.kind != SourceKind::Page {
        return read_feed(fetched);
    }
    match site.config.list_of(&source.url) {
        Some(list) => page_list::read(list, fetched),
        None => marked_up(fetched).ok_or_else(|| NOT_MARKED_UP.to_owned()),
    }
}

/// What the owner of a page without a list reads.
const NOT_MARKED_UP: &str =
    "the page marks no articles up (h-feed); name its selectors in a [source.list] of courant.toml";

/// The articles that a page marks up by itself, as a feed.
fn marked_up(fetched: &Fetched) -> Option<Feed> {
    let page = decode_html(&fetched.body, fetched.header("content-type"));
    feed::feed_in_page(&page.text, &fetched.final_url)
}

/// Reads a feed or sitemap.
pub(super) fn read_feed(fetched: &Fetched) -> Result<Feed, String> {
    let context = FeedContext {
        base_url: Some(fetched.final_url.as_str()),
        content_type: fetched.header("content-type"),
        content_location: fetched.header("content-location"),
        content_language: fetched.header("content-language"),
    };
    feed::parse(&fetched.body, &context).map_err(|error| error.to_string())
}

/// What a document says about its own rhythm.
pub(super) fn rhythm(feed: &Feed) -> Rhythm {
    Rhythm {
        declared_s: feed.ttl.map(|minutes| minutes.saturating_mul(60)),
        skip_hours: feed.skip_hours.clone(),
        skip_days: feed.skip_days.clone(),
        newest: feed.entries.iter().filter_map(entry_time).max(),
    }
}

/// When an entry was published, or else changed.
pub(super) fn entry_time(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// Follows a sitemap index to the sitemaps it names, newest first, and gives the entries of all of them, and how many
/// bytes these sitemaps took.
pub(super) async fn with_sitemaps(client: &Client, fetched: &Fetched, feed: Feed) -> (Vec<Entry>, u64) {
    let mut sitemaps = feed.entries;
    if feed.kind != FeedKind::SitemapIndex {
        return (sitemaps, 0);
    }
    sitemaps.sort_by_key(|sitemap| Reverse(sitemap.updated));
    let mut found = Vec::new();
    let mut bytes = 0;
    for sitemap in sitemaps.iter().take(MAX_SITEMAPS) {
        health::heartbeat();
        let Some(url) = sitemap.link.as_deref().and_then(|link| fetched.final_url.join(link).ok()) else {
            continue;
        };
        // The owner listed the index; what it leads to we found by ourselves.
        let request = Request::new(url, Purpose::Discovery);
        match client.get(&request).await {
            Ok(Answer::Fetched(answer)) => {
                bytes += answer.body.len() as u64;
                match read_feed(&answer) {
                    Ok(inner) if inner.kind == FeedKind::SitemapIndex => {
                        tracing::info!(sitemap = %request.url, "an index within an index is not followed");
                    }
                    Ok(inner) => found.extend(inner.entries),
                    Err(error) => tracing::info!(sitemap = %request.url, "{error}"),
                }
            }
            Ok(Answer::NotModified(_)) => {}
            Err(error) => tracing::info!(sitemap = %request.url, "{error}"),
        }
        if found.len() >= ENOUGH {
            break;
        }
    }
    (found, bytes)
}
