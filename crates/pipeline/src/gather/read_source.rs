//! Reads the response of a source into entries.

use std::{cmp::Reverse, time::Duration};

use courant_formats::{
    encoding::decode_html,
    feed::{self, Entry, Feed, FeedContext, FeedKind, ListError, ListSelectors},
};
use courant_model::{Rhythm, Source, SourceKind, Timestamp, redacted_url};
use courant_net::{Client, FetchError, Fetched, Purpose, Request, Response};
use courant_site::Site;
use tokio::time::{Instant, timeout_at};

use crate::tasks;

/// Maximum number of entries read from one response; a sitemap may list up to this number
/// (sitemaps.org). `[limits]` decides how many of them are queued.
pub(crate) const MAX_ENTRIES: usize = 50_000;
/// Number of entries after which no further sitemap of an index is fetched.
const MAX_INDEX_ENTRIES: usize = 5_000;
/// Maximum number of sitemaps of one index fetched in one round.
const MAX_SITEMAPS: usize = 20;

/// Reads a source as the kind that `sources.opml` states.
///
/// Errors: a message for the site's owner.
pub(crate) fn read_source(site: &Site, source: &Source, fetched: &Fetched) -> Result<Feed, String> {
    if source.kind != SourceKind::Page {
        return read_feed(fetched);
    }
    match site.config.list_of(&source.url) {
        Some(list) => listed(list, fetched).map_err(|error| error.to_string()),
        None => marked_up(fetched).ok_or_else(|| NOT_MARKED_UP.to_owned()),
    }
}

/// The message for a page source without a `[source.list]`.
const NOT_MARKED_UP: &str =
    "the page has no article markup (h-feed); add its selectors as a [source.list] to courant.toml";

/// The articles that a page lists, as a feed.
fn listed(list: &ListSelectors, fetched: &Fetched) -> Result<Feed, ListError> {
    let page = decode_html(&fetched.body, fetched.header("content-type"));
    feed::feed_in_list(&page.text, &fetched.final_url, list)
}

/// The articles that a page marks up (h-feed), as a feed.
fn marked_up(fetched: &Fetched) -> Option<Feed> {
    let page = decode_html(&fetched.body, fetched.header("content-type"));
    feed::feed_in_page(&page.text, &fetched.final_url)
}

/// Reads a feed or sitemap.
pub(crate) fn read_feed(fetched: &Fetched) -> Result<Feed, String> {
    let feed_context = FeedContext {
        base_url: Some(fetched.final_url.as_str()),
        content_type: fetched.header("content-type"),
        content_location: fetched.header("content-location"),
        content_language: fetched.header("content-language"),
    };
    feed::parse(&fetched.body, &feed_context).map_err(|error| error.to_string())
}

/// The polling hints of a feed: its time to live, hours and days to skip, and its newest entry.
pub(crate) fn rhythm(feed: &Feed) -> Rhythm {
    Rhythm {
        declared_s: feed.ttl.map(|minutes| minutes.saturating_mul(60)),
        skip_hours: feed.skip_hours.clone(),
        skip_days: feed.skip_days.clone(),
        newest: feed.entries.iter().filter_map(entry_time).max(),
    }
}

/// When an entry was published, or else updated.
pub(crate) fn entry_time(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// Limits for all sitemaps of one index together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SitemapLimits {
    /// From the first request to the last response.
    pub(crate) timeout: Duration,
    /// Maximum size of all decoded sitemaps.
    pub(crate) max_bytes: u64,
}

impl SitemapLimits {
    /// Twice the time and four times the bytes that the site allows for one response.
    pub(crate) fn of(site: &Site) -> Self {
        let fetch = &site.config.fetch;
        Self {
            timeout: fetch.timeout_s.duration().saturating_mul(2),
            max_bytes: fetch.max_bytes.saturating_mul(4),
        }
    }
}

/// Fetches the sitemaps of a sitemap index, newest first, and returns the entries of all of them
/// with the number of bytes fetched. Entries of other documents are returned as they are.
pub(crate) async fn with_sitemaps(
    client: &Client,
    fetched: &Fetched,
    feed: Feed,
    limits: SitemapLimits,
) -> (Vec<Entry>, u64) {
    let mut sitemaps = feed.entries;
    if feed.kind != FeedKind::SitemapIndex {
        return (sitemaps, 0);
    }
    sitemaps.sort_by_key(|sitemap| Reverse(sitemap.updated));
    let deadline = Instant::now() + limits.timeout;
    let mut bytes_left = limits.max_bytes;
    let mut found = Vec::new();
    for (read, sitemap) in sitemaps.iter().take(MAX_SITEMAPS).enumerate() {
        tasks::heartbeat();
        let Some(url) = sitemap.link.as_deref().and_then(|link| fetched.final_url.join(link).ok()) else {
            continue;
        };
        // The owner listed the index; the sitemaps it links to are discovered, so robots.txt
        // applies.
        let request = Request { max_bytes: Some(bytes_left), ..Request::new(url, Purpose::Discovery) };
        let Ok(answer) = timeout_at(deadline, client.get(&request)).await else {
            let index = redacted_url(&fetched.final_url);
            tracing::info!(
                index,
                read,
                listed = sitemaps.len(),
                "time limit reached; the other sitemaps are not read"
            );
            break;
        };
        if let Ok(Response::Fetched(answer)) = &answer {
            bytes_left = bytes_left.saturating_sub(answer.body.len() as u64);
        }
        match entries_of(answer) {
            Ok(entries) => found.extend(entries),
            Err(error) => {
                tracing::info!(sitemap = redacted_url(&request.url), error, "the sitemap was not read");
            }
        }
        if found.len() >= MAX_INDEX_ENTRIES {
            break;
        }
    }
    (found, limits.max_bytes - bytes_left)
}

/// The entries of a sitemap that an index lists.
fn entries_of(answer: Result<Response, FetchError>) -> Result<Vec<Entry>, String> {
    let Response::Fetched(answer) = answer.map_err(|error| error.to_string())? else { return Ok(Vec::new()) };
    let inner = read_feed(&answer)?;
    if inner.kind == FeedKind::SitemapIndex {
        return Err("a sitemap index inside a sitemap index is not followed".to_owned());
    }
    Ok(inner.entries)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use courant_net::{ClientConfig, OriginOverride};
    use courant_testkit::{
        hostile::{Answer as Scripted, HostileServer},
        packing,
    };
    use url::Url;

    use super::*;

    fn index(count: usize) -> Vec<u8> {
        let sitemaps: String = (0..count)
            .map(|n| format!("<sitemap><loc>http://news.example/{n}.xml.gz</loc></sitemap>"))
            .collect();
        format!("<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{sitemaps}</sitemapindex>")
            .into_bytes()
    }

    fn sitemap(entries: usize) -> Vec<u8> {
        let urls: String =
            (0..entries).map(|n| format!("<url><loc>http://news.example/a{n}</loc></url>")).collect();
        let text = format!("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>");
        packing::gzip(text.as_bytes())
    }

    async fn entries_read(server: &HostileServer, count: usize, limits: SitemapLimits) -> usize {
        let origin = OriginOverride { host: "*".to_owned(), origin: server.address() };
        let config = ClientConfig {
            origins: vec![origin],
            host_pause: Duration::ZERO,
            robots: false,
            total_timeout: Duration::from_mins(1),
            idle_timeout: Duration::from_secs(20),
            ..ClientConfig::default()
        };
        let clock = config.clock.clone();
        let client = Client::new(config).unwrap();
        let url = Url::parse("http://news.example/index.xml").unwrap();
        let fetched = Fetched {
            url: url.clone(),
            final_url: url,
            permanent: None,
            status: 200,
            validators: courant_net::Validators::default(),
            headers: Vec::new(),
            body: index(count).into(),
            fetched: Arc::clone(&clock)(),
        };
        let feed = read_feed(&fetched).unwrap();
        with_sitemaps(&client, &fetched, feed, limits).await.0.len()
    }

    #[tokio::test]
    async fn sitemaps_of_an_index_share_one_time_limit_and_one_byte_limit() {
        let honest = Scripted::ok().body(&sitemap(100));
        let bomb = Scripted::ok().body(&packing::bomb("gzip", 64 << 20));
        let empties = Scripted::ok().body(&packing::empties("gzip", 1 << 20));
        let answers = [("/0.xml.gz", honest.clone()), ("/1.xml.gz", bomb), ("/2.xml.gz", empties)];
        let server = HostileServer::start(answers).await.unwrap();
        let limits = SitemapLimits { timeout: Duration::from_mins(2), max_bytes: 64 << 20 };
        assert_eq!(entries_read(&server, 3, limits).await, 100, "the bombs are skipped");

        let names: Vec<String> = (0..20).map(|n| format!("/{n}.xml.gz")).collect();
        let honest = names.iter().map(|name| (name.clone(), honest.clone()));
        let server = HostileServer::start(honest).await.unwrap();
        let few = SitemapLimits { max_bytes: 10_000, ..limits };
        assert_eq!(entries_read(&server, 20, few).await, 200, "two fit into the bytes");
        assert_eq!(entries_read(&server, 20, limits).await, 2_000);
        let no_time = SitemapLimits { timeout: Duration::ZERO, ..limits };
        assert_eq!(entries_read(&server, 20, no_time).await, 0, "the time is over before the first");
    }
}
