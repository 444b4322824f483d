//! Callbacks of hubs (WebSub, sections 5.3 and 7): they verify our subscriptions and push
//! documents.

mod body;

use std::future::Future;

use axum::{
    body::Bytes,
    extract::{Path, Query, Request, State},
    http::{Extensions, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use self::body::{BodyProblem, MAX_PUSH};
use crate::connections::{Counted, note};

/// Maximum length of the id of a subscription, in bytes; ours have 40.
const MAX_ID: usize = 64;
/// Maximum length of a challenge that is returned, in bytes.
const MAX_CHALLENGE: usize = 1024;
/// `Retry-After` for a hub that was refused because of too many pushes, in seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("30");

/// The request of a hub to verify a subscription.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// `subscribe`, `unsubscribe` or `denied`.
    #[serde(rename = "hub.mode")]
    pub mode: String,
    /// The URL of the feed.
    #[serde(rename = "hub.topic")]
    pub topic: String,
    /// The text to return.
    #[serde(rename = "hub.challenge")]
    pub challenge: Option<String>,
    /// Duration of the subscription in seconds.
    #[serde(rename = "hub.lease_seconds")]
    pub lease_seconds: Option<u64>,
}

/// A document pushed by a hub.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// `X-Hub-Signature`.
    pub signature: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The document.
    pub body: Bytes,
}

/// Knows the site's subscriptions.
pub trait HubSubscriptions: Clone + Send + Sync + 'static {
    /// Whether there is a subscription with this id. If not, nothing else of the request is read.
    fn exists(&self, id: String) -> impl Future<Output = bool> + Send;
    /// Whether the site requested this: only then is the challenge returned.
    fn verify(&self, id: String, request: Verification) -> impl Future<Output = bool> + Send;
    /// Accepts a document; false if there is no such subscription. A document with a bad signature
    /// is accepted and dropped, so that attackers learn nothing (section 8).
    fn receive(&self, id: String, pushed: Pushed) -> impl Future<Output = bool> + Send;
}

/// `GET`: a hub verifies a subscription.
pub(crate) async fn verify<H: HubSubscriptions>(
    State(subscriptions): State<H>,
    Path(id): Path<String>,
    Query(verification): Query<Verification>,
    request: Request,
) -> Response {
    if !is_known(&subscriptions, &id, request.extensions()).await {
        return unknown();
    }
    let challenge = verification.challenge.clone().unwrap_or_default();
    if challenge.len() <= MAX_CHALLENGE && subscriptions.verify(id, verification).await {
        // Plain text, because the challenge is untrusted.
        ([(header::CONTENT_TYPE, "text/plain")], challenge).into_response()
    } else {
        unknown()
    }
}

/// `POST`: a hub pushes a document.
pub(crate) async fn receive<H: HubSubscriptions>(
    State(subscriptions): State<H>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    if !is_known(&subscriptions, &id, request.extensions()).await {
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
    let is_accepted = subscriptions.receive(id, pushed).await;
    // Until here its bytes count as in flight.
    drop(received);
    if is_accepted { StatusCode::ACCEPTED.into_response() } else { unknown() }
}

/// Whether there is a subscription with this id. Ids are random and cannot be guessed.
async fn is_known<H: HubSubscriptions>(subscriptions: &H, id: &str, extensions: &Extensions) -> bool {
    let is_id = id.len() <= MAX_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_known = is_id && subscriptions.exists(id.to_owned()).await;
    if !is_known {
        note(extensions, Counted::UnknownSubscription);
    }
    is_known
}

/// The response if there is no such subscription. The rest of the request is not read.
fn unknown() -> Response {
    (StatusCode::NOT_FOUND, [(header::CONNECTION, "close")]).into_response()
}

fn refused(problem: BodyProblem, extensions: &Extensions) -> Response {
    if let Some(what) = problem.counted() {
        note(extensions, what);
    }
    let (status, why) = match problem {
        BodyProblem::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, format!("push too large: the maximum is {MAX_PUSH} bytes"))
        }
        BodyProblem::TooMany => {
            (StatusCode::SERVICE_UNAVAILABLE, "too many pushes at once; try again later".to_owned())
        }
        BodyProblem::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time".to_owned()),
        BodyProblem::Broken => (StatusCode::BAD_REQUEST, "the body could not be read".to_owned()),
    };
    let mut response = (status, [(header::CONNECTION, "close")], why).into_response();
    if problem == BodyProblem::TooMany {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_S);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::body::{Body, to_bytes};
    use futures_util::stream;
    use tower::ServiceExt;

    use super::*;
    use crate::{connections::ConnectionCounts, hub_callback_routes};

    /// One subscription with the id `s1`, and the number of bytes pushed to it.
    #[derive(Clone, Default)]
    struct One(Arc<AtomicUsize>);

    impl HubSubscriptions for One {
        async fn exists(&self, id: String) -> bool {
            id == "s1"
        }

        async fn verify(&self, _: String, request: Verification) -> bool {
            request.mode == "subscribe"
        }

        async fn receive(&self, _: String, pushed: Pushed) -> bool {
            self.0.fetch_add(pushed.body.len(), Ordering::Relaxed);
            true
        }
    }

    async fn ask(one: &One, counts: &ConnectionCounts, request: Request) -> Response {
        let mut request = request;
        request.extensions_mut().insert(counts.clone());
        hub_callback_routes("/websub", one.clone()).oneshot(request).await.unwrap()
    }

    /// A body that fails the test when it is read.
    fn unread() -> Body {
        Body::from_stream(stream::once(async { panic!("the body was read") as std::io::Result<Bytes> }))
    }

    #[tokio::test]
    async fn no_body_is_read_for_an_unknown_id_or_above_the_limit() {
        let (one, counts) = (One::default(), ConnectionCounts::default());
        let long = "x".repeat(MAX_ID + 1);
        for id in ["nonexistent", "S1", "s1%20", "%00", &long] {
            let request = Request::post(format!("/websub/{id}")).body(unread()).unwrap();
            let response = ask(&one, &counts, request).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{id}");
            assert_eq!(response.headers()[header::CONNECTION], "close");
        }
        assert_eq!(counts.count(Counted::UnknownSubscription), 5);
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
    async fn a_challenge_is_returned_if_it_is_not_too_long() {
        let (one, counts) = (One::default(), ConnectionCounts::default());
        let verify = async |id: &str, challenge: &str| {
            let query = format!("hub.mode=subscribe&hub.topic=t&hub.challenge={challenge}");
            let request = Request::get(format!("/websub/{id}?{query}")).body(Body::empty()).unwrap();
            let response = ask(&one, &counts, request).await;
            assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            let status = response.status();
            (status.as_u16(), to_bytes(response.into_body(), 1 << 16).await.unwrap())
        };
        assert_eq!(verify("s1", "abc").await, (200, Bytes::from("abc")));
        assert_eq!(verify("s2", "abc").await.0, 404);
        assert_eq!(verify("s1", &"c".repeat(MAX_CHALLENGE + 1)).await.0, 404);
    }
}
