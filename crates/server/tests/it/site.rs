//! The site over HTTP: the publication's bytes, validators, errors.

use std::{fs, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use courant_model::{
    ArticleId, BuiltInRule, Heat, Item, Provider, Record, RecordPath, SiteInfo, StoryId, StoryView,
    Timestamp, Topic, Verdict,
};
use courant_render::Snapshot;
use courant_render::{FoundArticle, Publication, Templates};
use courant_server::{
    ConnectionCounts, Counted, Limits, Search, SearchFailed, SearchQuery, SearchResults, router,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
};
use tower::ServiceExt;

use crate::common::app::app;

/// Finds the first article for any text but `fail`, for which the store is down.
#[derive(Clone)]
struct FixedSearch;

impl Search for FixedSearch {
    async fn search(&self, query: SearchQuery) -> Result<SearchResults, SearchFailed> {
        if query.text == "fail" {
            return Err(SearchFailed("the disk failed".to_owned()));
        }
        let hit = FoundArticle { article: article(1), snippet: "a \u{2}<tide>\u{3} turns".to_owned() };
        let hits = if query.offset == 0 { vec![hit] } else { Vec::new() };
        Ok(SearchResults { total: 1, hits })
    }
}

fn article(number: u8) -> ArticleId {
    ArticleId::from_bytes([number; 16])
}

fn item(number: u8) -> Item {
    let at: Timestamp = "2023-02-16T12:00:00Z".parse().expect("sound test data");
    Item {
        id: article(number),
        path: RecordPath::news(at, "a-story", number.into()),
        record: Record {
            category: "news".into(),
            title: format!("Story {number}"),
            published_date_time: Some(at),
            web_url: Some(format!("https://paper.example/{number}")),
            provider: Some(Provider {
                name: "Paper".into(),
                domain: "paper.example".into(),
                images: Vec::new(),
            }),
            topics: vec!["Tides".into()],
            ..Record::default()
        },
        story: StoryId::opened_by(article(number)),
        copy_of: None,
        heat: Some(Heat::from_degrees(80)),
        verdict: Verdict::new(true, BuiltInRule::Threshold, ""),
        first_seen: at,
        picture: None,
        thumbnails: Vec::new(),
        signals: Vec::new(),
        topics: Vec::new(),
        because: Vec::new(),
    }
}

fn publication(url: &str) -> Arc<Publication> {
    let items: Vec<Arc<Item>> = (1..=3).map(item).map(Arc::new).collect();
    let stories = items.iter().enumerate().map(|(lead, item)| {
        Arc::new(StoryView {
            id: item.story,
            lead,
            related: Vec::new(),
            heat_because: Vec::new(),
            heat_curve: None,
            pinned: false,
        })
    });
    let snapshot = Snapshot {
        taken: "2023-02-16T14:00:00.5Z".parse().expect("sound test data"),
        site: SiteInfo {
            title: "Tides".into(),
            description: "What the water does.".into(),
            url: url.parse().expect("sound test data"),
            language: "en".into(),
            page_size: 20,
            threshold: 70,
            half_life_h: 24.0,
            hubs: Vec::new(),
            beacon: false,
            story_feeds: true,
            addresses: courant_model::PublicUrls::default(),
        },
        topics: vec![Topic { id: "tides".into(), name: "Tides".into(), ..Topic::default() }],
        providers: Vec::new(),
        stories: stories.collect(),
        items,
        moved: vec![(StoryId::opened_by(article(9)), StoryId::opened_by(article(1)))],
        collections: Arc::default(),
        classic: None,
    };
    Arc::new(Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).expect("sound test data"))
}

fn site() -> Router {
    site_at("https://tides.example/", None)
}

fn site_at(url: &str, images: Option<std::path::PathBuf>) -> Router {
    let (_, receiver) = watch::channel(publication(url));
    site_of(receiver, images)
}

/// A site with the publications from `publication`.
fn site_of(publication: watch::Receiver<Arc<Publication>>, images: Option<std::path::PathBuf>) -> Router {
    let mut app = app(publication, FixedSearch);
    app.images = images;
    router(app)
}

struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl TestResponse {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("sound test data"))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("sound test data")
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("sound test data")
    }
}

async fn send(site: &Router, request: Request<Body>) -> TestResponse {
    let response = site.clone().oneshot(request).await.expect("the service never fails");
    let (parts, body) = response.into_parts();
    TestResponse {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, 1 << 22).await.expect("a whole body").to_vec(),
    }
}

async fn get(site: &Router, path: &str) -> TestResponse {
    send(site, Request::get(path).body(Body::empty()).expect("sound test data")).await
}

async fn get_with(site: &Router, path: &str, name: header::HeaderName, value: &str) -> TestResponse {
    send(site, Request::get(path).header(name, value).body(Body::empty()).expect("sound test data")).await
}

#[tokio::test]
async fn the_server_sends_what_a_static_build_writes() {
    let (site, publication) = (site(), publication("https://tides.example/"));
    for path in publication.paths().filter(|path| !path.contains(&article(9).to_string())) {
        let (response, document) = (get(&site, &path).await, publication.get(&path).unwrap().unwrap());
        assert_eq!(response.status, StatusCode::OK, "{path}");
        assert_eq!(response.body, document.body, "{path}");
        assert_eq!(response.header(header::CONTENT_TYPE), document.content_type, "{path}");
        assert_eq!(response.header(header::ETAG), document.etag(), "{path}");
        assert_eq!(response.header(header::LAST_MODIFIED), "Thu, 16 Feb 2023 14:00:00 GMT", "{path}");
    }
    let live = get(&site, "/api/v1/stories/").await;
    assert_eq!(live.body, get(&site, "/api/v1/stories.json").await.body);
}

#[tokio::test]
async fn the_current_copy_of_a_client_is_not_sent_again() {
    let site = site();
    let etag = get(&site, "/").await.header(header::ETAG).to_owned();
    let again = get_with(&site, "/", header::IF_NONE_MATCH, &etag).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.header(header::ETAG), etag);
    assert!(again.header(header::CACHE_CONTROL).contains("max-age=60"));
    let dated = get_with(&site, "/", header::IF_MODIFIED_SINCE, "Thu, 16 Feb 2023 14:00:00 GMT").await;
    assert_eq!(dated.status, StatusCode::NOT_MODIFIED);
    assert_eq!(get_with(&site, "/", header::IF_NONE_MATCH, "\"other\"").await.status, StatusCode::OK);
}

#[tokio::test]
async fn head_has_no_body_and_the_same_headers() {
    let site = site();
    for path in ["/", "/search/", "/feed.xml"] {
        let whole = get(&site, path).await;
        let head = send(&site, Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{path}");
        assert_eq!(head.header(header::ETAG), whole.header(header::ETAG), "{path}");
    }
}

#[tokio::test]
async fn compressed_responses_have_a_weak_tag_that_still_matches() {
    let site = site();
    for coding in ["gzip", "br"] {
        let compressed = get_with(&site, "/", header::ACCEPT_ENCODING, coding).await;
        assert_eq!(compressed.header(header::CONTENT_ENCODING), coding);
        assert!(compressed.header(header::VARY).contains("accept-encoding"));
        let tag = compressed.header(header::ETAG);
        assert!(tag.starts_with("W/\""), "{tag}");
        assert_eq!(get_with(&site, "/", header::IF_NONE_MATCH, tag).await.status, StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn pages_may_connect_to_the_site_if_it_counts_clicks() {
    let publication = publication("https://tides.example/");
    let mut snapshot = publication.snapshot().as_ref().clone();
    snapshot.site.beacon = true;
    let counting = Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).unwrap();
    for (publication, connects) in [(publication, false), (Arc::new(counting), true)] {
        let (_, receiver) = watch::channel(publication);
        let site = site_of(receiver, None);
        let response = get(&site, "/").await;
        let policy = response.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'"));
        assert_eq!(policy.contains("; connect-src 'self';"), connects, "{policy}");
    }
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let site = site();
    for path in ["/", "/nothing", "/api/v1/nothing/", "/search/?q=x", "/feed.xml", "/api/v1/stories.json"] {
        let response = get(&site, path).await;
        let policy = response.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert!(policy.ends_with("; frame-ancestors 'none'"), "{path}");
        assert_eq!(response.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(!response.header(header::REFERRER_POLICY).is_empty(), "{path}");
        assert_eq!(response.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(response.header("permissions-policy").contains("geolocation=(), "), "{path}");
        // Only pages must not be loaded by other sites.
        let is_page = response.header(header::CONTENT_TYPE).starts_with("text/html");
        let who = if is_page { "same-origin" } else { "cross-origin" };
        assert_eq!(response.header("cross-origin-resource-policy"), who, "{path}");
    }
    let tag = get(&site, "/feed.xml").await.header(header::ETAG).to_owned();
    let known = get_with(&site, "/feed.xml", header::IF_NONE_MATCH, &tag).await;
    assert_eq!(
        known.header("cross-origin-resource-policy"),
        "",
        "the headers of the client's copy stay as they are"
    );
}

#[tokio::test]
async fn a_page_contains_the_policy_of_its_header() {
    let site = site();
    for path in ["/", "/about/", "/search/?q=x", "/nothing"] {
        let response = get(&site, path).await;
        let policy = response.header(header::CONTENT_SECURITY_POLICY).replace("; frame-ancestors 'none'", "");
        let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
        assert!(response.text().contains(&meta), "{path}");
    }
}

#[tokio::test]
async fn a_missing_page_is_a_page_for_people_and_a_problem_for_programs() {
    let site = site();
    let page = get(&site, "/stories/nothing/").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("There is nothing at this address"));
    let problem = get(&site, "/api/v1/stories/nothing/").await;
    assert_eq!(problem.status, StatusCode::NOT_FOUND);
    assert_eq!(problem.header(header::CONTENT_TYPE), "application/problem+json");
    insta::assert_json_snapshot!("not_found", problem.json());
}

#[tokio::test]
async fn paths_without_the_final_slash_redirect() {
    let site = site();
    for (path, target) in
        [("/about", "/about/"), ("/topics/tides?x=1", "/topics/tides/?x=1"), ("/search?q=a", "/search/?q=a")]
    {
        let response = get(&site, path).await;
        assert_eq!(response.status, StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(response.header(header::LOCATION), target);
    }
    for path in ["/nothing", "//about", "/feed.xmlx", "/%2F%2Fevil.example"] {
        assert_eq!(get(&site, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_merged_story_redirects() {
    for file in ["", "feed.xml", "atom.xml", "feed.json"] {
        let response = get(&site(), &format!("/stories/{}/{file}", article(9))).await;
        assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY, "{file}");
        assert_eq!(response.header(header::LOCATION), format!("/stories/{}/{file}", article(1)));
    }
}

#[tokio::test]
async fn a_site_without_feeds_of_stories_answers_404_for_them() {
    let mut snapshot = Snapshot::clone(publication("https://tides.example/").snapshot());
    snapshot.site.story_feeds = false;
    let withdrawn = Arc::make_mut(&mut snapshot.items[1]);
    (withdrawn.verdict.published, withdrawn.verdict.rule) = (false, "editor".into());
    let without = Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).unwrap();
    let (_, receiver) = watch::channel(Arc::new(without));
    let site = site_of(receiver, None);
    for number in [1, 2, 9] {
        let feed = format!("/stories/{}/feed.xml", article(number));
        assert_eq!(get(&site, &feed).await.status, StatusCode::NOT_FOUND, "{number}");
    }
}

#[tokio::test]
async fn a_site_below_a_path_is_also_at_the_root() {
    let site = site_at("https://host.example/news/", None);
    for path in ["/news/", "/", "/news/about/", "/about/", "/news/search/?q=tide"] {
        assert_eq!(get(&site, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(get(&site, "/news/about").await.header(header::LOCATION), "/news/about/");
    assert_eq!(get(&site, "/newspaper/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_withdrawn_document_is_gone_and_an_unpublished_one_is_not_found() {
    let (sender, receiver) = watch::channel(publication("https://tides.example/"));
    let site = site_of(receiver, None);
    let (story, record) = (format!("/stories/{}/", article(1)), format!("/api/v1/articles/{}/", article(1)));
    let api = format!("/api/v1/stories/{}/", article(1));
    // Article 9 opened a story that was merged into that of article 1.
    let merged = format!("/stories/{}/", article(9));
    let feed = format!("{story}atom.xml");
    for path in [&story, &record, &api, &feed] {
        assert_eq!(get(&site, path).await.status, StatusCode::OK, "{path}");
    }
    for (rule, wanted) in [("editor", StatusCode::GONE), ("threshold", StatusCode::NOT_FOUND)] {
        let mut snapshot = Snapshot::clone(sender.borrow().snapshot());
        let lead = Arc::make_mut(&mut snapshot.items[0]);
        (lead.verdict.published, lead.verdict.rule) = (false, rule.into());
        let held = Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).unwrap();
        for path in [&story, &record, &api, &merged, &feed] {
            assert!(held.get(path).is_none(), "{path} is in the static build");
        }
        sender.send(Arc::new(held)).unwrap();
        for path in [&story, &merged, &feed] {
            let page = get(&site, path).await;
            assert_eq!(page.status, wanted, "{path}");
            assert_eq!(page.text().contains("This story was withdrawn"), wanted == StatusCode::GONE);
            assert!(page.text().contains("noindex"));
        }
        for path in [&record, &api] {
            let problem = get(&site, path).await;
            assert_eq!((problem.status, &problem.json()["status"]), (wanted, &wanted.as_u16().into()));
        }
    }
}

#[tokio::test]
async fn search_finds_and_escapes() {
    let site = site();
    let page = get(&site, "/search/?q=%3Cscript%3E&topic=tides").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("<mark>&lt;tide&gt;</mark>"));
    assert!(!page.text().contains("<script>"));
    assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
    insta::assert_json_snapshot!("search", get(&site, "/api/v1/search/?q=tide").await.json());
    let bare = get(&site, "/search/?q=%20").await;
    assert_eq!(bare.body, get(&site, "/search/").await.body);
}

#[tokio::test]
async fn a_search_has_feeds() {
    let site = site();
    for (file, kind) in [("feed.xml", "rss+xml"), ("atom.xml", "atom+xml"), ("feed.json", "feed+json")] {
        let path = format!("/search/{file}?q=tide+%26+%3Cebb%3E&topic=tides");
        let feed = get(&site, &path).await;
        assert_eq!(feed.status, StatusCode::OK, "{file}");
        assert!(feed.header(header::CONTENT_TYPE).starts_with(&format!("application/{kind}")), "{file}");
        assert_eq!(feed.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert_eq!(
            feed.header(header::CACHE_CONTROL),
            get(&site, "/feed.xml").await.header(header::CACHE_CONTROL)
        );
        let own = format!("https://tides.example{path}");
        assert!(feed.text().contains(&own) || feed.text().contains(&own.replace('&', "&amp;")), "{own}");
        let article = format!("/api/v1/articles/{}.json", article(1));
        assert!(feed.text().contains(&article), "{file}");
        let etag = feed.header(header::ETAG);
        assert_eq!(
            get_with(&site, &path, header::IF_NONE_MATCH, etag).await.status,
            StatusCode::NOT_MODIFIED
        );
        let compressed = get_with(&site, &path, header::ACCEPT_ENCODING, "gzip").await;
        assert_eq!(compressed.header(header::CONTENT_ENCODING), "gzip");
    }
}

#[tokio::test]
async fn a_feed_of_a_search_refuses_what_the_search_of_the_api_refuses() {
    let site = site();
    for query in ["", "?q=", "?q=%20", "?q=a&when=now", &format!("?q=a&topic={}", "x".repeat(101))] {
        let refused = get(&site, &format!("/search/feed.xml{query}")).await;
        let api = get(&site, &format!("/api/v1/search/{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(refused.header(header::CONTENT_TYPE), "application/problem+json", "{query}");
        assert_eq!(refused.json(), api.json(), "{query}");
    }
    assert_eq!(get(&site, "/search/feed.xml?q=a&page=2").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(get(&site, "/search/atom.xml?q=fail").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(&site, "/search/rss.xml?q=a").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_failed_search_is_a_problem() {
    let site = site();
    let missing = get(&site, "/api/v1/search/").await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    insta::assert_json_snapshot!("search_without_words", missing.json());
    let down = get(&site, "/api/v1/search/?q=fail").await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!down.text().contains("disk"), "internal details are not public");
    assert_eq!(get(&site, "/search/?q=fail").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn only_images_of_the_folder_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    fs::create_dir_all(images.join("su/sub.jpg")).unwrap();
    for (place, bytes) in [
        ("ab/ab12.jpg", "an image"),
        ("ab/ab56.svg", "<svg/>"),
        ("cd/ab34.jpg", "elsewhere"),
        ("../secret.jpg", "secret"),
    ] {
        let file = images.join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    #[cfg(unix)]
    {
        fs::create_dir_all(images.join("li")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret.jpg"), images.join("li/link.jpg")).unwrap();
    }
    let site = site_at("https://tides.example/", Some(images));
    let image = get(&site, "/images/ab12.jpg").await;
    assert_eq!((image.status, image.text()), (StatusCode::OK, "an image"));
    assert_eq!(image.header(header::CONTENT_TYPE), "image/jpeg");
    assert!(image.header(header::CACHE_CONTROL).contains("immutable"));
    let drawing = get(&site, "/images/ab56.svg").await;
    assert_eq!(drawing.header(header::CONTENT_TYPE), "image/svg+xml");
    assert!(drawing.header(header::CONTENT_SECURITY_POLICY).ends_with("sandbox"));
    let tag = image.header(header::ETAG);
    let again = get_with(&site, "/images/ab12.jpg", header::IF_NONE_MATCH, tag).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    for path in [
        "/images/../secret.jpg",
        "/images/..%2Fsecret.jpg",
        "/images/%2e%2e/secret.jpg",
        "/images/sub.jpg",
        "/images/link.jpg",
        "/images/ab34.jpg",
        "/images/ab/ab12.jpg",
        "/images/none.png",
        "/images/",
        "/images/%00.jpg",
    ] {
        assert_eq!(get(&site, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let site = site();
    for path in ["/", "/search/", "/healthz"] {
        let response = send(&site, Request::post(path).body(Body::from("x")).unwrap()).await;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(response.header(header::ALLOW).contains("GET"), "{path}");
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_refused() {
    let response = get(&site(), &format!("/search/?q={}", "x".repeat(5000))).await;
    assert_eq!(response.status, StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn a_new_publication_is_served_immediately() {
    let (sender, receiver) = watch::channel(publication("https://tides.example/"));
    let site = site_of(receiver, None);
    // Twice: the second response comes from the cache.
    for (url, name) in [("", "tides.example"), ("https://other.example/", "other.example")] {
        if !url.is_empty() {
            sender.send(publication(url)).unwrap();
        }
        for _ in 0..2 {
            assert!(get(&site, "/robots.txt").await.text().contains(name));
        }
    }
}

#[tokio::test]
async fn documents_with_and_without_reasons_are_cached_separately() {
    let site = site();
    let path = format!("/api/v1/stories/{}.json", article(1));
    for _ in 0..2 {
        let plain = get(&site, &path).await;
        let explained = get(&site, &format!("{path}?explain=1")).await;
        assert_ne!(plain.body, explained.body);
        assert!(explained.text().contains("\"quality\":[") && !plain.text().contains("\"quality\":["));
        assert_ne!(plain.header(header::ETAG), explained.header(header::ETAG));
    }
}

#[tokio::test]
async fn health_has_the_time_of_the_publication() {
    let health = get(&site(), "/healthz").await;
    assert_eq!(health.json()["status"], "ok");
    assert_eq!(health.json()["snapshot"], "2023-02-16T14:00:00.5Z");
    assert_eq!(health.header(header::CACHE_CONTROL), "no-store");
}

/// The sample site on a port, until `stop` is dropped.
struct Served {
    address: std::net::SocketAddr,
    counts: ConnectionCounts,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn start(limits: Limits) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback works");
        let address = listener.local_addr().expect("it is bound");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let counts = ConnectionCounts::default();
        let shutdown = async {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(courant_server::serve(listener, site(), limits, counts.clone(), shutdown));
        Self { address, counts, stop, serving }
    }

    async fn send(&self, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(self.address).await.expect("loopback works");
        let request = format!("GET {path} HTTP/1.1\r\nHost: tides.example\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("loopback works");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("loopback works");
        response
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_idle_connections() {
    let served = Served::start(Limits::default()).await;
    let silent = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let mut half = tokio::net::TcpStream::connect(served.address).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost: ti").await.unwrap();
    assert!(served.send("/").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(served.counts.count(Counted::Accepted), 3);
    drop(served.stop);
    served.serving.await.unwrap().unwrap();
    // None was cut off by a time limit.
    assert_eq!(served.counts.open(), 0);
    for mut stream in [silent, half] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
}

#[tokio::test]
async fn silent_clients_do_not_block_others() {
    let served = Served::start(Limits { max_connections: 16, ..Limits::default() }).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(tokio::net::TcpStream::connect(served.address).await.unwrap());
    }
    assert!(served.send("/healthz").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(served.counts.count(Counted::Accepted), 101);
    assert_eq!(served.counts.count(Counted::Evicted), 101 - 16);
    assert_eq!(served.counts.count(Counted::RefusedTotal), 0);
    drop(served.stop);
    served.serving.await.unwrap().unwrap();
}
