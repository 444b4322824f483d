//! What programs may expect: `/api/`, feeds and sitemaps are open to every origin (Fetch §3.2, CORS), and every error of
//! `/api/` is a problem (RFC 9457), whoever made it.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::{PROBLEM_JSON, Problem};

/// What is answered there.
const METHODS: &str = "GET,HEAD,OPTIONS";
/// What a script may send without being asked which: a key, the headers of a conditional request, those of a client that
/// goes on listening, and those that JSON clients add. `authorization` must be named, `*` does not mean it (Fetch §4.8).
const REQUEST_HEADERS: &str = "accept,authorization,cache-control,content-type,if-match,if-modified-since,if-none-match,\
    if-unmodified-since,last-event-id,pragma,range,x-requested-with";
/// How many further headers are allowed to one who asks, and how long the list of them may be, in bytes.
const MAX_FURTHER: usize = 32;
const MAX_ASKED: usize = 1024;
/// What a script may see beside the headers that all may (Fetch §4.10).
const SHOWN: &str = "etag,retry-after,ratelimit,ratelimit-policy,www-authenticate";
/// A day, in seconds: what is allowed hardly changes.
const PREFLIGHT_LASTS: &str = "86400";

/// Answers what a browser asks beforehand (Fetch §4.8, CORS-preflight), opens every answer to every origin, and
/// turns errors of `/api/` that have no words into problems: a request that took too long, a path that is no UTF-8.
pub(crate) async fn manners(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !is_open(path) {
        return next.run(request).await;
    }
    let is_api = path.starts_with("/api/");
    let mut answer = match *request.method() {
        Method::OPTIONS => preflight(request.headers()),
        _ if is_api => with_words(next.run(request).await),
        _ => next.run(request).await,
    };
    let is_wrong_method = answer.status() == StatusCode::METHOD_NOT_ALLOWED;
    let headers = answer.headers_mut();
    if is_wrong_method {
        headers.insert(header::ALLOW, HeaderValue::from_static(METHODS));
    }
    open(headers);
    answer
}

/// Whether a path is one of data that anyone may read, there or not: the API, feeds, sitemaps.
fn is_open(path: &str) -> bool {
    path.starts_with("/api/") || path.ends_with(".xml") || path.ends_with(".json")
}

/// Lets scripts of every origin read an answer, its validators, and what it says about limits.
pub(crate) fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
}

fn preflight(request: &HeaderMap) -> Response {
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok());
    let allowed = HeaderValue::from_str(&allowed_headers(asked.unwrap_or_default()));
    let allowed = allowed.unwrap_or(HeaderValue::from_static(REQUEST_HEADERS));
    let headers = [
        (header::ALLOW, HeaderValue::from_static(METHODS)),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS)),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_LASTS)),
        (header::VARY, HeaderValue::from_static("access-control-request-headers")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The headers that a script may send: those that are known here, and whatever else it asks for, for nothing here depends on
/// them and no cookie is read.
fn allowed_headers(asked: &str) -> Cow<'static, str> {
    let asked = if asked.len() <= MAX_ASKED { asked } else { "" };
    let mut allowed = Cow::Borrowed(REQUEST_HEADERS);
    for name in asked.split(',').take(MAX_FURTHER) {
        let Ok(name) = HeaderName::try_from(name.trim()) else { continue };
        if allowed.split(',').all(|known| known != name.as_str()) {
            allowed = format!("{allowed},{name}").into();
        }
    }
    allowed
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

    #[test]
    fn a_script_may_send_what_it_asks_for_within_bounds() {
        assert_eq!(allowed_headers(""), REQUEST_HEADERS);
        assert_eq!(allowed_headers("Cache-Control, if-none-match"), REQUEST_HEADERS);
        assert_eq!(allowed_headers("X-Mine, a b, , x-mine,é"), format!("{REQUEST_HEADERS},x-mine"));
        assert_eq!(allowed_headers(&"x".repeat(MAX_ASKED + 1)), REQUEST_HEADERS);
        let many: String = (0..100).map(|number| format!("x{number},")).collect();
        assert!(allowed_headers(&many).ends_with(",x31"), "{}", allowed_headers(&many));
        assert!(REQUEST_HEADERS.split(',').all(|name| HeaderName::try_from(name).is_ok()));
    }

    #[test]
    fn data_is_open_and_pages_are_not() {
        for path in ["/api/v1/", "/feed.xml", "/stories/0/atom.xml", "/topics/a/feed.json", "/sitemap.xml"] {
            assert!(is_open(path), "{path}");
        }
        for path in ["/", "/search/", "/stories/0/", "/images/a.png", "/robots.txt", "/apis/"] {
            assert!(!is_open(path), "{path}");
        }
    }

    #[tokio::test]
    async fn pages_are_left_alone() {
        let answer = slow().oneshot(Request::get("/slow/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.headers().contains_key(header::CONTENT_TYPE));
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
