//! Readers' attention: browsers say which links to articles were followed (`ping`, HTML Living Standard, 4.6.4), and
//! it is counted how many readers an article had on a day.
//!
//! No cookie is set or read, no script runs, nothing stands between the reader and the article, and no address is kept:
//! see [`readers`] for how one reader is told from another, and [`request`] for who is counted.

mod readers;
mod request;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use courant_model::{ArticleId, Timestamp};
use courant_render::Publication;
use ipnet::IpNet;
use tokio::sync::watch;

use crate::{
    client_address::client,
    connections::{Counted, note},
    headers,
};
use readers::{Readers, Salt};

/// Who keeps the counts.
pub trait Beacon: Clone + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// A random salt; `None` where the machine gives no random numbers, and then nothing is counted.
    fn salt(&self) -> Option<[u8; 32]>;
    /// One more reader followed a link to this article on the day that begins at this moment (UTC). It waits for nothing.
    fn count(&self, article: ArticleId, day: Timestamp);
}

struct Counting<B> {
    beacon: B,
    publication: watch::Receiver<Arc<Publication>>,
    trusted: Vec<IpNet>,
    readers: Mutex<Readers>,
}

/// The route to which browsers send pings: `POST path/ARTICLE/`, once below each of `paths` (`/beacon`).
///
/// Everything is answered 204 and at once, counted or not; only a body that is announced larger than a ping's is refused
/// (413). `trusted` are the proxies whose `X-Forwarded-For` is believed.
pub fn beacon_router<B: Beacon>(
    paths: &[String],
    beacon: B,
    publication: watch::Receiver<Arc<Publication>>,
    trusted: Vec<IpNet>,
) -> Router {
    let counting = Arc::new(Counting { beacon, publication, trusted, readers: Mutex::default() });
    let router = paths
        .iter()
        .fold(Router::new(), |router, path| router.route(&format!("{path}/{{article}}/"), post(ping::<B>)));
    router.with_state(counting)
}

async fn ping<B: Beacon>(
    State(counting): State<Arc<Counting<B>>>,
    Path(article): Path<String>,
    request: Request,
) -> Response {
    // The body says nothing and is not read.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let status = if request::is_too_large(request.headers()) {
        note(request.extensions(), Counted::BodyTooLarge);
        StatusCode::PAYLOAD_TOO_LARGE
    } else {
        if let Some(peer) = peer {
            counting.take(&article, peer, request.headers());
        }
        StatusCode::NO_CONTENT
    };
    let mut answer = (status, [(header::CACHE_CONTROL, "no-store")]).into_response();
    headers::secure(answer.headers_mut(), None);
    answer
}

impl<B: Beacon> Counting<B> {
    fn take(&self, article: &str, peer: IpAddr, headers: &HeaderMap) {
        let Ok(article) = article.parse::<ArticleId>() else { return };
        let publication = Arc::clone(&self.publication.borrow());
        if let Some(why) = request::objection(headers, &publication.snapshot().site.url) {
            tracing::debug!(why, "a ping is not counted");
            return;
        }
        if !publication.shows(article) {
            return;
        }
        let reader = client(peer, headers, &self.trusted);
        let salt = || -> Option<Salt> { self.beacon.salt() };
        let now = self.beacon.now();
        let counted =
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).count(reader, article, now, salt);
        if let Some(day) = counted {
            self.beacon.count(article, day);
        }
    }
}
