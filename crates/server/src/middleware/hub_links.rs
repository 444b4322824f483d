//! How subscribers of the site's own feeds learn of its hubs (WebSub, section 4).

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{self, Next},
};
use url::Url;

/// Adds a `Link` header with these hubs and the feed's own URL to each response with a feed.
/// `feeds` are the paths of the feeds as requested, with their public URLs.
pub(crate) fn with_hubs(site: Router, hubs: &[Url], feeds: &[(String, Url)]) -> Router {
    if hubs.is_empty() {
        return site;
    }
    let hubs: String = hubs.iter().map(|hub| format!("<{hub}>; rel=\"hub\", ")).collect();
    let links: HashMap<String, HeaderValue> = feeds
        .iter()
        .filter_map(|(path, url)| {
            let value = HeaderValue::from_str(&format!("{hubs}<{url}>; rel=\"self\"")).ok()?;
            Some((path.clone(), value))
        })
        .collect();
    let links = Arc::new(links);
    let add_links = move |request: Request, next: Next| {
        let link = links.get(request.uri().path()).cloned();
        async move {
            let mut response = next.run(request).await;
            if let Some(link) = link {
                response.headers_mut().append(header::LINK, link);
            }
            response
        }
    };
    site.layer(middleware::from_fn(add_links))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn responses_with_feeds_link_to_the_hubs() {
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
