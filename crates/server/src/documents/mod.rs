//! Rendered documents, cached: a document is rendered once per publication however often it is
//! requested.

mod conditional;
pub(crate) mod rendering;

use std::sync::{Arc, PoisonError, RwLock, Weak};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use courant_render::{Document, Publication, RenderError};
use jiff::Timestamp;
use quick_cache::{Weighter, sync::Cache};

use crate::middleware::cors;
pub(crate) use conditional::contains_tag;
use conditional::{http_date, is_fresh};

/// Maximum number of cached documents.
const MAX_DOCUMENTS: usize = 10_000;
/// Maximum size of all cached documents, in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// Approximate memory for a cached document besides its bytes.
const OVERHEAD: u64 = 512;

/// Path of a document, and whether it has all reasons.
type Key = (String, bool);

/// A cache of documents of the current publication; the most requested ones stay. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents(Arc<RwLock<Cached>>);

#[derive(Debug, Default)]
struct Cached {
    /// The publication of the documents. A weak reference does not keep it alive, but keeps its
    /// address from being reused.
    publication: Weak<Publication>,
    documents: Option<Arc<Cache<Key, Ready, ByBytes>>>,
}

#[derive(Debug, Clone, Copy)]
struct ByBytes;

impl Weighter<Key, Ready> for ByBytes {
    fn weight(&self, (path, _): &Key, ready: &Ready) -> u64 {
        (path.len() + ready.body.len()) as u64 + OVERHEAD
    }
}

impl Documents {
    /// The document at this path, with all reasons if `explain` is set; `None` if there is none.
    /// Rendering happens outside the threads that serve connections, so that a large document
    /// delays nobody else.
    pub(crate) async fn get(
        &self,
        publication: &Arc<Publication>,
        path: &str,
        explain: bool,
    ) -> Option<Result<Ready, String>> {
        let cache = self.of(publication);
        let key = (path.to_owned(), explain);
        if let Some(ready) = cache.get(&key) {
            return Some(Ok(ready));
        }
        let publication = Arc::clone(publication);
        let rendered = rendering::render(move || {
            let render = if explain { Publication::get_explained } else { Publication::get };
            let ready = render(&publication, &key.0)?.map(Ready::from);
            if let Ok(ready) = &ready {
                cache.insert(key, ready.clone());
            }
            Some(ready)
        });
        match rendered.await {
            Ok(found) => {
                found.map(|result: Result<Ready, RenderError>| result.map_err(|error| error.to_string()))
            }
            Err(panic) => Some(Err(panic.to_string())),
        }
    }

    /// The response stored with [`Self::insert_named`] for this publication.
    pub(crate) fn named(&self, publication: &Arc<Publication>, name: &str) -> Option<Ready> {
        self.of(publication).get(&(name.to_owned(), false))
    }

    /// Caches a response under a name that is not a path, for as long as the publication is
    /// current.
    pub(crate) fn insert_named(&self, publication: &Arc<Publication>, name: String, ready: Ready) {
        self.of(publication).insert((name, false), ready);
    }

    /// The cache of this publication; that of an earlier one is dropped.
    fn of(&self, publication: &Arc<Publication>) -> Arc<Cache<Key, Ready, ByBytes>> {
        let is_of = |cached: &Cached| std::ptr::eq(cached.publication.as_ptr(), Arc::as_ptr(publication));
        {
            let cached = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(documents) = cached.documents.as_ref().filter(|_| is_of(&cached)) {
                return Arc::clone(documents);
            }
        }
        let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(documents) = cached.documents.as_ref().filter(|_| is_of(&cached)) {
            return Arc::clone(documents);
        }
        let documents = Arc::new(Cache::with_weighter(MAX_DOCUMENTS, MAX_BYTES, ByBytes));
        *cached =
            Cached { publication: Arc::downgrade(publication), documents: Some(Arc::clone(&documents)) };
        documents
    }
}

/// A rendered document with its validators. Clones share its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    body: Bytes,
    content_type: &'static str,
    etag: String,
    last_modified: Timestamp,
    /// See [`Document::moved_to`].
    pub(crate) moved_to: Option<String>,
    /// See [`Document::immutable`].
    pub(crate) immutable: bool,
}

impl From<Document> for Ready {
    fn from(document: Document) -> Self {
        let etag = document.etag();
        let Document { content_type, body, last_modified, moved_to, immutable } = document;
        Self { body: body.into(), content_type, etag, last_modified, moved_to, immutable }
    }
}

impl Ready {
    /// The document with its validators, or 304 if the client's copy is current.
    pub(crate) fn respond(self, request: &HeaderMap, cache_control: &'static str) -> Response {
        // Data for programs: the API, feeds, sitemaps.
        let is_public_data = self.content_type.starts_with("application/");
        let mut response = if is_fresh(request, &self.etag, self.last_modified) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.content_type)], self.body).into_response()
        };
        let headers = response.headers_mut();
        if is_public_data {
            cors::allow_every_origin(headers);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let validators = [(header::ETAG, self.etag), (header::LAST_MODIFIED, http_date(self.last_modified))];
        for (name, value) in validators {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// The redirect for a document that has moved.
    pub(crate) fn redirect(self, cache_control: &'static str) -> Response {
        let headers = [
            (header::LOCATION, self.moved_to.unwrap_or_else(|| "/".to_owned())),
            (header::CONTENT_TYPE, self.content_type.to_owned()),
            (header::CACHE_CONTROL, cache_control.to_owned()),
        ];
        (StatusCode::MOVED_PERMANENTLY, headers, self.body).into_response()
    }
}
