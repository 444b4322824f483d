//! The sample site behind its router, and its description.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use courant_model::ArticleId;
use courant_render::Snapshot;
use courant_render::{FoundArticle, Publication};
use courant_server::{Access, Events, Search, SearchFailed, SearchQuery, SearchResults, router};
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;

use super::{app, sample, schema};

/// Finds the same article for any text but `fail`, for which the store is down.
#[derive(Clone)]
pub(crate) struct FixedSearch(pub(crate) ArticleId);

impl Search for FixedSearch {
    async fn search(&self, query: SearchQuery) -> Result<SearchResults, SearchFailed> {
        if query.text == "fail" {
            return Err(SearchFailed("the disk failed".to_owned()));
        }
        let hits = vec![FoundArticle { article: self.0, snippet: "a \u{2}tide\u{3}".to_owned() }];
        Ok(SearchResults { total: 1, hits })
    }
}

pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) publication: Arc<Publication>,
    pub(crate) api: Value,
    pub(crate) current: watch::Sender<Arc<Publication>>,
    pub(crate) events: Events,
}

/// The only URL whose response never ends.
pub(crate) const EVENTS: &str = "/api/v1/events/";

pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl TestResponse {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::of(sample::snapshot()).await
    }

    pub(crate) async fn of(snapshot: Snapshot) -> Self {
        Self::with_access(snapshot, Access::open()).await
    }

    /// The site with access control.
    pub(crate) async fn with_access(mut snapshot: Snapshot, access: Access) -> Self {
        snapshot.site.page_size = 10;
        let publication = Arc::new(sample::publish(snapshot));
        let (current, receiver) = watch::channel(Arc::clone(&publication));
        let search = FixedSearch(publication.snapshot().items[0].id);
        let mut app = app::app(receiver, search);
        app.access = access;
        let events = app.events.clone();
        let router = router(app);
        let mut site = Self { router, publication, api: Value::Null, current, events };
        site.api = serde_json::from_slice(&site.get("/api/v1/openapi.json").await.body).unwrap();
        site
    }

    pub(crate) async fn get(&self, url: &str) -> TestResponse {
        self.send(Request::get(url).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn json(&self, url: &str) -> Value {
        let response = self.get(url).await;
        assert_eq!(response.status, StatusCode::OK, "{url}");
        serde_json::from_slice(&response.body).unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> TestResponse {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap().to_vec();
        TestResponse { status: parts.status, headers: parts.headers, body }
    }

    /// All documented paths except that of the events.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.api["paths"].as_object().unwrap().keys().filter(|path| *path != EVENTS).cloned().collect()
    }

    /// An existing URL of a documented path.
    pub(crate) fn url(&self, path: &str) -> String {
        let item = &self.publication.snapshot().items[0];
        let id = if path.contains("/stories/") { item.story.to_string() } else { item.id.to_string() };
        let query = if path.ends_with("/search/") { "?q=tide" } else { "" };
        let id = match path {
            "/api/v1/collections/{kind}/{id}/" => "crew/ada-quill",
            "/api/v1/newsletters/{id}/" => "issue-9",
            _ => &id,
        };
        let path = path.replace("{id}", id).replace("{kind}", "people");
        format!("{}{query}", path.replace("{page}", "2"))
    }

    pub(crate) fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.api.pointer(&reference[1..]).unwrap(),
            None => value,
        }
    }

    /// Checks a response against the documentation of this path and status.
    pub(crate) fn check(&self, path: &str, url: &str, response: &TestResponse) {
        let status = response.status.as_u16();
        let documented = &self.api["paths"][path]["get"]["responses"][status.to_string()];
        assert!(!documented.is_null(), "{url}: {status} is not documented");
        let documented = self.resolved(documented);
        for (name, _) in documented["headers"].as_object().into_iter().flatten() {
            assert!(response.headers.contains_key(name), "{url}: {name} is missing");
        }
        let Some((media, content)) = documented["content"].as_object().and_then(|all| all.iter().next())
        else {
            assert!(response.body.is_empty(), "{url}: {status} has a body");
            return;
        };
        assert_eq!(response.header(header::CONTENT_TYPE), media, "{url}");
        if media.contains("json") {
            let body = serde_json::from_slice(&response.body).unwrap();
            schema::check(&self.api, &content["schema"], &body, url);
        }
    }
}
