//! The documents of the publication at their own URLs.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use courant_render::{Document, Publication, RenderError};

use super::params;
use crate::{
    app::SiteState,
    documents::{Documents, Ready},
    paths,
    problem::Problem,
};

/// `Cache-Control` of documents: short, so that new articles appear soon.
pub(crate) const CACHED: &str = "public, max-age=60, must-revalidate";
/// `Cache-Control` of content that never changes.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// `Cache-Control` of content that must be revalidated on every use.
pub(crate) const REVALIDATE: &str = "no-cache";

/// Removes the path of the site's URL from that of the request, if the site is not at the root of
/// its host and no proxy has removed it.
pub(crate) async fn strip_site_path<S: Clone>(
    State(state): State<SiteState<S>>,
    mut request: Request,
    next: Next,
) -> Response {
    let publication = state.current();
    let root = publication.root();
    if root.len() > 1
        && let Some(rest) = request.uri().path().strip_prefix(&root[..root.len() - 1])
        && rest.starts_with('/')
    {
        let target = match request.uri().query() {
            Some(query) => format!("{rest}?{query}"),
            None => rest.to_owned(),
        };
        if let Ok(target) = PathAndQuery::try_from(target) {
            *request.uri_mut() = Uri::from(target);
        }
    }
    next.run(request).await
}

/// Any document of the publication at the path of the request, or a redirect to the path with a
/// final slash.
pub(crate) async fn document<S: Clone>(State(state): State<SiteState<S>>, request: Request) -> Response {
    let publication = state.current();
    let path = request.uri().path().to_owned();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return wrong_method(request.uri().clone()).await;
    }
    let explain = match params::explain(request.uri()) {
        _ if !has_reasons(&path) => false,
        Ok(explain) => explain,
        Err(problem) => return problem.into_response(),
    };
    let documents = request.extensions().get::<Documents>().cloned().unwrap_or_default();
    match documents.get(&publication, &path, explain).await {
        Some(Ok(ready)) if ready.moved_to.is_some() => ready.redirect(CACHED),
        Some(Ok(ready)) => {
            let cache_control = if ready.immutable { IMMUTABLE } else { CACHED };
            ready.respond(request.headers(), cache_control)
        }
        Some(Err(error)) => failed(&path, &error),
        None => match with_slash(&publication, request.uri()) {
            Some(url) => Redirect::permanent(&url).into_response(),
            None if publication.is_withdrawn(&path) => withdrawn(&publication, &path),
            None => not_found(&publication, &path),
        },
    }
}

/// Whether a path is that of one story or one article of the API, which `explain` applies to.
fn has_reasons(path: &str) -> bool {
    let entry = path.strip_prefix(paths::API_STORIES).or_else(|| path.strip_prefix(paths::API_ARTICLES));
    entry.is_some_and(|entry| !entry.starts_with("page/"))
}

/// The URL with a final slash, if there is a page.
fn with_slash(publication: &Publication, uri: &Uri) -> Option<String> {
    let path = uri.path();
    if path.ends_with('/') || path.starts_with("//") {
        return None;
    }
    let path = format!("{path}/");
    let exists = paths::LIVE_ONLY.contains(&&path[..]) || publication.get(&path).is_some();
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    exists.then(|| format!("{}{}{query}", publication.root(), &path[1..]))
}

/// The document with its validators, or 304 if the client's copy is current.
pub(crate) fn respond(document: Document, request: &HeaderMap, cache_control: &'static str) -> Response {
    Ready::from(document).respond(request, cache_control)
}

fn is_api(path: &str) -> bool {
    path.starts_with(paths::APIS)
}

/// The 404 response: a page, or a problem for programs.
pub(crate) fn not_found(publication: &Publication, path: &str) -> Response {
    if is_api(path) {
        return Problem::new(StatusCode::NOT_FOUND, "there is no document at this URL").into_response();
    }
    absent(StatusCode::NOT_FOUND, publication.not_found(), path)
}

/// The response for what an editor took off the site (RFC 9110 §15.5.11). It may come back, so
/// caches must revalidate it.
fn withdrawn(publication: &Publication, path: &str) -> Response {
    if is_api(path) {
        return Problem::new(StatusCode::GONE, "an editor has withdrawn this document").into_response();
    }
    absent(StatusCode::GONE, publication.withdrawn(), path)
}

fn absent(status: StatusCode, page: Result<Document, RenderError>, path: &str) -> Response {
    match page {
        Ok(page) => {
            let headers = [(header::CONTENT_TYPE, page.content_type), (header::CACHE_CONTROL, REVALIDATE)];
            (status, headers, page.body).into_response()
        }
        Err(error) => failed(path, &error.to_string()),
    }
}

/// The response if rendering failed. Details are only in the log.
pub(crate) fn failed(path: &str, error: &impl ToString) -> Response {
    tracing::error!(path, error = error.to_string(), "could not render a document");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this document could not be rendered; see the log")
        .into_response()
}

/// The response to a method other than GET and HEAD.
pub(crate) async fn wrong_method(_: Uri) -> Response {
    let mut response =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed").into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

/// `/healthz`: the server is up, and the time of its publication.
pub(crate) async fn health<S: Clone>(State(state): State<SiteState<S>>) -> Response {
    let publication = state.current();
    let snapshot = publication.snapshot();
    let body = serde_json::json!({
        "status": "ok",
        "snapshot": snapshot.taken.to_string(),
        "articles": snapshot.items.len(),
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}
