//! The sample site behind its router, and its description.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use courant_model::{ArticleId, Snapshot};
use courant_render::{FoundArticle, Publication};
use courant_server::{Access, AppState, Events, Search, SearchAnswer, SearchFailed, SearchQuery, router};
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;

use super::{sample, schema};

/// Finds one article whatever the words are; `fail` is a store that is down.
#[derive(Clone)]
pub(crate) struct Shelf(ArticleId);

impl Search for Shelf {
    async fn search(&self, query: SearchQuery) -> Result<SearchAnswer, SearchFailed> {
        if query.text == "fail" {
            return Err(SearchFailed("disk is gone".to_owned()));
        }
        let hits = vec![FoundArticle { article: self.0, snippet: "a \u{2}tide\u{3}".to_owned() }];
        Ok(SearchAnswer { total: 1, hits })
    }
}

pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) publication: Arc<Publication>,
    pub(crate) api: Value,
    pub(crate) newest: watch::Sender<Arc<Publication>>,
    pub(crate) events: Events,
}

/// How many clients may listen.
pub(crate) const LISTENERS: usize = 2;

/// The one address whose answer never ends.
pub(crate) const EVENTS: &str = "/api/v1/events/";

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::of(sample::snapshot()).await
    }

    pub(crate) async fn of(snapshot: Snapshot) -> Self {
        Self::behind(snapshot, Access::open()).await
    }

    /// The site behind a door.
    pub(crate) async fn behind(mut snapshot: Snapshot, access: Access) -> Self {
        snapshot.site.page_size = 10;
        let publication = Arc::new(sample::publish(snapshot));
        let (newest, receiver) = watch::channel(Arc::clone(&publication));
        let search = Shelf(publication.snapshot().items[0].id);
        let events = Events::start(receiver.clone(), LISTENERS);
        let router =
            router(AppState { publication: receiver, search, events: events.clone(), access, images: None });
        let mut site = Self { router, publication, api: Value::Null, newest, events };
        site.api = serde_json::from_slice(&site.get("/api/v1/openapi.json").await.body).unwrap();
        site
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.ask(Request::get(address).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn json(&self, address: &str) -> Value {
        let answer = self.get(address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// All documented paths but that of the events.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.api["paths"].as_object().unwrap().keys().filter(|path| *path != EVENTS).cloned().collect()
    }

    /// An address of a documented path that is there.
    pub(crate) fn address(&self, path: &str) -> String {
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

    /// Checks an answer against what the document says of this path and status.
    pub(crate) fn check(&self, path: &str, address: &str, answer: &Answer) {
        let status = answer.status.as_u16();
        let response = &self.api["paths"][path]["get"]["responses"][status.to_string()];
        assert!(!response.is_null(), "{address}: {status} is not documented");
        let response = self.resolved(response);
        for (name, _) in response["headers"].as_object().into_iter().flatten() {
            assert!(answer.headers.contains_key(name), "{address}: {name} is missing");
        }
        let Some((media, content)) = response["content"].as_object().and_then(|all| all.iter().next()) else {
            assert!(answer.body.is_empty(), "{address}: {status} has a body");
            return;
        };
        assert_eq!(answer.header(header::CONTENT_TYPE), media, "{address}");
        if media.contains("json") {
            let body = serde_json::from_slice(&answer.body).unwrap();
            schema::check(&self.api, &content["schema"], &body, address);
        }
    }
}
