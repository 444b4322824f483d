//! Where hubs call (WebSub, sections 5.3 and 7): verification of what we asked for, and what they push; and how
//! readers of our own feeds learn of our hubs (section 4).

use std::{collections::HashMap, future::Future, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use url::Url;

/// The largest push that is read, in bytes.
const MAX_PUSH: usize = 10_000_000;

/// What a hub asks before it pushes.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// `subscribe`, `unsubscribe` or `denied`.
    #[serde(rename = "hub.mode")]
    pub mode: String,
    /// What it believes we want.
    #[serde(rename = "hub.topic")]
    pub topic: String,
    /// What to say back.
    #[serde(rename = "hub.challenge")]
    pub challenge: Option<String>,
    /// For how many seconds it will push.
    #[serde(rename = "hub.lease_seconds")]
    pub lease_seconds: Option<u64>,
}

/// A document that a hub sent.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// `X-Hub-Signature` as it came.
    pub signature: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The document.
    pub body: Bytes,
}

/// Who knows the subscriptions.
pub trait Push: Clone + Send + Sync + 'static {
    /// Whether we asked for this, under this id: only then is the challenge said back.
    fn verify(&self, id: String, asked: Verification) -> impl Future<Output = bool> + Send;
    /// Takes a document; false where there is no such subscription. A bad signature is no such case: it is
    /// accepted and dropped, so that nobody learns by trying (section 8).
    fn receive(&self, id: String, pushed: Pushed) -> impl Future<Output = bool> + Send;
}

/// The routes that hubs call, below `path` (`/websub`).
pub fn push_router<P: Push>(path: &str, push: P) -> Router {
    Router::new()
        .route(&format!("{path}/{{id}}"), get(verify::<P>).post(receive::<P>))
        .layer(DefaultBodyLimit::max(MAX_PUSH))
        .with_state(push)
}

/// The same site, whose feeds name these hubs and their own addresses in a `Link` header. `feeds` are the paths of
/// the feeds as requested, with their public addresses.
pub fn with_hubs(site: Router, hubs: &[Url], feeds: &[(String, Url)]) -> Router {
    if hubs.is_empty() {
        return site;
    }
    let hubs: String = hubs.iter().map(|hub| format!("<{hub}>; rel=\"hub\", ")).collect();
    let links: HashMap<String, HeaderValue> = feeds
        .iter()
        .filter_map(|(path, address)| {
            let value = HeaderValue::from_str(&format!("{hubs}<{address}>; rel=\"self\"")).ok()?;
            Some((path.clone(), value))
        })
        .collect();
    let links = Arc::new(links);
    let name_hubs = move |request: Request, next: Next| {
        let link = links.get(request.uri().path()).cloned();
        async move {
            let mut response = next.run(request).await;
            if let Some(link) = link {
                response.headers_mut().append(header::LINK, link);
            }
            response
        }
    };
    site.layer(middleware::from_fn(name_hubs))
}

async fn verify<P: Push>(
    State(push): State<P>,
    Path(id): Path<String>,
    Query(asked): Query<Verification>,
) -> Response {
    let challenge = asked.challenge.clone().unwrap_or_default();
    if push.verify(id, asked).await {
        // As plain text: the challenge is a stranger's.
        let headers = [(header::CONTENT_TYPE, "text/plain"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        (headers, challenge).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

async fn receive<P: Push>(
    State(push): State<P>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let pushed = Pushed { signature: text("x-hub-signature"), content_type: text("content-type"), body };
    if push.receive(id, pushed).await { StatusCode::ACCEPTED } else { StatusCode::NOT_FOUND }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn our_feeds_name_our_hubs() {
        let site = Router::new().fallback(|| async { "feed" });
        let hub = Url::parse("https://hub.example/").unwrap();
        let feed = Url::parse("https://desk.example/feed.xml").unwrap();
        let site = with_hubs(site, &[hub], &[("/feed.xml".to_owned(), feed)]);
        let link = async |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let response = site.clone().oneshot(request).await.unwrap();
            response.headers().get("link").map(|link| link.to_str().unwrap().to_owned())
        };
        let wanted = "<https://hub.example/>; rel=\"hub\", <https://desk.example/feed.xml>; rel=\"self\"";
        assert_eq!(link("/feed.xml").await.as_deref(), Some(wanted));
        assert_eq!(link("/").await, None);
    }
}
