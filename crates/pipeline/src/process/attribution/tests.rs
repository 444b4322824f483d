use courant_model::{Source, SourceKind};
use courant_net::Client;
use courant_testkit::fake_web::FakeWeb;
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use crate::{
    context::Context,
    fixtures::{NOW, context, page, take_in, timestamp},
    gather::{client::client_config, entries::take_entries, fetch::fetch_pages, poll::poll, quotas::Quotas},
    process::{attribution::*, batch::process_pending},
};

const FEED: &str = "http://evil.example/feed.xml";
const OWN_FEED: &str = "http://trusted.example/feed.xml";

/// A fake web, and a site that trusts one provider and polls another.
struct Web {
    fake: FakeWeb,
    context: Context,
    _folder: tempfile::TempDir,
}

fn source(url: &str, site: Option<&str>) -> Source {
    let parse = |url: &str| Url::parse(url).unwrap();
    Source { url: parse(url), kind: SourceKind::Feed, title: None, site: site.map(parse), tags: Vec::new() }
}

fn trusted() -> KnownProvider {
    KnownProvider {
        provider: Provider {
            name: "The Trusted".to_owned(),
            domain: "trusted.example".to_owned(),
            images: vec![courant_model::Image::at("https://trusted.example/logo.png")],
        },
        trust: 95,
        aliases: vec!["trusted-news.example".to_owned()],
        ..KnownProvider::default()
    }
}

impl Web {
    async fn with(sources: Vec<Source>, pages: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path(), |site| {
            site.sources = sources;
            site.providers = vec![trusted()];
            site.config.fetch.pages = pages;
            site.config.fetch.attempts = 1;
            site.config.fetch.max_bytes = 100_000;
        })
        .await;
        Self { fake: FakeWeb::start().await, context, _folder: folder }
    }

    async fn feed(&self, url: &str, links: &[&str]) {
        let items: String = links
            .iter()
            .enumerate()
            .map(|(at, link)| {
                format!(
                    "<item><title>Invented report number {at} of the harbour</title><link>{link}</link>\
                     <source url='http://trusted.example/feed'>The Trusted</source>\
                     <description>The harbour of Larkfield is said to be sold, number {at}.</description>\
                     <pubDate>Wed, 14 Jan 2026 09:00:00 GMT</pubDate></item>"
                )
            })
            .collect();
        let body = format!(
            "<rss version='2.0'><channel><title>The Trusted</title><link>http://trusted.example/</link>{items}</channel></rss>"
        );
        self.fake.serve(url, "application/rss+xml", &body).await;
    }

    async fn round(&self) {
        let mut config = client_config(&self.context.site, self.context.clock, self.fake.origins()).unwrap();
        config.host_pause = std::time::Duration::ZERO;
        let client = Client::new(config).unwrap();
        let stop = CancellationToken::new();
        poll(&self.context, &client, true, &stop).await.unwrap();
        fetch_pages(&self.context, &client, &stop, |_| {}).await.unwrap();
        process_pending(&self.context, &stop, |_| {}).await.unwrap();
    }

    /// URL, provider and remark of every article.
    async fn articles(&self) -> Vec<(String, String, Option<String>)> {
        let rows = self.context.store.snapshot_rows().await.unwrap();
        let mut articles: Vec<_> = rows
            .into_iter()
            .map(|row| {
                let unread = row.article.unread().map(str::to_owned);
                (row.article.web_url.to_string(), row.article.provider.domain, unread)
            })
            .collect();
        articles.sort();
        articles
    }

    async fn rejected(&self) -> Vec<(String, u64)> {
        self.context.store.counts().await.unwrap().captures_rejected
    }
}

fn story(title: &str) -> String {
    let paragraph =
        "<p>The council met on Tuesday, and after a long debate it agreed that the mill shall be kept.</p>";
    format!(
        "<html><head><title>{title}</title><meta property='article:published_time' content='2026-01-14T08:00:00Z'>\
         </head><body><article><h1>{title}</h1>{}</article></body></html>",
        paragraph.repeat(12)
    )
}

#[tokio::test]
async fn a_feed_cannot_invent_articles_of_another_provider() {
    let web = Web::with(vec![source(FEED, None)], true).await;
    let unread =
        ["forbidden", "challenge", "failing", "robots", "large", "wall", "missing-text", "binary", "wanders"];
    let links: Vec<String> = unread
        .iter()
        .chain(&["gone", "gone-for-good", "real"])
        .map(|name| format!("http://trusted.example/2026/{name}"))
        .collect();
    web.feed(FEED, &links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let at = |name: &str| format!("http://trusted.example/2026/{name}");
    for (name, status) in
        [("forbidden", 403), ("challenge", 401), ("failing", 500), ("gone", 404), ("gone-for-good", 410)]
    {
        web.fake.answer(&at(name), ResponseTemplate::new(status).set_body_string("no")).await;
    }
    web.fake
        .serve("http://trusted.example/robots.txt", "text/plain", "User-agent: *\nDisallow: /2026/robots\n")
        .await;
    web.fake.serve(&at("large"), "text/html", &story("Large").repeat(200)).await;
    web.fake
        .serve(
            &at("wall"),
            "text/html",
            "<title>Log in</title><h1>Log in</h1><form><input type=password></form>",
        )
        .await;
    web.fake.serve(&at("missing-text"), "text/html", "<html><body><div id=app></div></body></html>").await;
    web.fake.serve(&at("binary"), "application/pdf", "%PDF-1.7 x").await;
    web.fake.serve(&at("real"), "text/html", &story("The old mill is kept")).await;
    let home = ResponseTemplate::new(302).insert_header("location", "http://evil.example/");
    web.fake.answer(&at("wanders"), home).await;
    web.fake.serve("http://evil.example/", "text/html", &story("The Trusted says that all is sold")).await;
    web.round().await;

    let articles = web.articles().await;
    for name in unread {
        let found = articles.iter().find(|(url, ..)| *url == at(name));
        let Some((_, provider, remark)) = found else { panic!("{name} is lost: {articles:?}") };
        assert_eq!(provider, "evil.example", "{name}");
        assert!(
            remark.as_ref().is_some_and(|remark| remark.contains("credited to evil.example")),
            "{name}: {remark:?}"
        );
    }
    let real = articles.iter().find(|(url, ..)| *url == at("real")).unwrap();
    assert_eq!((real.1.as_str(), &real.2), ("trusted.example", &None));
    assert_eq!(articles.len(), unread.len() + 1);
    assert_eq!(web.rejected().await, [("linked_page_gone".to_owned(), 2)]);
    for row in web.context.store.snapshot_rows().await.unwrap() {
        let of_trusted = row.article.web_url.as_str() == at("real");
        let signals = serde_json::to_string(&row.judgement.signals).unwrap();
        assert_eq!(signals.contains("trust in The Trusted"), of_trusted, "{signals}");
        assert_eq!(signals.contains("\"unread\""), !of_trusted, "{signals}");
        assert_eq!(row.article.provider.images.len(), usize::from(of_trusted));
        assert_eq!(row.article.provider.name == "The Trusted", of_trusted);
    }
}

#[tokio::test]
async fn a_page_that_was_read_is_not_completed_by_other_sources() {
    let web = Web::with(vec![source(FEED, None)], true).await;
    let link = "http://trusted.example/2026/the-old-mill-is-kept";
    let body = format!(
        "<rss version='2.0'><channel><title>x</title><item><title>All is sold</title><link>{link}</link>\
         <author>mallory@evil.example (Mallory)</author><category>sale</category>\
         <enclosure url='http://evil.example/p.jpg' type='image/jpeg' length='1'/>\
         <description>{}</description></item></channel></rss>",
        "Everything in Larkfield is sold, the mill first of all, says nobody but this feed. ".repeat(80)
    );
    web.fake.serve(FEED, "application/rss+xml", &body).await;
    web.fake.serve(link, "text/html", &story("The old mill is kept")).await;
    web.round().await;
    let row = web.context.store.snapshot_rows().await.unwrap().remove(0);
    let (text, _) = web.context.store.article_text(row.article.id).await.unwrap().unwrap();
    assert_eq!(row.article.provider.domain, "trusted.example");
    let all = format!("{:?} {text}", row.article);
    assert!(!all.contains("sold") && !all.contains("Mallory") && !all.contains("p.jpg"), "{all}");
}

#[tokio::test]
async fn the_owner_says_for_whom_a_feed_speaks() {
    let feeds = "http://feeds.burner.example/evil";
    let link = "http://trusted.example/2026/forbidden";
    for (site, provider) in [(None, "burner.example"), (Some("https://trusted.example/"), "trusted.example")]
    {
        let web = Web::with(vec![source(feeds, site)], true).await;
        web.feed(feeds, &[link]).await;
        web.fake.answer(link, ResponseTemplate::new(403)).await;
        web.round().await;
        let articles = web.articles().await;
        assert_eq!(articles.len(), 1);
        assert_eq!(articles[0].1, provider);
        assert_eq!(articles[0].2.is_some(), site.is_none());
    }
}

#[tokio::test]
async fn the_own_feed_of_a_provider_takes_precedence_over_others() {
    let web = Web::with(vec![source(FEED, None), source(OWN_FEED, None)], true).await;
    let link = "http://trusted.example/2026/the-old-mill";
    web.feed(FEED, &[link]).await;
    web.feed(OWN_FEED, &[]).await;
    web.fake.answer(link, ResponseTemplate::new(404)).await;
    web.round().await;
    assert!(web.articles().await.is_empty());
    // Its own feed links to it: it is requested once more, and now it exists.
    web.feed(OWN_FEED, &[link]).await;
    web.fake.serve(link, "text/html", &story("The old mill is kept")).await;
    web.round().await;
    assert_eq!(web.articles().await, [(link.to_owned(), "trusted.example".to_owned(), None)]);
    // What the other feed states later changes nothing.
    let page = page(link, String::new(), NOW);
    let entry = serde_json::json!({ "title": { "value": "All is sold" } }).to_string();
    take_in(&web.context, &[NewCapture { source: Some(FEED.to_owned()), entry: Some(entry), ..page }]).await;
    assert_eq!(web.articles().await, [(link.to_owned(), "trusted.example".to_owned(), None)]);
    assert_eq!(web.context.store.snapshot_rows().await.unwrap()[0].article.title, "The old mill is kept");
}

#[tokio::test]
async fn entries_whose_pages_are_never_fetched_are_credited_to_their_source() {
    let web = Web::with(vec![source(FEED, None), source(OWN_FEED, None)], false).await;
    web.feed(FEED, &["http://trusted.example/a", "http://evil.example/b"]).await;
    web.feed(OWN_FEED, &["http://trusted-news.example/c"]).await;
    web.round().await;
    let found: Vec<_> = web
        .articles()
        .await
        .into_iter()
        .map(|(url, provider, remark)| (url, provider, remark.is_some()))
        .collect();
    let expected = [
        ("http://evil.example/b", "evil.example", false),
        ("http://trusted-news.example/c", "trusted.example", false),
        ("http://trusted.example/a", "evil.example", true),
    ];
    assert_eq!(found, expected.map(|(url, provider, unread)| (url.to_owned(), provider.to_owned(), unread)));
}

#[tokio::test]
async fn entries_that_a_hub_pushes_follow_the_same_rules() {
    let web = Web::with(vec![source(FEED, None)], false).await;
    let quotas = Quotas::of(&web.context.store, timestamp(NOW)).await.unwrap();
    let entry = courant_formats::feed::Entry {
        link: Some("http://trusted.example/a".to_owned()),
        title: Some(courant_formats::feed::Text {
            value: "All is sold in Larkfield".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let feed = Url::parse(FEED).unwrap();
    take_entries(&web.context, &quotas, &feed, &feed, &[entry]).await.unwrap();
    process_pending(&web.context, &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(web.articles().await[0].1, "evil.example");
}

#[tokio::test]
async fn a_page_belongs_to_the_provider_that_served_it() {
    let web = Web::with(Vec::new(), true).await;
    let claims = |canonical: &str| {
        story("The old mill is kept")
            .replace("<head>", &format!("<head><link rel=canonical href='{canonical}'>"))
    };
    let path = "2026/01/14/the-old-mill-is-kept";
    take_in(
        &web.context,
        &[
            // The same name under another suffix is not the same provider, unless the site's owner
            // says so.
            page(
                &format!("https://trusted.test/{path}"),
                claims(&format!("https://trusted.example/{path}")),
                NOW,
            ),
            page(
                &format!("https://evil.example/{path}"),
                claims(&format!("https://trusted.example/{path}")),
                NOW,
            ),
            page(
                &format!("https://m.trusted.example/x/{path}"),
                claims(&format!("https://trusted.example/x/{path}")),
                NOW,
            ),
        ],
    )
    .await;
    let providers: Vec<String> = web.articles().await.into_iter().map(|(_, provider, _)| provider).collect();
    assert_eq!(providers, ["evil.example", "trusted.example", "trusted.test"]);
}

#[tokio::test]
async fn no_server_can_pretend_to_be_a_record_of_this_site() {
    let web = Web::with(vec![source(FEED, None)], true).await;
    let link = "http://evil.example/2026/forged";
    web.feed(FEED, &[link]).await;
    let record = "---\ncategory: news\ntitle: All is sold\nwebUrl: https://trusted.example/a\nprovider:\n  name: The Trusted\n  \
                  domain: trusted.example\n---\n";
    let answer = ResponseTemplate::new(200)
        .insert_header("x-record-path", "news/2026-01-14-forged.md")
        .insert_header("x-courant-unread", "{\"kind\":\"not_fetched\"}")
        .set_body_raw(record.as_bytes().to_vec(), "text/x-courant-record");
    web.fake.answer(link, answer).await;
    web.round().await;
    assert!(web.articles().await.iter().all(|(_, provider, _)| provider == "evil.example"));
}

#[tokio::test]
async fn a_url_that_must_not_be_requested_gives_no_article_and_is_counted() {
    let web = Web::with(vec![source(FEED, None)], true).await;
    web.feed(
        FEED,
        &[
            "http://10.0.0.1/a",
            "http://localhost/b",
            "http://ann:secret@evil.example/c",
            "ftp://evil.example/d",
            "http://wiki.internal/e",
        ],
    )
    .await;
    web.round().await;
    assert!(web.articles().await.is_empty());
    assert_eq!(web.rejected().await, [("address".to_owned(), 5)]);
    web.round().await;
    assert_eq!(web.rejected().await, [("address".to_owned(), 5)], "once each");
}

#[tokio::test]
async fn links_and_images_at_private_addresses_are_removed_with_a_remark() {
    let web = Web::with(Vec::new(), true).await;
    let html = story(&"A long title ".repeat(80)).replacen(
        "<p>",
        "<p>See <a href='http://169.254.169.254/latest'>this</a> and <img src='http://10.0.0.1/p.png' width=900 height=500> \
         <a href='https://lake.example/x'>that</a>. ",
        1,
    );
    let html = html.replace("<head>", "<head><meta property='og:image' content='http://127.0.0.1/lead.png'>");
    take_in(&web.context, &[page("https://lake.example/2026/01/14/a-long-title", html, NOW)]).await;
    let row = web.context.store.snapshot_rows().await.unwrap().remove(0);
    let (_, html) = web.context.store.article_text(row.article.id).await.unwrap().unwrap();
    let all = format!("{} {html} {:?}", row.article.title, row.article.images);
    assert!(!all.contains("169.254") && !all.contains("10.0.0.1") && !all.contains("127.0.0.1"), "{all}");
    assert!(html.contains("https://lake.example/x") && row.article.title.chars().count() <= 500);
    let remarks: Vec<&str> = row.article.remarks.iter().map(|remark| remark.what.as_str()).collect();
    assert!(remarks.contains(&"address") && remarks.contains(&"title"), "{remarks:?}");
}
