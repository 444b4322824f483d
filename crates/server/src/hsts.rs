//! `Strict-Transport-Security` (RFC 6797): browsers that were here once come by HTTPS only.

use axum::{Router, http::HeaderValue, http::header};
use tower_http::set_header::SetResponseHeaderLayer;

/// Seconds of a day.
const DAY_S: u64 = 86_400;

/// The same site with `Strict-Transport-Security` for `days` days; unchanged where that is 0.
///
/// Only for a site that is reached by HTTPS: browsers obey until the time is over, also where the certificate is gone.
/// Other hosts of its domain are left alone (`includeSubDomains` is not sent).
pub fn with_hsts(site: Router, days: u32) -> Router {
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
    async fn browsers_are_asked_only_where_the_owner_wants_it() {
        for (days, wanted) in [(0, None), (30, Some("max-age=2592000"))] {
            let site = with_hsts(Router::new(), days);
            let answer = site.oneshot(Request::get("/nothing").body(Body::empty()).unwrap()).await.unwrap();
            let sent = answer.headers().get(header::STRICT_TRANSPORT_SECURITY);
            assert_eq!(sent.map(|value| value.to_str().unwrap()), wanted);
        }
    }
}
