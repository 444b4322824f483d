//! From any address to the feeds behind it.
//!
//! What is asked for, in this order, each only where what came before gave nothing: the feed that a rule knows for
//! this kind of page; the address itself; what its page announces; what the site's home page announces; the news
//! sitemaps in robots.txt, the paths at which feeds usually lie, and at the very last the articles that the page itself
//! marks up (h-feed). An address that is a feed costs one request.

use courant_formats::{encoding::decode_html, feed};
use courant_model::{Source, SourceKind};
use courant_net::{Client, Fetched, Purpose, Request, Response};
use serde::Serialize;
use url::Url;

use super::{
    check::{SourceCheck, check_found, check_page, check_source},
    known_feeds::{USUAL_PATHS, known_feed},
};
use crate::site::Site;

/// So many announced feeds are looked into; the rest is passed over.
const MOST_LOOKED_INTO: usize = 8;

/// A feed that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// As it would be listed.
    pub(crate) source: Source,
    /// How it was found, in words.
    pub(crate) how: &'static str,
    /// What is in it.
    pub(crate) check: SourceCheck,
}

/// All that was found behind an address.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Discovery {
    /// The feeds that can be read, the best first.
    pub(crate) found: Vec<Found>,
    /// What was tried and is no feed, with the reason.
    pub(crate) failed: Vec<(String, String)>,
}

/// Looks for feeds behind `url`.
pub(crate) async fn discover(site: &Site, client: &Client, url: &Url) -> Discovery {
    let mut search = Search { site, client, start: url, discovery: Discovery::default() };
    search.run().await;
    let mut discovery = search.discovery;
    // Stable: what was announced first stays first among equals.
    discovery.found.sort_by_key(|found| std::cmp::Reverse(merit(found)));
    discovery
}

/// How much a feed is worth taking: feeds of comments and empty ones last, sitemaps after feeds.
fn merit(found: &Found) -> i32 {
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
            self.look(&known, "known address").await;
        }
        if self.is_done() {
            return;
        }
        let source = listed(self.start.clone());
        let (check, fetched) = check_source(self.site, self.client, &source).await;
        if check.ok {
            self.take(source, check, "the address itself");
            return;
        }
        self.discovery.failed.push((self.start.to_string(), check.problem.unwrap_or_default()));
        let Some(page) = fetched else { return };
        self.look_into_page(&page, "announced by the page").await;
        let home = page.final_url.join("/").ok().filter(|home| *home != page.final_url);
        if let Some(home) = home.filter(|_| !self.is_done())
            && let Ok(Response::Fetched(home)) =
                self.client.get(&Request::new(home, Purpose::Discovery)).await
        {
            self.look_into_page(&home, "announced by the site's home page").await;
        }
        if !self.is_done() {
            self.look_into_robots(&page.final_url).await;
        }
        for path in USUAL_PATHS {
            if self.is_done() {
                return;
            }
            if let Ok(guess) = page.final_url.join(&format!("/{path}")) {
                self.look(&guess, "found at a usual place").await;
            }
        }
        if !self.is_done() {
            let source = Source { kind: SourceKind::Page, ..listed(self.start.clone()) };
            let check = check_page(self.site, &source, &page);
            if check.ok {
                self.take(source, check, "marked up by the page itself");
            }
        }
    }

    fn is_done(&self) -> bool {
        self.discovery.found.iter().any(|found| found.check.entries > 0)
    }

    async fn look_into_page(&mut self, page: &Fetched, how: &'static str) {
        let decoded = decode_html(&page.body, page.header("content-type"));
        for link in feed::feeds_in_page(&decoded.text, &page.final_url).into_iter().take(MOST_LOOKED_INTO) {
            self.look(&link.url, how).await;
        }
    }

    /// News sitemaps that robots.txt names (sitemaps.org, "Submitting via robots.txt").
    async fn look_into_robots(&mut self, page: &Url) {
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
            self.look(&sitemap, "news sitemap named by robots.txt").await;
        }
    }

    async fn look(&mut self, url: &Url, how: &'static str) {
        if self.discovery.found.iter().any(|found| found.source.url == *url) {
            return;
        }
        let source = listed(url.clone());
        let (check, _) = check_found(self.site, self.client, &source).await;
        if check.ok {
            self.take(source, check, how);
        } else {
            self.discovery.failed.push((url.to_string(), check.problem.unwrap_or_default()));
        }
    }

    fn take(&mut self, mut source: Source, check: SourceCheck, how: &'static str) {
        source.title.clone_from(&check.title);
        if check.is_sitemap() {
            source.kind = SourceKind::Sitemap;
        }
        source.site = (source.url != *self.start).then(|| self.start.clone());
        self.discovery.found.push(Found { source, how, check });
    }
}

fn listed(url: Url) -> Source {
    Source { url, kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() }
}

#[cfg(test)]
mod tests {
    use wiremock::{
        Mock, MockServer, ResponseTemplate,
        matchers::{header, path},
    };

    use super::*;
    use crate::{clock::Clock, pipeline::client::client_config};

    /// A fake web: every host leads to it.
    struct Web {
        server: MockServer,
        site: Site,
        client: Client,
    }

    impl Web {
        async fn start() -> Self {
            let server = MockServer::start().await;
            let site = Site::bare();
            let origins = vec![("*".to_owned(), *server.address())];
            let mut config = client_config(&site, Clock::new(None), origins).unwrap();
            config.host_pause = std::time::Duration::ZERO;
            Self { server, site, client: Client::new(config).unwrap() }
        }

        async fn serve(&self, url: &str, kind: &str, body: &str) {
            let url = Url::parse(url).unwrap();
            Mock::given(header("host", url.host_str().unwrap()))
                .and(path(url.path()))
                .respond_with(ResponseTemplate::new(200).set_body_raw(body.as_bytes().to_vec(), kind))
                .mount(&self.server)
                .await;
        }

        async fn feed(&self, url: &str, title: &str) {
            let body = format!(
                "<rss version='2.0'><channel><title>{title}</title><item><title>One</title>\
                 <link>https://lake.example/1</link><pubDate>Tue, 03 Jun 2025 09:39:21 GMT</pubDate></item>\
                 </channel></rss>"
            );
            self.serve(url, "application/rss+xml", &body).await;
        }

        async fn page(&self, url: &str, head: &str) {
            self.serve(url, "text/html", &format!("<html><head>{head}</head><body>Hello</body></html>"))
                .await;
        }

        async fn best(&self, url: &str) -> Option<String> {
            let found = discover(&self.site, &self.client, &Url::parse(url).unwrap()).await;
            found.found.first().map(|found| found.source.url.to_string())
        }

        async fn requests(&self) -> usize {
            self.server.received_requests().await.unwrap().len()
        }
    }

    #[tokio::test]
    async fn a_feed_costs_one_request() {
        let web = Web::start().await;
        web.feed("https://lake.example/feed.xml", "Lake").await;
        assert_eq!(web.best("https://lake.example/feed.xml").await.unwrap(), "https://lake.example/feed.xml");
        assert_eq!(web.requests().await, 1);
    }

    #[tokio::test]
    async fn known_addresses_are_tried_first() {
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
    async fn what_a_page_announces() {
        let web = Web::start().await;
        let link = |href: &str| format!("<link rel=alternate type='application/rss+xml' href='{href}'>");
        let both = format!("{}{}", link("/comments/feed/"), link("/feed/"));
        web.page("https://lake.example/", &both).await;
        web.feed("https://lake.example/comments/feed/", "Comments on Lake").await;
        web.feed("https://lake.example/feed/", "Lake").await;
        assert_eq!(web.best("https://lake.example/").await.unwrap(), "https://lake.example/feed/");
        // An article that announces nothing: its site's home page does.
        web.page("https://lake.example/2025/a-boat", "").await;
        assert_eq!(web.best("https://lake.example/2025/a-boat").await.unwrap(), "https://lake.example/feed/");
        // A podcast page whose feed lies with another host.
        web.page("https://pod.example/show", &link("https://host.example/show.rss")).await;
        web.feed("https://host.example/show.rss", "The show").await;
        assert_eq!(web.best("https://pod.example/show").await.unwrap(), "https://host.example/show.rss");
    }

    #[tokio::test]
    async fn the_usual_places_and_robots() {
        let web = Web::start().await;
        web.page("https://sea.example/", "").await;
        web.feed("https://sea.example/atom.xml", "Sea").await;
        assert_eq!(web.best("https://sea.example/").await.unwrap(), "https://sea.example/atom.xml");
        web.page("https://bay.example/", "").await;
        web.serve("https://bay.example/robots.txt", "text/plain", "Sitemap: https://bay.example/news.xml\n")
            .await;
        let sitemap = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>\
            <url><loc>https://bay.example/a</loc><lastmod>2025-06-03</lastmod></url></urlset>";
        web.serve("https://bay.example/news.xml", "application/xml", sitemap).await;
        let found = discover(&web.site, &web.client, &Url::parse("https://bay.example/").unwrap()).await;
        assert_eq!(found.found[0].source.kind, SourceKind::Sitemap);
        // No feed anywhere, but the page says what its articles are.
        let marked = "<article class=h-entry><a class='p-name u-url' href='/one'>One</a></article>";
        web.page("https://cove.example/", marked).await;
        let found = discover(&web.site, &web.client, &Url::parse("https://cove.example/").unwrap()).await;
        assert_eq!((found.found[0].source.kind, found.found[0].check.entries), (SourceKind::Page, 1));
        // Nothing anywhere: every attempt is named.
        web.page("https://bare.example/", "").await;
        let none = discover(&web.site, &web.client, &Url::parse("https://bare.example/").unwrap()).await;
        assert!(none.found.is_empty() && none.failed.len() > 3);
    }
}
