//! Keys and limits of the API: who is let in, how often, and what caches may do with the answers.

use std::{net::SocketAddr, num::NonZeroU32};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use courant_server::{Access, AccessRules, ApiKey, Keys};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::common::{
    sample,
    site::{Answer, Site},
};

const LIST: &str = "/api/v1/stories/";
const READER: &str = "courant_reader-of-all-that-is-fit-to-print";

fn rate(rate: u32) -> NonZeroU32 {
    NonZeroU32::new(rate).expect("sound test data")
}

fn key(name: &str, token: &str, a_minute: u32) -> ApiKey {
    ApiKey { name: name.to_owned(), digest: Sha256::digest(token).into(), rate: rate(a_minute) }
}

fn door(keys: Keys, a_minute: u32) -> Access {
    let access = Access::new(AccessRules { keys, rate: rate(a_minute), trusted_proxies: Vec::new() });
    access.set_keys(vec![key("other", "courant_other", 9), key("reader", READER, 5)]);
    access
}

async fn ask(site: &Site, address: &str, credentials: Option<&str>, from: &str) -> Answer {
    let peer: SocketAddr = from.parse().expect("sound test data");
    let mut request = Request::get(address).extension(ConnectInfo(peer));
    if let Some(credentials) = credentials {
        request = request.header(header::AUTHORIZATION, credentials);
    }
    site.ask(request.body(Body::empty()).expect("sound test data")).await
}

fn said(answer: &Answer, name: &str) -> String {
    answer.headers.get(name).map_or_else(String::new, |value| value.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn an_open_api_asks_nobody_and_counts_nothing() {
    let site = Site::behind(sample::snapshot(), door(Keys::Off, 1)).await;
    for credentials in [None, Some("Bearer nonsense"), None] {
        let answer = ask(&site, LIST, credentials, "192.0.2.1:1").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header(header::VARY), "accept-encoding");
        assert_eq!(said(&answer, "ratelimit"), "");
    }
}

#[tokio::test]
async fn where_keys_are_required_only_they_open() {
    let site = Site::behind(sample::snapshot(), door(Keys::Required, 100)).await;
    let bearer = format!("Bearer {READER}");
    for (credentials, challenge) in [
        (None, "Bearer realm=\"api\""),
        (Some("Basic cmVhZGVyOnNlY3JldA=="), "Bearer realm=\"api\""),
        (Some("Bearer nonsense"), "Bearer realm=\"api\", error=\"invalid_token\""),
        (Some("Bearer "), "Bearer realm=\"api\", error=\"invalid_token\""),
    ] {
        for address in [LIST, "/api/v1/search/?q=tide", "/api/v1/topics.json", "/api/v1/nothing/"] {
            let refused = ask(&site, address, credentials, "192.0.2.1:1").await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{credentials:?} {address}");
            assert_eq!(refused.header(header::WWW_AUTHENTICATE), challenge);
            assert_eq!(refused.header(header::CONTENT_TYPE), "application/problem+json");
            assert_eq!(refused.header(header::CACHE_CONTROL), "no-store");
            assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        }
    }
    site.check(LIST, LIST, &ask(&site, LIST, None, "192.0.2.1:1").await);
    // A key in the address is none (RFC 6750 §2.3 calls that unsafe): it would stand in every log.
    let in_address = ask(&site, &format!("{LIST}?access_token={READER}"), None, "192.0.2.1:1").await;
    assert_eq!(in_address.status, StatusCode::UNAUTHORIZED);

    let opened = ask(&site, LIST, Some(&bearer), "192.0.2.1:1").await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.header(header::CACHE_CONTROL), "private, max-age=60, must-revalidate");
    let vary: Vec<&str> =
        opened.headers.get_all(header::VARY).iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.contains(&"authorization") && vary.contains(&"accept-encoding"), "{vary:?}");
    assert_eq!(ask(&site, LIST, Some(&bearer.replace("Bearer", "bEARER")), "192.0.2.1:1").await.status, 200);

    // Pages, feeds and the descriptions are for everybody; so is what a browser asks beforehand.
    for address in ["/", "/feed.xml", "/api/v1/", "/api/v1/openapi.json", "/search/?q=tide"] {
        assert_eq!(ask(&site, address, None, "192.0.2.1:1").await.status, StatusCode::OK, "{address}");
    }
    let before = Request::options(LIST).body(Body::empty()).unwrap();
    assert_eq!(site.ask(before).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn each_key_and_each_address_has_its_own_limit() {
    let site = Site::behind(sample::snapshot(), door(Keys::Optional, 2)).await;
    let bearer = format!("Bearer {READER}");
    for left in ["1", "0"] {
        let answer = ask(&site, LIST, None, "192.0.2.1:1").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(said(&answer, "ratelimit-policy"), "\"minute\";q=2;w=60");
        assert!(said(&answer, "ratelimit").starts_with(&format!("\"minute\";r={left};t=")));
        assert!(answer.header(header::CACHE_CONTROL).starts_with("public"));
    }
    let full = ask(&site, LIST, None, "192.0.2.1:2").await;
    site.check(LIST, LIST, &full);
    assert_eq!(full.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(full.header(header::RETRY_AFTER), "30");
    assert_eq!(said(&full, "ratelimit"), "\"minute\";r=0;t=60");
    assert_eq!(full.header(header::CACHE_CONTROL), "no-store");
    // Trying keys is asking, too.
    let trying = ask(&site, LIST, Some("Bearer nonsense"), "192.0.2.1:3").await;
    assert_eq!(trying.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&site, LIST, None, "192.0.2.2:1").await.status, StatusCode::OK);
    for _ in 0..5 {
        let answer = ask(&site, LIST, Some(&bearer), "192.0.2.1:1").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(said(&answer, "ratelimit-policy"), "\"minute\";q=5;w=60");
    }
    assert_eq!(ask(&site, LIST, Some(&bearer), "192.0.2.9:1").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&site, "/", None, "192.0.2.1:1").await.status, StatusCode::OK, "pages are not counted");
}

#[tokio::test]
async fn new_and_revoked_keys_count_at_once_and_what_was_used_stays_used() {
    let access = door(Keys::Required, 100);
    let site = Site::behind(sample::snapshot(), access.clone()).await;
    let with = async |token: &str| {
        ask(&site, LIST, Some(&format!("Bearer {token}")), "192.0.2.1:1").await.status.as_u16()
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
async fn the_description_says_that_keys_may_be_wanted() {
    let site = Site::new().await;
    let scheme = &site.api["components"]["securitySchemes"]["key"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&Value::from("http"), &Value::from("bearer")));
}
