//! Search: its page, its feeds, its API.

use axum::http::{StatusCode, header};

use super::{article, get, get_with, site};

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
