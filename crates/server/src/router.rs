//! All routes in one sight.

use std::time::Duration;

use axum::{
    Extension, Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use courant_render::FeedSyntax;
use tower::ServiceBuilder;
use tower_http::trace::TraceLayer;

use crate::{
    AppState, Search, access,
    compression::{self, Packer},
    connections::{Counted, note},
    cors,
    documents::Documents,
    events, headers, images, lists, search, site,
};

/// How long a request may take until its answer begins; a stream of events may then go on for ever.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The public site: every document of the publication at its own address, search, and cached pictures.
pub fn router<S: Search>(state: AppState<S>) -> Router {
    // From the outside in: what stands first sees the request first and the answer last.
    let layers = ServiceBuilder::new()
        // What fails is logged where it fails, with its reason.
        .layer(TraceLayer::new_for_http().on_failure(()))
        .layer(middleware::from_fn_with_state(state.clone(), site::below_root))
        .layer(middleware::from_fn_with_state(state.clone(), headers::limit_and_secure))
        .layer(middleware::from_fn_with_state(Packer::default(), compression::pack))
        .layer(middleware::from_fn(cors::manners))
        .layer(middleware::from_fn_with_state(state.access.clone(), access::check))
        .layer(middleware::from_fn(in_time));
    let feeds = FeedSyntax::ALL.map(|syntax| format!("/search/{}", syntax.file()));
    let routes = feeds.iter().fold(Router::new(), |routes, path| routes.route(path, get(search::feed)));
    let routes = routes
        .route("/healthz", get(site::health))
        .route("/search/", get(search::page))
        .route("/api/v1/stories/", get(lists::stories))
        .route("/api/v1/articles/", get(lists::articles))
        .route("/api/v1/collections/{kind}/", get(lists::collection))
        .route("/api/v1/newsletters/", get(lists::newsletters))
        .route("/api/v1/events/", get(events::events))
        .route("/api/v1/search/", get(search::api))
        .route("/images/{file}", get(images::image))
        .fallback(site::document)
        .method_not_allowed_fallback(site::wrong_method)
        .layer(Extension(Documents::default()))
        .with_state(state);
    // The root of the site is cut off before routing, so the layers stand around a whole service.
    Router::new().fallback_service(layers.service(routes))
}

/// An answer that does not begin in time is given up, and counted.
async fn in_time(request: Request, next: Next) -> Response {
    let extensions = request.extensions().clone();
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await.unwrap_or_else(|_| {
        note(&extensions, Counted::AnswerTimeout);
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    })
}
