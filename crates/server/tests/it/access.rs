//! Access control of the API: keys, limits, and caching of the responses.

use std::{net::SocketAddr, num::NonZeroU32};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use courant_server::{Access, AccessRules, ApiKey, KeyPolicy};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::common::{
    sample,
    site::{Site, TestResponse},
};

const LIST: &str = "/api/v1/stories/";
const READER: &str = "courant_reader-of-all-that-is-fit-to-print";

fn rate(rate: u32) -> NonZeroU32 {
    NonZeroU32::new(rate).expect("sound test data")
}

fn key(name: &str, token: &str, per_minute: u32) -> ApiKey {
    ApiKey { name: name.to_owned(), digest: Sha256::digest(token).into(), rate: rate(per_minute) }
}

fn access(keys: KeyPolicy, per_minute: u32) -> Access {
    let access = Access::new(AccessRules { keys, rate: rate(per_minute), trusted_proxies: Vec::new() });
    access.set_keys(vec![key("other", "courant_other", 9), key("reader", READER, 5)]);
    access
}

async fn send(site: &Site, url: &str, credentials: Option<&str>, from: &str) -> TestResponse {
    let peer: SocketAddr = from.parse().expect("sound test data");
    let mut request = Request::get(url).extension(ConnectInfo(peer));
    if let Some(credentials) = credentials {
        request = request.header(header::AUTHORIZATION, credentials);
    }
    site.send(request.body(Body::empty()).expect("sound test data")).await
}

fn header_text(response: &TestResponse, name: &str) -> String {
    response.headers.get(name).map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn without_keys_every_request_is_allowed_and_none_is_counted() {
    let site = Site::with_access(sample::snapshot(), access(KeyPolicy::Off, 1)).await;
    for credentials in [None, Some("Bearer nonsense"), None] {
        let response = send(&site, LIST, credentials, "192.0.2.1:1").await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.header(header::VARY), "accept-encoding");
        assert_eq!(header_text(&response, "ratelimit"), "");
    }
}

#[tokio::test]
async fn required_keys_are_required_everywhere_in_the_api() {
    let site = Site::with_access(sample::snapshot(), access(KeyPolicy::Required, 100)).await;
    let bearer = format!("Bearer {READER}");
    for (credentials, challenge) in [
        (None, "Bearer realm=\"api\""),
        (Some("Basic cmVhZGVyOnNlY3JldA=="), "Bearer realm=\"api\""),
        (Some("Bearer nonsense"), "Bearer realm=\"api\", error=\"invalid_token\""),
        (Some("Bearer "), "Bearer realm=\"api\", error=\"invalid_token\""),
    ] {
        for url in [LIST, "/api/v1/search/?q=tide", "/api/v1/topics.json", "/api/v1/nothing/"] {
            let refused = send(&site, url, credentials, "192.0.2.1:1").await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{credentials:?} {url}");
            assert_eq!(refused.header(header::WWW_AUTHENTICATE), challenge);
            assert_eq!(refused.header(header::CONTENT_TYPE), "application/problem+json");
            assert_eq!(refused.header(header::CACHE_CONTROL), "no-store");
            assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        }
    }
    site.check(LIST, LIST, &send(&site, LIST, None, "192.0.2.1:1").await);
    // A key in the URL is ignored (unsafe by RFC 6750 §2.3): it would be in every log.
    let in_url = send(&site, &format!("{LIST}?access_token={READER}"), None, "192.0.2.1:1").await;
    assert_eq!(in_url.status, StatusCode::UNAUTHORIZED);

    let opened = send(&site, LIST, Some(&bearer), "192.0.2.1:1").await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.header(header::CACHE_CONTROL), "private, max-age=60, must-revalidate");
    let vary: Vec<&str> =
        opened.headers.get_all(header::VARY).iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.contains(&"authorization") && vary.contains(&"accept-encoding"), "{vary:?}");
    assert_eq!(send(&site, LIST, Some(&bearer.replace("Bearer", "bEARER")), "192.0.2.1:1").await.status, 200);

    // Pages, feeds and the descriptions need no key, nor do preflight requests.
    for url in ["/", "/feed.xml", "/api/v1/", "/api/v1/openapi.json", "/search/?q=tide"] {
        assert_eq!(send(&site, url, None, "192.0.2.1:1").await.status, StatusCode::OK, "{url}");
    }
    let preflight = Request::options(LIST).body(Body::empty()).unwrap();
    assert_eq!(site.send(preflight).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn each_key_and_each_network_has_its_own_limit() {
    let site = Site::with_access(sample::snapshot(), access(KeyPolicy::Optional, 2)).await;
    let bearer = format!("Bearer {READER}");
    for left in ["1", "0"] {
        let response = send(&site, LIST, None, "192.0.2.1:1").await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(header_text(&response, "ratelimit-policy"), "\"minute\";q=2;w=60");
        assert!(header_text(&response, "ratelimit").starts_with(&format!("\"minute\";r={left};t=")));
        assert!(response.header(header::CACHE_CONTROL).starts_with("public"));
    }
    let full = send(&site, LIST, None, "192.0.2.1:2").await;
    site.check(LIST, LIST, &full);
    assert_eq!(full.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(full.header(header::RETRY_AFTER), "30");
    assert_eq!(header_text(&full, "ratelimit"), "\"minute\";r=0;t=60");
    assert_eq!(full.header(header::CACHE_CONTROL), "no-store");
    // Requests with unknown keys count, too.
    let trying = send(&site, LIST, Some("Bearer nonsense"), "192.0.2.1:3").await;
    assert_eq!(trying.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(send(&site, LIST, None, "192.0.2.2:1").await.status, StatusCode::OK);
    for _ in 0..5 {
        let response = send(&site, LIST, Some(&bearer), "192.0.2.1:1").await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(header_text(&response, "ratelimit-policy"), "\"minute\";q=5;w=60");
    }
    assert_eq!(send(&site, LIST, Some(&bearer), "192.0.2.9:1").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(send(&site, "/", None, "192.0.2.1:1").await.status, StatusCode::OK, "pages are not counted");
}

#[tokio::test]
async fn changes_of_keys_take_effect_immediately_and_keep_the_used_limits() {
    let access = access(KeyPolicy::Required, 100);
    let site = Site::with_access(sample::snapshot(), access.clone()).await;
    let with = async |token: &str| {
        send(&site, LIST, Some(&format!("Bearer {token}")), "192.0.2.1:1").await.status.as_u16()
    };
    assert_eq!(with("courant_new").await, 401);
    for _ in 0..4 {
        assert_eq!(with(READER).await, 200);
    }
    access.set_keys(vec![key("new", "courant_new", 1), key("reader", READER, 5)]);
    assert_eq!((with("courant_new").await, with("courant_other").await), (200, 401));
    assert_eq!((with(READER).await, with(READER).await), (200, 429));
    access.set_keys(vec![]);
    assert_eq!(with(READER).await, 401);
}

#[tokio::test]
async fn the_description_has_the_security_scheme() {
    let site = Site::new().await;
    let scheme = &site.api["components"]["securitySchemes"]["key"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&Value::from("http"), &Value::from("bearer")));
}
