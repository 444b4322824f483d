//! The documents of the publication at their own addresses.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use courant_render::{Document, Publication, RenderError};

use crate::{
    AppState,
    documents::{Documents, Ready},
    params,
    problem::Problem,
};

/// How long a document may be used without asking again: new articles should be seen soon.
pub(crate) const CACHED: &str = "public, max-age=60, must-revalidate";
/// What the address names never changes.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Ask every time.
pub(crate) const ASK_AGAIN: &str = "no-cache";

/// Cuts the path of the site's address off the request's, where the site does not stand at the root of its
/// host and nothing in front of the server has done so.
pub(crate) async fn below_root<S: Clone>(
    State(state): State<AppState<S>>,
    mut request: Request,
    next: Next,
) -> Response {
    let publication = state.present();
    let root = publication.root();
    if root.len() > 1
        && let Some(rest) = request.uri().path().strip_prefix(&root[..root.len() - 1])
        && rest.starts_with('/')
    {
        let address = match request.uri().query() {
            Some(query) => format!("{rest}?{query}"),
            None => rest.to_owned(),
        };
        if let Ok(address) = PathAndQuery::try_from(address) {
            *request.uri_mut() = Uri::from(address);
        }
    }
    next.run(request).await
}

/// Any document of the publication.
pub(crate) async fn document<S: Clone>(State(state): State<AppState<S>>, request: Request) -> Response {
    let publication = state.present();
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
            let caching = if ready.immutable { IMMUTABLE } else { CACHED };
            ready.answer(request.headers(), caching)
        }
        Some(Err(error)) => failed(&path, &error),
        None => match with_slash(&publication, request.uri()) {
            Some(address) => Redirect::permanent(&address).into_response(),
            None if publication.is_withdrawn(&path) => withdrawn(&publication, &path),
            None => not_found(&publication, &path),
        },
    }
}

/// Whether a document of the API is one story or one article, which can be asked for reasons.
fn has_reasons(path: &str) -> bool {
    let entry = path.strip_prefix("/api/v1/stories/").or_else(|| path.strip_prefix("/api/v1/articles/"));
    entry.is_some_and(|entry| !entry.starts_with("page/"))
}

/// The address with a final slash, where a page stands there.
fn with_slash(publication: &Publication, uri: &Uri) -> Option<String> {
    let path = uri.path();
    if path.ends_with('/') || path.starts_with("//") {
        return None;
    }
    let path = format!("{path}/");
    let exists =
        matches!(&path[..], "/search/" | "/api/v1/search/" | "/api/v1/articles/" | "/api/v1/events/")
            || publication.get(&path).is_some();
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    exists.then(|| format!("{}{}{query}", publication.root(), &path[1..]))
}

/// The document with its validators, or 304 where the client has it.
pub(crate) fn answer(document: Document, request: &HeaderMap, caching: &'static str) -> Response {
    Ready::from(document).answer(request, caching)
}

fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// The answer where nothing stands: a page for people, a problem for programs.
pub(crate) fn not_found(publication: &Publication, path: &str) -> Response {
    if is_api(path) {
        return Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address").into_response();
    }
    absent(StatusCode::NOT_FOUND, publication.not_found(), path)
}

/// The answer where something stood until an editor took it off the site (RFC 9110 §15.5.11). It may come back, so
/// it is to be asked for each time.
fn withdrawn(publication: &Publication, path: &str) -> Response {
    if is_api(path) {
        return Problem::new(StatusCode::GONE, "an editor has taken this off the site").into_response();
    }
    absent(StatusCode::GONE, publication.withdrawn(), path)
}

fn absent(status: StatusCode, page: Result<Document, RenderError>, path: &str) -> Response {
    match page {
        Ok(page) => {
            let headers = [(header::CONTENT_TYPE, page.content_type), (header::CACHE_CONTROL, ASK_AGAIN)];
            (status, headers, page.body).into_response()
        }
        Err(error) => failed(path, &error.to_string()),
    }
}

/// The answer where rendering failed: the reader is told nothing of the inside, the log everything.
pub(crate) fn failed(path: &str, error: &impl ToString) -> Response {
    tracing::error!(path, error = error.to_string(), "could not render a document");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this document could not be made; the log says why")
        .into_response()
}

/// The answer to a method other than GET and HEAD.
pub(crate) async fn wrong_method(_: Uri) -> Response {
    let mut response =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here").into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

/// Whether the server is up, and of when its publication is.
pub(crate) async fn health<S: Clone>(State(state): State<AppState<S>>) -> Response {
    let publication = state.present();
    let snapshot = publication.snapshot();
    let body = serde_json::json!({
        "status": "ok",
        "snapshot": snapshot.taken.to_string(),
        "articles": snapshot.items.len(),
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}
