//! `Strict-Transport-Security` (RFC 6797): browsers that have visited the site use only HTTPS from
//! then on.

use axum::{Router, http::HeaderValue, http::header};
use tower_http::set_header::SetResponseHeaderLayer;

const DAY_S: u64 = 86_400;

/// Adds `Strict-Transport-Security` for `days` days to every response; 0 adds nothing.
///
/// Only for a site with HTTPS: browsers obey until the time is over, even if the site has lost its
/// certificate. Other hosts of its domain are not affected (`includeSubDomains` is not sent).
pub(crate) fn with_hsts(site: Router, days: u32) -> Router {
    if days == 0 {
        return site;
    }
    let Ok(value) = HeaderValue::from_str(&format!("max-age={}", u64::from(days) * DAY_S)) else {
        return site;
    };
    site.layer(SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, value))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn the_header_is_sent_only_if_days_are_configured() {
        for (days, expected) in [(0, None), (30, Some("max-age=2592000"))] {
            let site = with_hsts(Router::new(), days);
            let response = site.oneshot(Request::get("/nothing").body(Body::empty()).unwrap()).await.unwrap();
            let sent = response.headers().get(header::STRICT_TRANSPORT_SECURITY);
            assert_eq!(sent.map(|value| value.to_str().unwrap()), expected);
        }
    }
}
