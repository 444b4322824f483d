//! Where hubs call (WebSub, sections 5.3 and 7): verification of what we asked for, and what they push; and how
//! readers of our own feeds learn of our hubs (section 4).

mod body;

use std::{collections::HashMap, future::Future, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, Request, State},
    http::{Extensions, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use url::Url;

use self::body::{BodyProblem, MAX_PUSH};
use crate::{
    connections::{Counted, note},
    headers,
};

/// The longest id of a subscription that is looked up, in bytes; ours have 40.
const MAX_ID: usize = 64;
/// The longest challenge that is said back, in bytes.
const MAX_CHALLENGE: usize = 1024;
/// When a hub that found no room should come again, in seconds.
const TRY_AGAIN: HeaderValue = HeaderValue::from_static("30");

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
    /// Whether there is a subscription of this id. Nothing else of a request is read where there is none.
    fn knows(&self, id: String) -> impl Future<Output = bool> + Send;
    /// Whether we asked for this, under this id: only then is the challenge said back.
    fn verify(&self, id: String, asked: Verification) -> impl Future<Output = bool> + Send;
    /// Takes a document; false where there is no such subscription. A bad signature is no such case: it is
    /// accepted and dropped, so that nobody learns by trying (section 8).
    fn receive(&self, id: String, pushed: Pushed) -> impl Future<Output = bool> + Send;
}

/// The routes that hubs call, below `path` (`/websub`).
///
/// A request whose id is not known is answered 404 before its body is read; a push is refused where it is larger than
/// two million bytes (413), takes too long (408), or too many are being received (503).
pub fn push_router<P: Push>(path: &str, push: P) -> Router {
    Router::new()
        .route(&format!("{path}/{{id}}"), get(verify::<P>).post(receive::<P>))
        .layer(middleware::from_fn(secured))
        .with_state(push)
}

/// The security headers of every answer to a hub.
async fn secured(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    headers::secure(answer.headers_mut(), None);
    answer
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
    request: Request,
) -> Response {
    if !is_known(&push, &id, request.extensions()).await {
        return unknown();
    }
    let challenge = asked.challenge.clone().unwrap_or_default();
    if challenge.len() <= MAX_CHALLENGE && push.verify(id, asked).await {
        // As plain text: the challenge is a stranger's.
        ([(header::CONTENT_TYPE, "text/plain")], challenge).into_response()
    } else {
        unknown()
    }
}

async fn receive<P: Push>(State(push): State<P>, Path(id): Path<String>, request: Request) -> Response {
    if !is_known(&push, &id, request.extensions()).await {
        return unknown();
    }
    let (parts, body) = request.into_parts();
    let read = if body::is_too_large(&parts.headers) {
        Err(BodyProblem::TooLarge)
    } else {
        body::receive(body).await
    };
    let received = match read {
        Ok(received) => received,
        Err(problem) => return refused(problem, &parts.extensions),
    };
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = received.bytes.clone();
    let pushed = Pushed { signature: text("x-hub-signature"), content_type: text("content-type"), body };
    let is_taken = push.receive(id, pushed).await;
    // Until here its bytes count as in flight.
    drop(received);
    if is_taken { StatusCode::ACCEPTED.into_response() } else { unknown() }
}

/// Whether there is a subscription of this id. Ids are random, so nobody learns one by trying.
async fn is_known<P: Push>(push: &P, id: &str, extensions: &Extensions) -> bool {
    let is_id = id.len() <= MAX_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_known = is_id && push.knows(id.to_owned()).await;
    if !is_known {
        note(extensions, Counted::PushUnknown);
    }
    is_known
}

/// There is no such subscription. Whatever the client still sends is not read.
fn unknown() -> Response {
    (StatusCode::NOT_FOUND, [(header::CONNECTION, "close")]).into_response()
}

fn refused(problem: BodyProblem, extensions: &Extensions) -> Response {
    if let Some(what) = problem.counted() {
        note(extensions, what);
    }
    let (status, why) = match problem {
        BodyProblem::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, format!("a push has at most {MAX_PUSH} bytes here"))
        }
        BodyProblem::NoRoom => {
            (StatusCode::SERVICE_UNAVAILABLE, "too many pushes at once; try again later".to_owned())
        }
        BodyProblem::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time".to_owned()),
        BodyProblem::Broken => (StatusCode::BAD_REQUEST, "the body could not be read".to_owned()),
    };
    let mut answer = (status, [(header::CONNECTION, "close")], why).into_response();
    if problem == BodyProblem::NoRoom {
        answer.headers_mut().insert(header::RETRY_AFTER, TRY_AGAIN);
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::{Body, to_bytes};
    use futures_util::stream;
    use tower::ServiceExt;

    use super::*;
    use crate::connections::ConnectionCounts;

    /// One subscription, and how many bytes were pushed to it.
    #[derive(Clone, Default)]
    struct One(Arc<AtomicUsize>);

    impl Push for One {
        async fn knows(&self, id: String) -> bool {
            id == "s1"
        }

        async fn verify(&self, _: String, asked: Verification) -> bool {
            asked.mode == "subscribe"
        }

        async fn receive(&self, _: String, pushed: Pushed) -> bool {
            self.0.fetch_add(pushed.body.len(), Ordering::Relaxed);
            true
        }
    }

    async fn ask(one: &One, counts: &ConnectionCounts, request: Request) -> Response {
        let mut request = request;
        request.extensions_mut().insert(counts.clone());
        push_router("/websub", one.clone()).oneshot(request).await.unwrap()
    }

    /// A body that fails the test where anything of it is read.
    fn unread() -> Body {
        Body::from_stream(stream::once(async { panic!("the body was read") as std::io::Result<Bytes> }))
    }

    #[tokio::test]
    async fn no_body_is_read_for_an_unknown_id_or_above_the_limit() {
        let (one, counts) = (One::default(), ConnectionCounts::default());
        let long = "x".repeat(MAX_ID + 1);
        for id in ["nonexistent", "S1", "s1%20", "%00", &long] {
            let request = Request::post(format!("/websub/{id}")).body(unread()).unwrap();
            let answer = ask(&one, &counts, request).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{id}");
            assert_eq!(answer.headers()[header::CONNECTION], "close");
        }
        assert_eq!(counts.count(Counted::PushUnknown), 5);
        for length in ["2000001", "99999999999999999999999"] {
            let request =
                Request::post("/websub/s1").header("content-length", length).body(unread()).unwrap();
            assert_eq!(ask(&one, &counts, request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
        assert_eq!(counts.count(Counted::BodyTooLarge), 2);
        let request = Request::post("/websub/s1").body(Body::from(vec![b'x'; MAX_PUSH])).unwrap();
        assert_eq!(ask(&one, &counts, request).await.status(), StatusCode::ACCEPTED);
        assert_eq!(one.0.load(Ordering::Relaxed), MAX_PUSH);
    }

    #[tokio::test]
    async fn a_challenge_is_said_back_within_bounds() {
        let (one, counts) = (One::default(), ConnectionCounts::default());
        let asked = async |id: &str, challenge: &str| {
            let query = format!("hub.mode=subscribe&hub.topic=t&hub.challenge={challenge}");
            let request = Request::get(format!("/websub/{id}?{query}")).body(Body::empty()).unwrap();
            let answer = ask(&one, &counts, request).await;
            assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            let status = answer.status();
            (status.as_u16(), to_bytes(answer.into_body(), 1 << 16).await.unwrap())
        };
        assert_eq!(asked("s1", "abc").await, (200, Bytes::from("abc")));
        assert_eq!(asked("s2", "abc").await.0, 404);
        assert_eq!(asked("s1", &"c".repeat(MAX_CHALLENGE + 1)).await.0, 404);
    }

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
