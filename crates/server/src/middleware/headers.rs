//! Headers of every response.

use std::sync::LazyLock;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::app::SiteState;

/// The content security policies of pages, without and with click counting. They add to the policy
/// in the page that no other site may frame it, which only a header can express (CSP 3 §3.3).
static POLICIES: LazyLock<[HeaderValue; 2]> = LazyLock::new(|| {
    [false, true].map(|counts_clicks| {
        let policy = format!("{}; frame-ancestors 'none'", courant_render::content_policy(counts_clicks));
        // If the policy cannot be sent, the strictest one is.
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    })
});

/// Browser features that a news site never uses (Permissions Policy §5).
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), \
    display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), \
    local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
    publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), \
    storage-access=(), usb=(), xr-spatial-tracking=()";

const SECURITY_HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Whether pages of other sites may load a response (Fetch §3.7).
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds the security headers to every response of the site.
pub(crate) async fn secure_site<S>(
    State(state): State<SiteState<S>>,
    request: Request,
    next: Next,
) -> Response {
    let policy = policy(state.current().snapshot().site.beacon);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    secure(headers, Some(policy));
    weaken_tag(headers);
    response
}

/// Adds the security headers to a response of a route outside the site.
pub(crate) async fn secure_response(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    secure(response.headers_mut(), None);
    response
}

/// Adds the security headers that a response does not have yet. `None` stands for the policy of
/// pages.
pub(crate) fn secure(headers: &mut HeaderMap, policy: Option<HeaderValue>) {
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Images set a stricter policy themselves.
    let policy = policy.unwrap_or_else(|| self::policy(false));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    // Other sites may use feeds, the API and images, but not pages. A response without content sets
    // nothing: the headers of the client's current copy stay as they are (RFC 9111 §4.3.4).
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let is_page = kind.as_bytes().starts_with(b"text/html");
        let policy = if is_page { "same-origin" } else { "cross-origin" };
        headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static(policy));
    }
}

fn policy(counts_clicks: bool) -> HeaderValue {
    POLICIES[usize::from(counts_clicks)].clone()
}

/// Makes the entity tag of a compressed response weak: a strong one identifies the uncompressed
/// bytes (RFC 9110 §8.8.3.3).
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
