//! Pings: who is counted, and what is answered.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use crate::common::sample;
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use courant_model::{ArticleId, Timestamp};
use courant_server::{Beacon, beacon_router};
use tokio::sync::watch;
use tower::ServiceExt;

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const NOW: &str = "2026-01-14T12:00:00Z";

#[derive(Clone, Default)]
struct Counts(Arc<Mutex<Vec<(ArticleId, String)>>>);

impl Beacon for Counts {
    fn now(&self) -> Timestamp {
        NOW.parse().unwrap()
    }

    fn salt(&self) -> Option<[u8; 32]> {
        Some([7; 32])
    }

    fn count(&self, article: ArticleId, day: Timestamp) {
        self.0.lock().unwrap().push((article, day.to_string()));
    }
}

struct Site {
    router: Router,
    counts: Counts,
    article: ArticleId,
}

fn site(trusted: &[&str]) -> Site {
    let mut snapshot = sample::snapshot();
    snapshot.site.beacon = true;
    let publication = Arc::new(sample::publish(snapshot));
    let story = publication
        .snapshot()
        .stories
        .iter()
        .find(|story| publication.snapshot().items[story.lead].verdict.published);
    let article = publication.snapshot().items[story.unwrap().lead].id;
    let (_, receiver) = watch::channel(publication);
    let counts = Counts::default();
    let paths = ["/beacon".to_owned(), "/news/beacon".to_owned()];
    let trusted = trusted.iter().map(|net| net.parse().unwrap()).collect();
    Site { router: beacon_router(&paths, counts.clone(), receiver, trusted), counts, article }
}

impl Site {
    /// The status of a ping from this peer with these headers beside those of a browser.
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
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert!(answer.headers().get("set-cookie").is_none());
        assert_eq!(answer.headers()["cache-control"], "no-store");
        answer.status()
    }

    fn counted(&self) -> usize {
        self.counts.0.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_reader_of_an_article_is_counted_once_a_day() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for _ in 0..3 {
        assert_eq!(site.ping(&path, "203.0.113.7", &[]).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(*site.counts.0.lock().unwrap(), [(site.article, "2026-01-14T00:00:00Z".to_owned())]);
    // Below the path of the site's address, for a proxy may have cut it off or not.
    site.ping(&format!("/news{path}"), "203.0.113.8", &[]).await;
    assert_eq!(site.counted(), 2);
    // Nobody in between is believed.
    site.ping(&path, "203.0.113.7", &[("x-forwarded-for", "198.51.100.4")]).await;
    assert_eq!(site.counted(), 2);
}

#[tokio::test]
async fn what_is_no_readers_ping_is_answered_alike_and_not_counted() {
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
    let answer = site.router.clone().oneshot(large).await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let read = Request::get(&path).body(Body::empty()).unwrap();
    assert_eq!(site.router.clone().oneshot(read).await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(site.counted(), 0);
}

#[tokio::test]
async fn behind_a_trusted_proxy_readers_are_told_apart() {
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
async fn one_address_is_one_reader_whatever_it_calls_itself() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for number in 0..50 {
        site.ping(&path, "203.0.113.7", &[("user-agent", &format!("{BROWSER} {number}"))]).await;
    }
    assert_eq!(site.counted(), 1);
}

#[tokio::test]
async fn one_block_of_addresses_can_not_flood() {
    let site = site(&[]);
    let path = format!("/beacon/{}/", site.article);
    for number in 0..=255 {
        site.ping(&path, &format!("203.0.113.{number}"), &[]).await;
    }
    assert_eq!(site.counted(), 20, "a day");
    site.ping(&path, "198.51.100.1", &[]).await;
    assert_eq!(site.counted(), 21);
}
