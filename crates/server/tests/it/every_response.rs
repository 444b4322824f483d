//! Properties of all responses of the API: problems, validators, compression, CORS.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

use crate::common::{
    schema,
    site::{Site, TestResponse},
};

async fn send(site: &Site, method: &str, url: &str, headers: &[(header::HeaderName, &str)]) -> TestResponse {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    site.send(request.body(Body::empty()).expect("sound test data")).await
}

#[tokio::test]
async fn every_error_is_a_problem_that_scripts_of_every_origin_may_read() {
    let site = Site::new().await;
    let endless = format!("/api/v1/stories/?x={}", "x".repeat(5000));
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    for (method, url, status) in [
        ("GET", "/api/v1/nothing/", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/nothing/", 404),
        ("GET", "/api/v1/stories/%FF/", 404),
        ("GET", "/api/v1/stories/page/0/", 404),
        ("GET", "/api/v1/stories/?limit=x", 400),
        ("GET", "/api/v1/articles/?after=%FF", 400),
        ("GET", "/api/v1/search/?q=%00", 400),
        ("GET", "/api/v1/search/?q=a&page=0", 400),
        ("GET", "/api/v1/search/?q=a&pgae=2", 400),
        ("POST", "/api/v1/stories/", 405),
        ("PUT", "/api/v1/articles/", 405),
        ("DELETE", "/api/v1/search/?q=a", 405),
        ("PATCH", "/api/v1/topics/", 405),
        ("POST", "/api/v1/", 405),
        ("GET", endless.as_str(), 414),
        ("GET", "/api/v1/search/?q=fail", 503),
    ] {
        let response = send(&site, method, url, &[]).await;
        let place = &url[..url.len().min(60)];
        assert_eq!(response.status.as_u16(), status, "{method} {place}");
        assert_eq!(response.header(header::CONTENT_TYPE), "application/problem+json", "{place}");
        assert_eq!(response.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{place}");
        assert_eq!(response.header(header::CACHE_CONTROL), "no-cache", "{place}");
        assert_eq!(response.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{place}");
        let problem: Value = serde_json::from_slice(&response.body).unwrap();
        schema::check(&site.api, &schema, &problem, place);
        assert_eq!(problem["status"], status, "{place}");
        let allow = if status == 405 { "GET,HEAD,OPTIONS" } else { "" };
        assert_eq!(response.header(header::ALLOW), allow, "{place}");
    }
}

#[tokio::test]
async fn every_response_has_validators_and_supports_conditional_requests() {
    let site = Site::new().await;
    let lists = ["/api/v1/stories/?limit=5&explain=1".to_owned(), "/api/v1/articles/?topic=ports".to_owned()];
    for url in site.paths().iter().map(|path| site.url(path)).chain(lists) {
        let response = site.get(&url).await;
        assert_eq!(response.status, StatusCode::OK, "{url}");
        let (tag, date) = (response.header(header::ETAG), response.header(header::LAST_MODIFIED));
        assert!(tag.starts_with('"') && date.ends_with(" GMT"), "{url}");
        assert!(!response.header(header::CACHE_CONTROL).is_empty(), "{url}");
        assert_eq!(response.header(header::VARY), "accept-encoding", "{url}");
        for condition in [(header::IF_NONE_MATCH, tag), (header::IF_MODIFIED_SINCE, date)] {
            let again = send(&site, "GET", &url, &[condition]).await;
            assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{url}");
            assert_eq!(again.header(header::ETAG), tag, "{url}");
            assert_eq!(again.header(header::CACHE_CONTROL), response.header(header::CACHE_CONTROL), "{url}");
            assert_eq!(again.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{url}");
        }
        let head = send(&site, "HEAD", &url, &[]).await;
        assert_eq!((head.status, head.body.len(), head.header(header::ETAG)), (StatusCode::OK, 0, tag));
    }
}

#[tokio::test]
async fn every_response_is_compressed_if_the_client_supports_it() {
    let site = Site::new().await;
    for path in site.paths() {
        let url = site.url(&path);
        let plain = site.get(&url).await;
        for coding in ["gzip", "br"] {
            let compressed = send(&site, "GET", &url, &[(header::ACCEPT_ENCODING, coding)]).await;
            assert_eq!(compressed.header(header::CONTENT_ENCODING), coding, "{url}");
            assert!(compressed.body.len() < plain.body.len(), "{url}");
            let weak = format!("W/{}", plain.header(header::ETAG));
            assert_eq!(compressed.header(header::ETAG), weak, "{url}");
            let again = send(&site, "GET", &url, &[(header::IF_NONE_MATCH, &weak)]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{url}");
        }
    }
}

#[tokio::test]
async fn scripts_of_every_origin_may_send_conditional_requests() {
    let site = Site::new().await;
    let preflight = [
        (header::ORIGIN, "https://reader.example"),
        (header::ACCESS_CONTROL_REQUEST_METHOD, "GET"),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, "if-none-match"),
    ];
    for path in site.paths() {
        let allowed = send(&site, "OPTIONS", &site.url(&path), &preflight).await;
        assert_eq!((allowed.status, allowed.body.len()), (StatusCode::NO_CONTENT, 0), "{path}");
        assert_eq!(allowed.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{path}");
        assert!(allowed.header(header::ACCESS_CONTROL_ALLOW_METHODS).contains("GET"), "{path}");
        for name in ["if-none-match", "authorization", "last-event-id"] {
            assert!(allowed.header(header::ACCESS_CONTROL_ALLOW_HEADERS).contains(name), "{path} {name}");
        }
        let response = site.get(&site.url(&path)).await;
        assert!(
            response.header(header::ACCESS_CONTROL_EXPOSE_HEADERS).starts_with("etag,retry-after"),
            "{path}"
        );
        assert!(!response.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{path}");
    }
    // CORS applies to feeds and sitemaps, too, existing or not, but not to pages.
    let feed = site.get("/feed.xml").await;
    let again = send(&site, "GET", "/feed.xml", &[(header::IF_NONE_MATCH, feed.header(header::ETAG))]).await;
    let missing = site.get("/stories/00000000000000000000000000000000/feed.json").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let refused = send(&site, "POST", "/sitemap.xml", &[]).await;
    assert_eq!(refused.header(header::ALLOW), "GET,HEAD,OPTIONS");
    for response in [&feed, &again, &missing, &refused] {
        assert_eq!(response.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    }
    assert_eq!(site.get("/").await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
    assert_eq!(send(&site, "OPTIONS", "/", &preflight).await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
}

#[tokio::test]
async fn headers_added_by_clients_pass_the_preflight() {
    let site = Site::new().await;
    for path in [
        "/api/v1/events/",
        "/api/v1/stories/",
        "/feed.json",
        "/atom.xml",
        "/sitemap.xml",
        "/search/feed.json",
    ] {
        for name in ["cache-control", "content-type", "if-none-match", "authorization", "x-of-my-own"] {
            let preflight = [
                (header::ORIGIN, "https://reader.example"),
                (header::ACCESS_CONTROL_REQUEST_METHOD, "GET"),
                (header::ACCESS_CONTROL_REQUEST_HEADERS, name),
            ];
            let allowed = send(&site, "OPTIONS", path, &preflight).await;
            assert_eq!(allowed.status, StatusCode::NO_CONTENT, "{path}");
            let names = allowed.header(header::ACCESS_CONTROL_ALLOW_HEADERS);
            assert!(names.split(',').any(|allowed| allowed == name), "{path} {name}: {names}");
        }
    }
}

#[tokio::test]
async fn everything_holds_for_a_site_below_a_path() {
    let mut snapshot = crate::common::sample::snapshot();
    snapshot.site.url = "https://host.example/news/".parse().unwrap();
    let site = Site::of(snapshot).await;
    assert_eq!(site.api["servers"][0]["url"], "https://host.example/news");
    let missing = site.get("/news/api/v1/nothing/").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.header(header::CONTENT_TYPE), "application/problem+json");
    assert_eq!(missing.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let part = site.json("/news/api/v1/articles/?limit=1").await;
    let next = part["next"].as_str().unwrap().strip_prefix("https://host.example").unwrap().to_owned();
    assert!(next.starts_with("/news/api/v1/articles/?after="));
    assert_ne!(site.json(&next).await["articles"], part["articles"]);
}
