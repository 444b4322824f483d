//! Security headers and the content security policy.

use std::sync::Arc;

use axum::http::header;
use courant_render::{Publication, Templates};
use tokio::sync::watch;

use super::{get, get_with, publication, site, site_of};

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
