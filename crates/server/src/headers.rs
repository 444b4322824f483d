//! What every answer carries, and what no request may be.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{AppState, api, problem::Problem};

/// The longest path and query that is read.
const MOST_URI_BYTES: usize = 4096;

/// Styles come from one file and no script runs at all. Pictures may still stand on their publishers' hosts.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same where browsers may tell which links were followed: pings are connections (CSP, 6.1.2).
const POLICY_WITH_BEACON: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const SECURITY: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Refuses addresses that are too long, and adds the security headers to every answer.
pub(crate) async fn limit_and_secure<S>(
    State(state): State<AppState<S>>,
    request: Request,
    next: Next,
) -> Response {
    let policy = policy(state.present().snapshot().site.beacon);
    let too_long =
        request.uri().path_and_query().is_some_and(|address| address.as_str().len() > MOST_URI_BYTES);
    let mut answer = if too_long {
        let detail = format!("an address has at most {MOST_URI_BYTES} bytes here");
        let mut refusal = Problem::new(StatusCode::URI_TOO_LONG, detail).into_response();
        // It stands before the manners of the API, and has nothing to hide from anybody.
        api::open(refusal.headers_mut());
        refusal
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    for (name, value) in SECURITY.into_iter().chain([(header::CONTENT_SECURITY_POLICY, policy)]) {
        // Pictures have a stricter policy of their own.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    weaken_tag(headers);
    answer
}

const fn policy(has_beacon: bool) -> &'static str {
    if has_beacon { POLICY_WITH_BEACON } else { CONTENT_SECURITY_POLICY }
}

/// A strong entity tag names bytes; packed bytes are others (RFC 9110 §8.8.3.3), so theirs is weak.
fn weaken_tag(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let weak = headers
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok())
        .filter(|tag| tag.starts_with('"'))
        .and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok());
    if let Some(weak) = weak {
        headers.insert(header::ETAG, weak);
    }
}
