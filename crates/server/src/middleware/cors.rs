//! CORS (Fetch §3.2): `/api/`, feeds and sitemaps may be read by scripts of every origin. Every
//! error of `/api/` is a problem (RFC 9457), whichever part of the server answers it.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    paths,
    problem::{PROBLEM_JSON, Problem},
};

/// The allowed methods.
const METHODS: &str = "GET,HEAD,OPTIONS";
/// The request headers that are always allowed: a key, those of conditional requests, of
/// reconnecting event listeners and of common JSON clients. `*` would not include `authorization`
/// (Fetch §4.8).
const REQUEST_HEADERS: &str = "accept,authorization,cache-control,content-type,if-match,if-modified-since,if-none-match,\
    if-unmodified-since,last-event-id,pragma,range,x-requested-with";
/// Maximum number of other headers that a preflight request may name.
const MAX_OTHER_HEADERS: usize = 32;
/// Maximum length of the list of headers in a preflight request, in bytes.
const MAX_REQUESTED_BYTES: usize = 1024;
/// The response headers that a script may read besides those that it always may (Fetch §4.10).
const EXPOSED_HEADERS: &str = "etag,retry-after,ratelimit,ratelimit-policy,www-authenticate";
/// How long a browser may cache the response to a preflight request, in seconds: one day.
const PREFLIGHT_MAX_AGE: &str = "86400";

/// Answers preflight requests (Fetch §4.8), allows every origin to read the responses, and turns
/// errors of `/api/` without a body for programs into problems: a request that took too long, a
/// path that is not UTF-8.
pub(crate) async fn apply(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !is_public_data(path) {
        return next.run(request).await;
    }
    let is_api = path.starts_with(paths::APIS);
    let mut response = match *request.method() {
        Method::OPTIONS => preflight(request.headers()),
        _ if is_api => as_problem(next.run(request).await),
        _ => next.run(request).await,
    };
    let is_wrong_method = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    let headers = response.headers_mut();
    if is_wrong_method {
        headers.insert(header::ALLOW, HeaderValue::from_static(METHODS));
    }
    allow_every_origin(headers);
    response
}

/// Whether a path is one of data for programs, existing or not: the API, feeds, sitemaps.
fn is_public_data(path: &str) -> bool {
    path.starts_with(paths::APIS) || path.ends_with(".xml") || path.ends_with(".json")
}

/// Allows scripts of every origin to read a response, its validators and its limits.
pub(crate) fn allow_every_origin(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
}

fn preflight(request: &HeaderMap) -> Response {
    let requested = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok());
    let allowed = HeaderValue::from_str(&allowed_headers(requested.unwrap_or_default()));
    let allowed = allowed.unwrap_or(HeaderValue::from_static(REQUEST_HEADERS));
    let headers = [
        (header::ALLOW, HeaderValue::from_static(METHODS)),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS)),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_MAX_AGE)),
        (header::VARY, HeaderValue::from_static("access-control-request-headers")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The request headers that a script may send: the usual ones and those that it asks for. The
/// server reads no other headers and no cookies, so allowing them is harmless.
fn allowed_headers(requested: &str) -> Cow<'static, str> {
    let requested = if requested.len() <= MAX_REQUESTED_BYTES { requested } else { "" };
    let mut allowed = Cow::Borrowed(REQUEST_HEADERS);
    for name in requested.split(',').take(MAX_OTHER_HEADERS) {
        let Ok(name) = HeaderName::try_from(name.trim()) else { continue };
        if allowed.split(',').all(|known| known != name.as_str()) {
            allowed = format!("{allowed},{name}").into();
        }
    }
    allowed
}

/// The response; an error without a body for programs becomes a problem with the same status.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
        return response;
    }
    let detail = match status {
        StatusCode::SERVICE_UNAVAILABLE => "the response took too long; try again later",
        StatusCode::BAD_REQUEST => "invalid URL: its path is not UTF-8 after percent-decoding",
        _ => "the request could not be answered",
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
        let layers = ServiceBuilder::new().layer(from_fn(apply)).layer(timeout);
        Router::new()
            .route("/api/v1/slow/", get(pending::<()>))
            .route("/slow/", get(pending::<()>))
            .layer(layers)
    }

    #[tokio::test]
    async fn a_response_that_takes_too_long_is_a_problem() {
        let request = Request::get("/api/v1/slow/").body(Body::empty()).unwrap();
        let response = slow().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["status"], &problem["type"]), (&503.into(), &"about:blank".into()));
    }

    #[test]
    fn a_script_may_send_the_headers_that_it_asks_for_within_limits() {
        assert_eq!(allowed_headers(""), REQUEST_HEADERS);
        assert_eq!(allowed_headers("Cache-Control, if-none-match"), REQUEST_HEADERS);
        assert_eq!(allowed_headers("X-Mine, a b, , x-mine,é"), format!("{REQUEST_HEADERS},x-mine"));
        assert_eq!(allowed_headers(&"x".repeat(MAX_REQUESTED_BYTES + 1)), REQUEST_HEADERS);
        let many: String = (0..100).map(|number| format!("x{number},")).collect();
        assert!(allowed_headers(&many).ends_with(",x31"), "{}", allowed_headers(&many));
        assert!(REQUEST_HEADERS.split(',').all(|name| HeaderName::try_from(name).is_ok()));
    }

    #[test]
    fn data_may_be_read_from_every_origin_and_pages_may_not() {
        for path in ["/api/v1/", "/feed.xml", "/stories/0/atom.xml", "/topics/a/feed.json", "/sitemap.xml"] {
            assert!(is_public_data(path), "{path}");
        }
        for path in ["/", "/search/", "/stories/0/", "/images/a.png", "/robots.txt", "/apis/"] {
            assert!(!is_public_data(path), "{path}");
        }
    }

    #[tokio::test]
    async fn errors_of_pages_are_not_turned_into_problems() {
        let response = slow().oneshot(Request::get("/slow/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!response.headers().contains_key(header::CONTENT_TYPE));
        assert!(!response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
