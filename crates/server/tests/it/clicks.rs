//! Click counting: which pings count, and the responses to them.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use courant_model::ArticleId;
use courant_server::{Access, AccessRules, KeyPolicy, router};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::common::{
    app::{Clicks, app},
    sample,
    site::FixedSearch,
};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

struct Site {
    router: Router,
    clicks: Clicks,
    article: ArticleId,
}

fn site(trusted: &[&str]) -> Site {
    let mut snapshot = sample::snapshot();
    snapshot.site.beacon = true;
    snapshot.site.url = "https://desk.example/news/".parse().unwrap();
    let publication = Arc::new(sample::publish(snapshot));
    let story = publication
        .snapshot()
        .stories
        .iter()
        .find(|story| publication.snapshot().items[story.lead].verdict.published);
    let article = publication.snapshot().items[story.unwrap().lead].id;
    let (_, receiver) = watch::channel(publication);
    let clicks = Clicks::default();
    let mut app = app(receiver, FixedSearch(article));
    app.click_counter = Some(clicks.clone());
    app.access = Access::new(AccessRules {
        keys: KeyPolicy::Off,
        rate: std::num::NonZeroU32::MIN,
        trusted_proxies: trusted.iter().map(|net| net.parse().unwrap()).collect(),
    });
    Site { router: router(app), clicks, article }
}

impl Site {
    /// The status of a ping from this peer with these headers in addition to those of a browser.
    async fn ping(&self, path: &str, peer: &str, more: &[(&str, &str)]) -> StatusCode {
        let mut request =
            Request::post(path).header("content-type", "text/ping").header("content-length", "4");
        for (name, value) in [("user-agent", BROWSER), ("sec-fetch-site", "same-origin")] {
            if more.iter().all(|(other, _)| *other != name) {
                request = request.header(name, value);
            }
        }
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from("PING")).unwrap();
        let peer: SocketAddr = format!("{peer}:40000").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert!(response.headers().get("set-cookie").is_none());
        assert_eq!(response.headers()["cache-control"], "no-store");
        response.status()
    }

    fn counted(&self) -> usize {
        self.clicks.0.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_reader_of_an_article_is_counted_once_a_day() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for _ in 0..3 {
        assert_eq!(site.ping(&path, "203.0.113.7", &[]).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(*site.clicks.0.lock().unwrap(), [(site.article, "2026-01-14T00:00:00Z".to_owned())]);
    // Below the path of the site's URL, which a proxy may have removed or not.
    site.ping(&format!("/news{path}"), "203.0.113.8", &[]).await;
    assert_eq!(site.counted(), 2);
    // Without trusted proxies, `X-Forwarded-For` is ignored.
    site.ping(&path, "203.0.113.7", &[("x-forwarded-for", "198.51.100.4")]).await;
    assert_eq!(site.counted(), 2);
}

#[tokio::test]
async fn other_requests_get_the_same_response_and_are_not_counted() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for more in [("dnt", "1"), ("sec-gpc", "1"), ("user-agent", "curl/8"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(site.ping(&path, "203.0.113.7", &[more]).await, StatusCode::NO_CONTENT, "{more:?}");
    }
    let unknown = format!("/beacon/{}/", ArticleId::from_bytes([9; 16]));
    for path in [unknown.as_str(), "/beacon/nothing/"] {
        assert_eq!(site.ping(path, "203.0.113.7", &[]).await, StatusCode::NO_CONTENT, "{path}");
    }
    let large = Request::post(&path).header("content-length", "5000").body(Body::empty()).unwrap();
    let response = site.router.clone().oneshot(large).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let read = Request::get(&path).body(Body::empty()).unwrap();
    assert_eq!(site.router.clone().oneshot(read).await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(site.counted(), 0);
}

#[tokio::test]
async fn readers_behind_a_trusted_proxy_are_told_apart() {
    let site = site(&["10.0.0.0/8"]);
    let path = format!("/beacon/{}/", site.article);
    for (forwarded, counted) in [
        ("198.51.100.4", 1),
        ("198.51.100.4", 1),
        ("192.0.2.1, 198.51.100.5", 2),
        ("192.0.2.2, 198.51.100.5", 2),
    ] {
        site.ping(&path, "10.1.2.3", &[("x-forwarded-for", forwarded)]).await;
        assert_eq!(site.counted(), counted, "{forwarded}");
    }
}

#[tokio::test]
async fn an_address_is_one_reader_whatever_its_user_agent() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for number in 0..50 {
        site.ping(&path, "203.0.113.7", &[("user-agent", &format!("{BROWSER} {number}"))]).await;
    }
    assert_eq!(site.counted(), 1);
}

#[tokio::test]
async fn the_readers_of_one_block_of_addresses_are_limited() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for number in 0..=255 {
        site.ping(&path, &format!("203.0.113.{number}"), &[]).await;
    }
    assert_eq!(site.counted(), 20, "per day");
    site.ping(&path, "198.51.100.1", &[]).await;
    assert_eq!(site.counted(), 21);
}
