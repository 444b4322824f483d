//! All routes of the server.

use std::time::Duration;

use axum::{
    Extension, Router,
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use courant_render::{BEACON, FeedSyntax};
use tower::ServiceBuilder;
use tower_http::trace::TraceLayer;

use crate::{
    App, ClickCounting, HubSubscriptions, Metrics, Readiness, Search,
    app::SiteState,
    connections::{Counted, note},
    documents::Documents,
    handlers::{
        articles, clicks, description, directory, event_stream, hub_callbacks, images, metrics, readiness,
        records, search, site, stories,
    },
    middleware::{
        access,
        compression::{self, Compressor},
        cors, headers, host, hsts, hub_links,
    },
    paths,
};

/// How long a request may take until its response begins; a stream of events may then last forever.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The public listener: the site, click counting, hub callbacks and readiness.
///
/// A proxy in front may have cut off the path of the site's URL, so what is not a document of the
/// publication is answered both below that path and at the root. Hubs call the public URL only.
pub fn router<S, C, H, R>(app: App<S, C, H, R>) -> Router
where
    S: Search,
    C: ClickCounting,
    H: HubSubscriptions,
    R: Readiness,
{
    let App { publication, search, events, access, images, .. } = app;
    let site = SiteState { publication, search, events, access, images };
    let base = site.current().root().trim_end_matches('/').to_owned();
    let mut routes = Router::new();
    if let Some(subscriptions) = app.hub_subscriptions {
        routes =
            routes.merge(hub_callback_routes(&format!("{base}{}", app.hub_callback_path), subscriptions));
    }
    if let Some(counter) = app.click_counter {
        let counting = clicks::counting(counter, site.publication.clone(), site.access.clone());
        let count = at_root_and_below(&base, &format!("/{BEACON}/{{article}}/"), post(clicks::count::<C>));
        routes = routes.merge(count.with_state(counting));
    }
    let ready = at_root_and_below(&base, paths::READY, get(readiness::short::<R>));
    let routes = routes.merge(ready.with_state(app.readiness));
    let site = hub_links::with_hubs(site_router(site), &app.own_hubs, &app.own_feeds);
    hsts::with_hsts(routes.fallback_service(site), app.hsts_days)
}

/// The listener for monitoring: figures, and readiness with paths and reasons. It names sources, so
/// only the owner should reach it.
pub fn metrics_router<M: Metrics, R: Readiness>(metrics: M, readiness: R) -> Router {
    let figures = Router::new().route(paths::METRICS, get(metrics::figures::<M>)).with_state(metrics);
    let ready = Router::new().route(paths::READY, get(readiness::full::<R>)).with_state(readiness);
    figures.merge(ready)
}

/// The routes that hubs call, below `path` (`/websub`).
///
/// An unknown id is answered 404 before the body is read. A push is refused if it has more than two
/// million bytes (413), takes too long (408), or too many are being received (503).
pub fn hub_callback_routes<H: HubSubscriptions>(path: &str, subscriptions: H) -> Router {
    Router::new()
        .route(&format!("{path}/{{id}}"), get(hub_callbacks::verify::<H>).post(hub_callbacks::receive::<H>))
        .layer(from_fn(headers::secure_response))
        .with_state(subscriptions)
}

/// A route of the site: its path and its handlers.
type SiteRoute<S> = (String, MethodRouter<SiteState<S>>);

/// All routes of the site but its pages and files.
fn site_routes<S: Search>() -> Vec<SiteRoute<S>> {
    let mut routes: Vec<SiteRoute<S>> = [
        (paths::HEALTH, get(site::health)),
        (paths::IMAGE, get(images::image)),
        (paths::SEARCH, get(search::page)),
        (paths::API, get(description::manual)),
        (paths::API_DESCRIPTION, get(description::openapi)),
        (paths::API_STORIES, get(stories::list)),
        (paths::API_STORIES_PAGE, get(stories::page)),
        (paths::API_STORY, get(stories::story)),
        (paths::API_ARTICLES, get(articles::list)),
        (paths::API_ARTICLE, get(articles::article)),
        (paths::API_EVENTS, get(event_stream::events)),
        (paths::API_SEARCH, get(search::api)),
        (paths::API_TOPICS, get(directory::topics)),
        (paths::API_PROVIDERS, get(directory::providers)),
        (paths::API_COLLECTIONS, get(records::kinds)),
        (paths::API_COLLECTION, get(records::list)),
        (paths::API_NEWSLETTERS, get(records::newsletters)),
    ]
    .map(|(path, handlers): (&str, MethodRouter<SiteState<S>>)| (path.to_owned(), handlers))
    .into();
    routes.push((with_slashes(paths::API_RECORD), get(records::record)));
    routes.push((with_slashes(paths::API_NEWSLETTER), get(records::newsletter)));
    let feeds = FeedSyntax::ALL.map(|syntax| format!("{}{}", paths::SEARCH, syntax.file()));
    routes.extend(feeds.map(|path| (path, get(search::feed))));
    routes
}

/// The path of a route to a record, whose id may contain slashes.
fn with_slashes(path: &str) -> String {
    path.replace("{id}/", "{*id}")
}

/// The site. What has no route of its own is a page or a file of the publication, at the path that
/// `courant_render` gives it (the API under its second names too, `/api/v1/topics.json`), or a
/// redirect to such a path with a final slash.
fn site_router<S: Search>(state: SiteState<S>) -> Router {
    // From the outside in: the first layer sees the request first and the response last.
    let layers = ServiceBuilder::new()
        // A failure is logged where it happens, with its reason.
        .layer(TraceLayer::new_for_http().on_failure(()))
        .layer(from_fn_with_state(state.clone(), site::strip_site_path))
        .layer(from_fn_with_state(state.clone(), headers::secure_site))
        .layer(from_fn(host::limit_url))
        .layer(from_fn_with_state(Compressor::default(), compression::compress))
        .layer(from_fn(cors::apply))
        .layer(from_fn_with_state(state.access.clone(), access::check))
        .layer(from_fn(limit_time));
    let routes = site_routes::<S>()
        .into_iter()
        .fold(Router::new(), |router, (path, handlers)| router.route(&path, handlers))
        .fallback(site::document)
        .method_not_allowed_fallback(site::wrong_method)
        .layer(Extension(Documents::default()))
        .with_state(state);
    // The path of the site is cut off before routing, so the layers surround a whole service.
    Router::new().fallback_service(layers.service(routes))
}

/// A route at the root and below the path of the site's URL.
fn at_root_and_below<S>(base: &str, path: &str, handler: MethodRouter<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let router = Router::new().route(path, handler.clone());
    if base.is_empty() { router } else { router.route(&format!("{base}{path}"), handler) }
}

/// Gives up a response that does not begin in time, and counts it.
async fn limit_time(request: Request, next: Next) -> Response {
    let extensions = request.extensions().clone();
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await.unwrap_or_else(|_| {
        note(&extensions, Counted::ResponseTimeout);
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{SearchFailed, SearchQuery, SearchResults, openapi};

    /// The routes of the site that are not part of the API.
    const UNDOCUMENTED: [&str; 6] = [
        paths::HEALTH,
        paths::IMAGE,
        paths::SEARCH,
        "/search/feed.xml",
        "/search/atom.xml",
        "/search/feed.json",
    ];

    #[derive(Clone)]
    struct NoSearch;

    impl Search for NoSearch {
        async fn search(&self, _: SearchQuery) -> Result<SearchResults, SearchFailed> {
            Ok(SearchResults::default())
        }
    }

    #[test]
    fn every_route_is_documented_or_known_not_to_be() {
        let routes: BTreeSet<String> =
            site_routes::<NoSearch>().into_iter().map(|(path, _)| path.replace("{*id}", "{id}/")).collect();
        let api = openapi().unwrap();
        let documented = api["paths"].as_object().unwrap().keys().map(String::as_str);
        let expected = documented.chain(UNDOCUMENTED).map(str::to_owned).collect();
        assert_eq!(routes, expected);
    }
}
