//! The live lists of the API: stories, articles, and records other than news.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use courant_render::{Document, ListError, ListQuery, Listed, Publication};

use super::{
    params,
    site::{self, failed},
};
use crate::{
    app::SiteState,
    documents::{Documents, Ready, rendering},
    problem::Problem,
};

/// `/api/v1/stories/`: the document of the static site, or with parameters a part of the list.
pub(crate) async fn stories<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return site::document(state, request).await;
    }
    let (parts, _) = request.into_parts();
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Stories, query));
    respond_with(state.current(), &parts, query, list).await
}

/// `/api/v1/articles/`.
pub(crate) async fn articles<S: Clone>(State(state): State<SiteState<S>>, parts: Parts) -> Response {
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Articles, query));
    respond_with(state.current(), &parts, query, list).await
}

/// `/api/v1/collections/KIND/`: the document of the static site, or with parameters a part of the
/// list.
pub(crate) async fn collection<S: Clone>(
    state: State<SiteState<S>>,
    Path(kind): Path<String>,
    request: Request,
) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return site::document(state, request).await;
    }
    let (parts, _) = request.into_parts();
    let query = params::unfiltered_list_query(&parts.uri);
    let list = move |publication: &Publication, query: &ListQuery| publication.collection(&kind, query);
    respond_with(state.current(), &parts, query, list).await
}

/// `/api/v1/newsletters/`: the collection of that kind.
pub(crate) async fn newsletters<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    collection(state, Path("newsletters".to_owned()), request).await
}

/// The response to a list request, which is cached while the publication is current.
async fn respond_with(
    publication: Arc<Publication>,
    parts: &Parts,
    query: Result<ListQuery, Problem>,
    list: impl FnOnce(&Publication, &ListQuery) -> Option<Result<Document, ListError>> + Send + 'static,
) -> Response {
    let query = match query {
        Ok(query) => query,
        Err(problem) => return problem.into_response(),
    };
    let (uri, headers) = (&parts.uri, &parts.headers);
    let documents = parts.extensions.get::<Documents>().cloned().unwrap_or_default();
    let name = format!("list {uri}");
    if let Some(ready) = documents.named(&publication, &name) {
        return ready.respond(headers, site::CACHED);
    }
    // Outside the threads that serve connections: a filter that matches little reads the whole
    // list.
    let current = Arc::clone(&publication);
    match rendering::render(move || list(&current, &query)).await {
        Ok(None) => site::not_found(&publication, uri.path()),
        Ok(Some(Ok(document))) => {
            let ready = Ready::from(document);
            documents.insert_named(&publication, name, ready.clone());
            ready.respond(headers, site::CACHED)
        }
        Ok(Some(Err(ListError::Parameter { name, detail }))) => {
            Problem::parameter(name, detail).into_response()
        }
        Ok(Some(Err(error @ ListError::Render(_)))) => failed(uri.path(), &error),
        Err(panic) => failed(uri.path(), &panic),
    }
}
