//! What every answer carries, and what no request may be.

use std::sync::LazyLock;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::{
    AppState,
    connections::{Counted, note},
    host,
};

/// The longest path and query that is read.
pub(crate) const MAX_URI_BYTES: usize = 4096;

/// What a page may do, by whether readers are counted. Beside what a page says of itself, no other site may put it into a
/// frame: that can be said in a header only (CSP 3 §3.3).
static POLICIES: LazyLock<[HeaderValue; 2]> = LazyLock::new(|| {
    [false, true].map(|beacon| {
        let policy = format!("{}; frame-ancestors 'none'", courant_render::content_policy(beacon));
        // A policy that cannot be sent must not leave a page without one.
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    })
});

/// What a news site never asks a browser for (Permissions Policy §5).
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), \
    display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), \
    local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
    publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), \
    storage-access=(), usb=(), xr-spatial-tracking=()";

const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Who may load an answer into a page of another site (Fetch §3.7).
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Refuses addresses that are too long, and adds the security headers to every answer.
pub(crate) async fn limit_and_secure<S>(
    State(state): State<AppState<S>>,
    request: Request,
    next: Next,
) -> Response {
    let policy = policy(state.present().snapshot().site.beacon);
    let mut answer = if host::is_too_long(request.uri()) {
        note(request.extensions(), Counted::AddressTooLong);
        host::too_long()
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    secure(headers, Some(policy));
    weaken_tag(headers);
    answer
}

/// Adds the security headers to an answer; what it says for itself stays. Without a policy it gets that of pages.
pub(crate) fn secure(headers: &mut HeaderMap, policy: Option<HeaderValue>) {
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Images have a stricter policy of their own.
    let policy = policy.unwrap_or_else(|| self::policy(false));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    // Pages are for this site; feeds, the API and images are there to be used by others. An answer without content says
    // nothing: of a copy that is still good, everything stays as it was (RFC 9111 §4.3.4).
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let is_page = kind.as_bytes().starts_with(b"text/html");
        let who = if is_page { "same-origin" } else { "cross-origin" };
        headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static(who));
    }
}

fn policy(has_beacon: bool) -> HeaderValue {
    POLICIES[usize::from(has_beacon)].clone()
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
