//! Where hubs call (WebSub, sections 5.3 and 7): verification of what we asked for, and what they push.

use std::future::Future;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

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
