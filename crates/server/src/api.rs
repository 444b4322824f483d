//! The manners of `/api/`: open to every origin, and every error a problem (RFC 9457), whoever made it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::{PROBLEM_JSON, Problem};

/// What is answered below `/api/`.
const METHODS: &str = "GET,HEAD,OPTIONS";
/// A key, the headers of a conditional request and of a client that goes on listening: a browser asks before it sends
/// the first one.
const REQUEST_HEADERS: &str = "authorization,if-none-match,if-modified-since,last-event-id";
/// What a script may see beside the headers that all may (Fetch §4.10).
const SHOWN: &str = "etag,retry-after,ratelimit,ratelimit-policy,www-authenticate";
/// A day, in seconds: what is allowed hardly changes.
const PREFLIGHT_LASTS: &str = "86400";

/// Answers what a browser asks beforehand (Fetch §4.8, CORS-preflight), opens every answer to every origin, and
/// turns errors that have no words into problems: a request that took too long, a path that is no UTF-8.
pub(crate) async fn manners(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let mut answer = match *request.method() {
        Method::OPTIONS => preflight(),
        _ => with_words(next.run(request).await),
    };
    let is_wrong_method = answer.status() == StatusCode::METHOD_NOT_ALLOWED;
    let headers = answer.headers_mut();
    if is_wrong_method {
        headers.insert(header::ALLOW, HeaderValue::from_static(METHODS));
    }
    open(headers);
    answer
}

/// Lets scripts of every origin read an answer, its validators, and what it says about limits.
pub(crate) fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
}

fn preflight() -> Response {
    let headers = [
        (header::ALLOW, METHODS),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_LASTS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The answer, or where it is an error without words for programs, a problem with its status and headers.
fn with_words(answer: Response) -> Response {
    let status = answer.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
        return answer;
    }
    let detail = match status {
        StatusCode::SERVICE_UNAVAILABLE => "the answer took too long; try again later",
        StatusCode::BAD_REQUEST => "this address cannot be read",
        _ => "this request cannot be answered",
    };
    Problem::new(status, detail).into_response()
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use axum::{
        Router,
        body::{Body, to_bytes},
        middleware::from_fn,
        routing::get,
    };
    use tower::{ServiceBuilder, ServiceExt};
    use tower_http::timeout::TimeoutLayer;

    use super::*;

    fn slow() -> Router {
        let timeout =
            TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_millis(5));
        let layers = ServiceBuilder::new().layer(from_fn(manners)).layer(timeout);
        Router::new()
            .route("/api/v1/slow/", get(pending::<()>))
            .route("/slow/", get(pending::<()>))
            .layer(layers)
    }

    #[tokio::test]
    async fn an_answer_that_takes_too_long_is_a_problem() {
        let request = Request::get("/api/v1/slow/").body(Body::empty()).unwrap();
        let answer = slow().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let body = to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["status"], &problem["type"]), (&503.into(), &"about:blank".into()));
    }

    #[tokio::test]
    async fn pages_are_left_alone() {
        let answer = slow().oneshot(Request::get("/slow/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.headers().contains_key(header::CONTENT_TYPE));
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
