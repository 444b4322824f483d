//! Which routes the two listeners have.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, header},
};
use courant_render::Snapshot;
use courant_server::{metrics_router, router};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::common::{
    app::{Clicks, Degraded, Subscriptions, TestApp, app},
    sample,
    site::FixedSearch,
};

fn test_app(url: &str) -> TestApp<FixedSearch> {
    let mut snapshot: Snapshot = sample::snapshot();
    snapshot.site.url = url.parse().unwrap();
    let publication = Arc::new(sample::publish(snapshot));
    let search = FixedSearch(publication.snapshot().items[0].id);
    app(watch::channel(publication).1, search)
}

async fn send(router: &Router, method: Method, path: &str) -> (u16, Option<String>, Vec<u8>) {
    let peer: SocketAddr = "203.0.113.7:40000".parse().unwrap();
    let request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let hsts = parts.headers.get(header::STRICT_TRANSPORT_SECURITY);
    let hsts = hsts.map(|value| value.to_str().unwrap().to_owned());
    (parts.status.as_u16(), hsts, to_bytes(body, 1 << 24).await.unwrap().to_vec())
}

const VERIFY: &str = "websub/s1?hub.mode=subscribe&hub.topic=t&hub.challenge=abc";
const PING: &str = "beacon/0123456789abcdef0123456789abcdef/";

#[tokio::test]
async fn the_public_listener_has_all_routes_at_the_root_and_below_the_path_of_the_site() {
    let mut app = test_app("https://host.example/news/");
    app.click_counter = Some(Clicks::default());
    app.hub_subscriptions = Some(Subscriptions);
    app.hsts_days = 1;
    let router = router(app);
    for (method, path, at_root, below) in [
        (Method::GET, "", 200, 200),
        (Method::GET, "healthz", 200, 200),
        (Method::GET, "readyz", 200, 200),
        (Method::GET, "api/v1/articles/", 200, 200),
        (Method::POST, PING, 204, 204),
        // Hubs call the public URL.
        (Method::GET, VERIFY, 404, 200),
        (Method::GET, "metrics", 404, 404),
    ] {
        for (prefix, status) in [("/", at_root), ("/news/", below)] {
            let path = format!("{prefix}{path}");
            let (found, hsts, _) = send(&router, method.clone(), &path).await;
            assert_eq!(found, status, "{path}");
            assert_eq!(hsts.as_deref(), Some("max-age=86400"), "{path}");
        }
    }
    let (_, _, ready) = send(&router, Method::GET, "/news/readyz").await;
    let ready: Value = serde_json::from_slice(&ready).unwrap();
    assert_eq!(ready, json!({ "status": "degraded", "failing": ["git"] }), "no details");
}

#[tokio::test]
async fn routes_of_features_that_are_off_do_not_exist() {
    let router = router(test_app("https://host.example/"));
    assert_eq!(send(&router, Method::GET, &format!("/{VERIFY}")).await.0, 404);
    assert_eq!(send(&router, Method::POST, &format!("/{PING}")).await.0, 405, "as everywhere in the site");
    assert_eq!(send(&router, Method::GET, "/").await.1, None, "no HSTS");
}

#[tokio::test]
async fn the_monitoring_listener_has_figures_and_the_details_of_readiness() {
    let router = metrics_router(Degraded, Degraded);
    assert_eq!(send(&router, Method::GET, "/metrics").await.2, b"# EOF\n");
    let (status, _, ready) = send(&router, Method::GET, "/readyz").await;
    let ready: Value = serde_json::from_slice(&ready).unwrap();
    assert_eq!((status, &ready["disks"][0]), (200, &"/srv/news".into()));
    assert_eq!(send(&router, Method::GET, "/").await.0, 404);
}
