//! Finds the feeds of any URL.
//!
//! The places are tried in this order, each only if the ones before found nothing: the feed URL
//! that a rule derives for this kind of page; the URL itself; feeds that its page links to; feeds
//! that the site's home page links to; the news sitemaps in robots.txt; common feed paths; and last
//! the articles that the page itself marks up (h-feed). A URL that is a feed costs one request.

use courant_formats::{
    encoding::decode_html,
    feed::{self, COMMON_PATHS, known_feed},
};
use courant_model::{Source, SourceKind};
use courant_net::{Client, Fetched, Purpose, Request, Response};
use courant_site::Site;
use serde::Serialize;
use url::Url;

use crate::gather::check::{SourceCheck, check_found, check_page, check_source};

/// Maximum number of linked feeds that are tried for each page; the rest is ignored.
const MAX_LINKED_FEEDS: usize = 8;

/// A feed that was found.
#[derive(Debug, Serialize)]
pub struct FoundFeed {
    /// The source as it would be listed in `sources.opml`.
    pub source: Source,
    /// How the feed was found, for people.
    pub how: &'static str,
    /// What the feed contains.
    pub check: SourceCheck,
}

/// The result of a discovery.
#[derive(Debug, Default, Serialize)]
pub struct Discovery {
    /// The readable feeds, best first.
    pub found: Vec<FoundFeed>,
    /// URLs that were tried without success, with the reason.
    pub failed: Vec<(String, String)>,
}

/// Looks for feeds of `url`.
pub async fn discover(site: &Site, client: &Client, url: &Url) -> Discovery {
    let mut search = Search { site, client, start: url, discovery: Discovery::default() };
    search.run().await;
    let mut discovery = search.discovery;
    // A stable sort: among equals, the feed that was linked first stays first.
    discovery.found.sort_by_key(|found| std::cmp::Reverse(preference(found)));
    discovery
}

/// The sort key of a feed, higher is better: comment feeds and empty feeds come last, sitemaps
/// after feeds.
fn preference(found: &FoundFeed) -> i32 {
    let name = format!("{} {}", found.source.url, found.source.title.as_deref().unwrap_or_default());
    let comments = name.to_lowercase().contains("comment");
    let sitemap = found.source.kind == SourceKind::Sitemap;
    i32::from(found.check.entries > 0) * 4
        + i32::from(!comments) * 8
        + i32::from(!sitemap) * 2
        + i32::from(found.check.newest.is_some())
}

struct Search<'a> {
    site: &'a Site,
    client: &'a Client,
    start: &'a Url,
    discovery: Discovery,
}

impl Search<'_> {
    async fn run(&mut self) {
        if let Some(known) = known_feed(self.start) {
            self.try_feed(&known, "known feed URL of this site").await;
        }
        if self.is_done() {
            return;
        }
        let source = source_at(self.start.clone());
        let (check, fetched) = check_source(self.site, self.client, &source).await;
        if check.ok {
            self.add(source, check, "the URL itself");
            return;
        }
        self.discovery.failed.push((self.start.to_string(), check.problem.unwrap_or_default()));
        let Some(page) = fetched else { return };
        self.try_linked_feeds(&page, "linked from the page").await;
        let home = page.final_url.join("/").ok().filter(|home| *home != page.final_url);
        if let Some(home) = home.filter(|_| !self.is_done())
            && let Ok(Response::Fetched(home)) =
                self.client.get(&Request::new(home, Purpose::Discovery)).await
        {
            self.try_linked_feeds(&home, "linked from the site's home page").await;
        }
        if !self.is_done() {
            self.try_robots(&page.final_url).await;
        }
        for path in COMMON_PATHS {
            if self.is_done() {
                return;
            }
            if let Ok(guess) = page.final_url.join(&format!("/{path}")) {
                self.try_feed(&guess, "found at a common path").await;
            }
        }
        if !self.is_done() {
            let source = Source { kind: SourceKind::Page, ..source_at(self.start.clone()) };
            let check = check_page(self.site, &source, &page);
            if check.ok {
                self.add(source, check, "articles marked up in the page (h-feed)");
            }
        }
    }

    fn is_done(&self) -> bool {
        self.discovery.found.iter().any(|found| found.check.entries > 0)
    }

    async fn try_linked_feeds(&mut self, page: &Fetched, how: &'static str) {
        let decoded = decode_html(&page.body, page.header("content-type"));
        for link in feed::feeds_in_page(&decoded.text, &page.final_url).into_iter().take(MAX_LINKED_FEEDS) {
            self.try_feed(&link.url, how).await;
        }
    }

    /// Tries the news sitemaps that robots.txt lists (sitemaps.org, "Submitting via robots.txt").
    async fn try_robots(&mut self, page: &Url) {
        let Ok(robots) = page.join("/robots.txt") else { return };
        let Ok(Response::Fetched(robots)) = self.client.get(&Request::new(robots, Purpose::Discovery)).await
        else {
            return;
        };
        let text = String::from_utf8_lossy(&robots.body);
        let sitemaps = text.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let url = name.trim().eq_ignore_ascii_case("sitemap").then(|| page.join(value.trim()).ok())??;
            url.path().to_lowercase().contains("news").then_some(url)
        });
        for sitemap in sitemaps.take(2) {
            self.try_feed(&sitemap, "news sitemap listed in robots.txt").await;
        }
    }

    async fn try_feed(&mut self, url: &Url, how: &'static str) {
        if self.discovery.found.iter().any(|found| found.source.url == *url) {
            return;
        }
        let source = source_at(url.clone());
        let (check, _) = check_found(self.site, self.client, &source).await;
        if check.ok {
            self.add(source, check, how);
        } else {
            self.discovery.failed.push((url.to_string(), check.problem.unwrap_or_default()));
        }
    }

    fn add(&mut self, mut source: Source, check: SourceCheck, how: &'static str) {
        source.title.clone_from(&check.title);
        if check.is_sitemap() {
            source.kind = SourceKind::Sitemap;
        }
        source.site = (source.url != *self.start).then(|| self.start.clone());
        self.discovery.found.push(FoundFeed { source, how, check });
    }
}

fn source_at(url: Url) -> Source {
    Source { url, kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() }
}

#[cfg(test)]
mod tests {
    use courant_testkit::fake_web::FakeWeb;

    use super::*;
    use crate::{clock::Clock, gather::client::client_config};

    /// A fake web, and a client to which it is the whole web.
    struct Web {
        fake: FakeWeb,
        site: Site,
        client: Client,
    }

    impl Web {
        async fn start() -> Self {
            let fake = FakeWeb::start().await;
            let site = Site::bare();
            let mut config = client_config(&site, Clock::new(None), fake.origins()).unwrap();
            config.host_pause = std::time::Duration::ZERO;
            Self { fake, site, client: Client::new(config).unwrap() }
        }

        async fn feed(&self, url: &str, title: &str) {
            let body = format!(
                "<rss version='2.0'><channel><title>{title}</title><item><title>One</title>\
                 <link>https://lake.example/1</link><pubDate>Tue, 03 Jun 2025 09:39:21 GMT</pubDate></item>\
                 </channel></rss>"
            );
            self.fake.serve(url, "application/rss+xml", &body).await;
        }

        async fn page(&self, url: &str, head: &str) {
            self.fake
                .serve(url, "text/html", &format!("<html><head>{head}</head><body>Hello</body></html>"))
                .await;
        }

        async fn best(&self, url: &str) -> Option<String> {
            let found = discover(&self.site, &self.client, &Url::parse(url).unwrap()).await;
            found.found.first().map(|found| found.source.url.to_string())
        }
    }

    #[tokio::test]
    async fn a_feed_costs_one_request() {
        let web = Web::start().await;
        web.feed("https://lake.example/feed.xml", "Lake").await;
        assert_eq!(web.best("https://lake.example/feed.xml").await.unwrap(), "https://lake.example/feed.xml");
        assert_eq!(web.fake.requests().await, 1);
    }

    #[tokio::test]
    async fn known_feed_urls_are_tried_first() {
        let web = Web::start().await;
        for (page, feed) in [
            (
                "https://www.youtube.com/channel/UC1",
                "https://www.youtube.com/feeds/videos.xml?channel_id=UC1",
            ),
            (
                "https://www.youtube.com/playlist?list=P",
                "https://www.youtube.com/feeds/videos.xml?playlist_id=P",
            ),
            ("https://www.reddit.com/r/tides/", "https://www.reddit.com/r/tides/.rss"),
            ("https://social.example/@ann", "https://social.example/@ann.rss"),
            ("https://tides.substack.com/p/one", "https://tides.substack.com/feed"),
            ("https://medium.com/@ann", "https://medium.com/feed/@ann"),
            ("https://tides.wordpress.com/about", "https://tides.wordpress.com/feed/"),
            ("https://github.com/lake/boat/releases", "https://github.com/lake/boat/releases.atom"),
        ] {
            web.feed(feed, "Feed").await;
            assert_eq!(web.best(page).await.as_deref(), Some(feed), "{page}");
        }
    }

    #[tokio::test]
    async fn feeds_that_a_page_links_to_are_found() {
        let web = Web::start().await;
        let link = |href: &str| format!("<link rel=alternate type='application/rss+xml' href='{href}'>");
        let both = format!("{}{}", link("/comments/feed/"), link("/feed/"));
        web.page("https://lake.example/", &both).await;
        web.feed("https://lake.example/comments/feed/", "Comments on Lake").await;
        web.feed("https://lake.example/feed/", "Lake").await;
        assert_eq!(web.best("https://lake.example/").await.unwrap(), "https://lake.example/feed/");
        // An article that links to no feed: its site's home page does.
        web.page("https://lake.example/2025/a-boat", "").await;
        assert_eq!(web.best("https://lake.example/2025/a-boat").await.unwrap(), "https://lake.example/feed/");
        // A podcast page whose feed is on another host.
        web.page("https://pod.example/show", &link("https://host.example/show.rss")).await;
        web.feed("https://host.example/show.rss", "The show").await;
        assert_eq!(web.best("https://pod.example/show").await.unwrap(), "https://host.example/show.rss");
    }

    #[tokio::test]
    async fn common_paths_robots_and_markup_are_tried_in_turn() {
        let web = Web::start().await;
        web.page("https://sea.example/", "").await;
        web.feed("https://sea.example/atom.xml", "Sea").await;
        assert_eq!(web.best("https://sea.example/").await.unwrap(), "https://sea.example/atom.xml");
        web.page("https://bay.example/", "").await;
        web.fake
            .serve("https://bay.example/robots.txt", "text/plain", "Sitemap: https://bay.example/news.xml\n")
            .await;
        let sitemap = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>\
            <url><loc>https://bay.example/a</loc><lastmod>2025-06-03</lastmod></url></urlset>";
        web.fake.serve("https://bay.example/news.xml", "application/xml", sitemap).await;
        let found = discover(&web.site, &web.client, &Url::parse("https://bay.example/").unwrap()).await;
        assert_eq!(found.found[0].source.kind, SourceKind::Sitemap);
        // No feed anywhere, but the page marks up its articles.
        let marked = "<article class=h-entry><a class='p-name u-url' href='/one'>One</a></article>";
        web.page("https://cove.example/", marked).await;
        let found = discover(&web.site, &web.client, &Url::parse("https://cove.example/").unwrap()).await;
        assert_eq!((found.found[0].source.kind, found.found[0].check.entries), (SourceKind::Page, 1));
        // Nothing anywhere: every attempt is listed.
        web.page("https://bare.example/", "").await;
        let none = discover(&web.site, &web.client, &Url::parse("https://bare.example/").unwrap()).await;
        assert!(none.found.is_empty() && none.failed.len() > 3);
    }
}
