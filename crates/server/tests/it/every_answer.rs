//! What every answer of the API has, whatever was asked: words for every refusal, validators, packing, open doors.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

use crate::common::{
    schema,
    site::{Answer, Site},
};

async fn ask(site: &Site, method: &str, address: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(address);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    site.ask(request.body(Body::empty()).expect("sound test data")).await
}

#[tokio::test]
async fn every_refusal_is_a_problem_that_any_script_may_read() {
    let site = Site::new().await;
    let endless = format!("/api/v1/stories/?x={}", "x".repeat(5000));
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    for (method, address, status) in [
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
        let answer = ask(&site, method, address, &[]).await;
        let place = &address[..address.len().min(60)];
        assert_eq!(answer.status.as_u16(), status, "{method} {place}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{place}");
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{place}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache", "{place}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{place}");
        let problem: Value = serde_json::from_slice(&answer.body).unwrap();
        schema::check(&site.api, &schema, &problem, place);
        assert_eq!(problem["status"], status, "{place}");
        let allow = if status == 405 { "GET,HEAD,OPTIONS" } else { "" };
        assert_eq!(answer.header(header::ALLOW), allow, "{place}");
    }
}

#[tokio::test]
async fn every_answer_has_validators_and_is_not_sent_twice() {
    let site = Site::new().await;
    let lists = ["/api/v1/stories/?limit=5&explain=1".to_owned(), "/api/v1/articles/?topic=ports".to_owned()];
    for address in site.paths().iter().map(|path| site.address(path)).chain(lists) {
        let answer = site.get(&address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        let (tag, date) = (answer.header(header::ETAG), answer.header(header::LAST_MODIFIED));
        assert!(tag.starts_with('"') && date.ends_with(" GMT"), "{address}");
        assert!(!answer.header(header::CACHE_CONTROL).is_empty(), "{address}");
        assert_eq!(answer.header(header::VARY), "accept-encoding", "{address}");
        for condition in [(header::IF_NONE_MATCH, tag), (header::IF_MODIFIED_SINCE, date)] {
            let again = ask(&site, "GET", &address, &[condition]).await;
            assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{address}");
            assert_eq!(again.header(header::ETAG), tag, "{address}");
            assert_eq!(
                again.header(header::CACHE_CONTROL),
                answer.header(header::CACHE_CONTROL),
                "{address}"
            );
            assert_eq!(again.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{address}");
        }
        let head = ask(&site, "HEAD", &address, &[]).await;
        assert_eq!((head.status, head.body.len(), head.header(header::ETAG)), (StatusCode::OK, 0, tag));
    }
}

#[tokio::test]
async fn every_answer_is_packed_where_the_client_can_unpack() {
    let site = Site::new().await;
    for path in site.paths() {
        let address = site.address(&path);
        let plain = site.get(&address).await;
        for coding in ["gzip", "br"] {
            let packed = ask(&site, "GET", &address, &[(header::ACCEPT_ENCODING, coding)]).await;
            assert_eq!(packed.header(header::CONTENT_ENCODING), coding, "{address}");
            assert!(packed.body.len() < plain.body.len(), "{address}");
            let weak = format!("W/{}", plain.header(header::ETAG));
            assert_eq!(packed.header(header::ETAG), weak, "{address}");
            let again = ask(&site, "GET", &address, &[(header::IF_NONE_MATCH, &weak)]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{address}");
        }
    }
}

#[tokio::test]
async fn scripts_of_every_origin_may_ask_conditionally() {
    let site = Site::new().await;
    let asked = [
        (header::ORIGIN, "https://reader.example"),
        (header::ACCESS_CONTROL_REQUEST_METHOD, "GET"),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, "if-none-match"),
    ];
    for path in site.paths() {
        let allowed = ask(&site, "OPTIONS", &site.address(&path), &asked).await;
        assert_eq!((allowed.status, allowed.body.len()), (StatusCode::NO_CONTENT, 0), "{path}");
        assert_eq!(allowed.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*", "{path}");
        assert!(allowed.header(header::ACCESS_CONTROL_ALLOW_METHODS).contains("GET"), "{path}");
        for name in ["if-none-match", "authorization", "last-event-id"] {
            assert!(allowed.header(header::ACCESS_CONTROL_ALLOW_HEADERS).contains(name), "{path} {name}");
        }
        let answer = site.get(&site.address(&path)).await;
        assert!(
            answer.header(header::ACCESS_CONTROL_EXPOSE_HEADERS).starts_with("etag,retry-after"),
            "{path}"
        );
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{path}");
    }
    // Feeds and sitemaps are data as well, there or not; pages are not.
    let feed = site.get("/feed.xml").await;
    let again = ask(&site, "GET", "/feed.xml", &[(header::IF_NONE_MATCH, feed.header(header::ETAG))]).await;
    let missing = site.get("/stories/00000000000000000000000000000000/feed.json").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let refused = ask(&site, "POST", "/sitemap.xml", &[]).await;
    assert_eq!(refused.header(header::ALLOW), "GET,HEAD,OPTIONS");
    for answer in [&feed, &again, &missing, &refused] {
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    }
    assert_eq!(site.get("/").await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
    assert_eq!(ask(&site, "OPTIONS", "/", &asked).await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
}

#[tokio::test]
async fn what_a_client_adds_passes_the_preflight() {
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
            let asked = [
                (header::ORIGIN, "https://reader.example"),
                (header::ACCESS_CONTROL_REQUEST_METHOD, "GET"),
                (header::ACCESS_CONTROL_REQUEST_HEADERS, name),
            ];
            let allowed = ask(&site, "OPTIONS", path, &asked).await;
            assert_eq!(allowed.status, StatusCode::NO_CONTENT, "{path}");
            let names = allowed.header(header::ACCESS_CONTROL_ALLOW_HEADERS);
            assert!(names.split(',').any(|allowed| allowed == name), "{path} {name}: {names}");
        }
    }
}

#[tokio::test]
async fn a_site_below_a_path_has_the_same_manners() {
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
