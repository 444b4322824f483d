//! Bytes, validators and compression of the publication's documents.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use tokio::sync::watch;

use super::{article, get, get_with, publication, send, site, site_of};

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
