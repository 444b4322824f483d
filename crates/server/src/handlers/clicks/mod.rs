//! Click counting: browsers report which links to articles were followed (`ping`, HTML Living
//! Standard, 4.6.4), and the number of readers of an article per day is counted.
//!
//! No cookie is set or read, no script runs, the link leads straight to the article, and no address
//! is stored: see [`readers`] for how readers are told apart, and [`request`] for which requests
//! count.

mod readers;
mod request;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use courant_model::{ArticleId, Timestamp};
use courant_render::Publication;
use tokio::sync::watch;

use crate::{
    Access,
    connections::{Counted, note},
    middleware::headers,
};
use readers::{Readers, Salt};

/// Stores the counts.
pub trait ClickCounting: Clone + Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
    /// A random salt; without one nothing is counted.
    fn salt(&self) -> Option<[u8; 32]>;
    /// Adds one reader of this article on the day (UTC) that begins at `day`. It must not block.
    fn count(&self, article: ArticleId, day: Timestamp);
}

/// The state of click counting.
pub(crate) struct Counting<C> {
    counter: C,
    publication: watch::Receiver<Arc<Publication>>,
    access: Access,
    readers: Mutex<Readers>,
}

/// Click counting that has not counted anything yet.
pub(crate) fn counting<C: ClickCounting>(
    counter: C,
    publication: watch::Receiver<Arc<Publication>>,
    access: Access,
) -> Arc<Counting<C>> {
    Arc::new(Counting { counter, publication, access, readers: Mutex::default() })
}

/// Handles a ping. The response is always 204, counted or not, except for a body that is
/// announced to be larger than a ping's (413).
pub(crate) async fn count<C: ClickCounting>(
    State(counting): State<Arc<Counting<C>>>,
    Path(article): Path<String>,
    request: Request,
) -> Response {
    // The body has no information and is not read.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let status = if request::is_too_large(request.headers()) {
        note(request.extensions(), Counted::BodyTooLarge);
        StatusCode::PAYLOAD_TOO_LARGE
    } else {
        if let Some(peer) = peer {
            counting.count(&article, peer, request.headers());
        }
        StatusCode::NO_CONTENT
    };
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")]).into_response();
    headers::secure(response.headers_mut(), None);
    response
}

impl<C: ClickCounting> Counting<C> {
    fn count(&self, article: &str, peer: IpAddr, headers: &HeaderMap) {
        let Ok(article) = article.parse::<ArticleId>() else { return };
        let publication = Arc::clone(&self.publication.borrow());
        if let Some(reason) = request::rejection(headers, &publication.snapshot().site.url) {
            tracing::debug!(reason, "a ping is not counted");
            return;
        }
        if !publication.shows(article) {
            return;
        }
        let reader = self.access.client_address(peer, headers);
        let salt = || -> Option<Salt> { self.counter.salt() };
        let now = self.counter.now();
        let counted =
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).count(reader, article, now, salt);
        if let Some(day) = counted {
            self.counter.count(article, day);
        }
    }
}
