//! Documents ready to be sent: what many readers ask for is rendered once for each publication.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use courant_render::{Document, Publication, RenderError};
use jiff::Timestamp;
use quick_cache::{Weighter, sync::Cache};

use crate::{
    conditional::{http_date, is_fresh},
    cors, rendering,
};

/// How many documents are kept at most, and how many bytes they may have together.
const MOST: usize = 10_000;
const MOST_BYTES: u64 = 64 << 20;
/// What a document takes beside its bytes, roughly.
const OVERHEAD: u64 = 512;

/// How a document is asked for: its path, and whether with all reasons.
type Asked = (String, bool);

/// Documents of the present publication; those that are asked for most stay. Clones are one store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// The publication that the documents show. It is not kept alive, and its place in memory not given to another.
    of: Weak<Publication>,
    documents: Option<Arc<Cache<Asked, Ready, ByBytes>>>,
}

#[derive(Debug, Clone, Copy)]
struct ByBytes;

impl Weighter<Asked, Ready> for ByBytes {
    fn weight(&self, (path, _): &Asked, ready: &Ready) -> u64 {
        (path.len() + ready.body.len()) as u64 + OVERHEAD
    }
}

impl Documents {
    /// The document at this path of the publication, with all reasons where it is asked to `explain`; `None` where there
    /// is none. It is rendered away from the threads that serve connections, so that a large one delays nobody else.
    pub(crate) async fn get(
        &self,
        publication: &Arc<Publication>,
        path: &str,
        explain: bool,
    ) -> Option<Result<Ready, String>> {
        let kept = self.of(publication);
        let asked = (path.to_owned(), explain);
        if let Some(ready) = kept.get(&asked) {
            return Some(Ok(ready));
        }
        let publication = Arc::clone(publication);
        let rendered = rendering::render(move || {
            let render = if explain { Publication::get_explained } else { Publication::get };
            let ready = render(&publication, &asked.0)?.map(Ready::from);
            if let Ok(ready) = &ready {
                kept.insert(asked, ready.clone());
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

    /// What was kept under this name for the publication, which has nothing else of that name.
    pub(crate) fn kept(&self, publication: &Arc<Publication>, name: &str) -> Option<Ready> {
        self.of(publication).get(&(name.to_owned(), false))
    }

    /// Keeps a document under a name that is no path, for as long as this publication is the present one.
    pub(crate) fn keep(&self, publication: &Arc<Publication>, name: String, ready: Ready) {
        self.of(publication).insert((name, false), ready);
    }

    /// What is kept of this publication; what was kept of an earlier one is forgotten.
    fn of(&self, publication: &Arc<Publication>) -> Arc<Cache<Asked, Ready, ByBytes>> {
        let is_of = |kept: &Kept| std::ptr::eq(kept.of.as_ptr(), Arc::as_ptr(publication));
        {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(documents) = kept.documents.as_ref().filter(|_| is_of(&kept)) {
                return Arc::clone(documents);
            }
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(documents) = kept.documents.as_ref().filter(|_| is_of(&kept)) {
            return Arc::clone(documents);
        }
        let documents = Arc::new(Cache::with_weighter(MOST, MOST_BYTES, ByBytes));
        *kept = Kept { of: Arc::downgrade(publication), documents: Some(Arc::clone(&documents)) };
        documents
    }
}

/// A document with its validators. Clones share its bytes.
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
    /// The document with its validators, or 304 where the client has it.
    pub(crate) fn answer(self, request: &HeaderMap, caching: &'static str) -> Response {
        // Data that anyone may read: the API, feeds, sitemaps.
        let is_open = self.content_type.starts_with("application/");
        let mut response = if is_fresh(request, &self.etag, self.last_modified) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.content_type)], self.body).into_response()
        };
        let headers = response.headers_mut();
        if is_open {
            cors::open(headers);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let validators = [(header::ETAG, self.etag), (header::LAST_MODIFIED, http_date(self.last_modified))];
        for (name, value) in validators {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// The answer for a document that says where to go instead.
    pub(crate) fn redirect(self, caching: &'static str) -> Response {
        let headers = [
            (header::LOCATION, self.moved_to.unwrap_or_else(|| "/".to_owned())),
            (header::CONTENT_TYPE, self.content_type.to_owned()),
            (header::CACHE_CONTROL, caching.to_owned()),
        ];
        (StatusCode::MOVED_PERMANENTLY, headers, self.body).into_response()
    }
}
