//! The live lists of the API: `/api/v1/stories/`, `/api/v1/articles/`, and those of records other than news.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use courant_render::{Document, ListError, ListQuery, Listed, Publication};

use crate::{
    AppState, params,
    problem::Problem,
    site::{self, answer, failed},
};

/// `/api/v1/stories/`: as a static build has it, or with parameters a part of the list.
pub(crate) async fn stories<S: Clone>(state: State<AppState<S>>, request: Request) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return site::document(state, request).await;
    }
    let (parts, _) = request.into_parts();
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Stories, query));
    listed(state.present(), &parts.uri, parts.headers, query, list).await
}

/// `/api/v1/articles/`.
pub(crate) async fn articles<S: Clone>(
    State(state): State<AppState<S>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let query = params::list_query(&uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Articles, query));
    listed(state.present(), &uri, headers, query, list).await
}

/// `/api/v1/collections/KIND/`: as a static build has it, or with parameters a part of the list.
pub(crate) async fn collection<S: Clone>(
    state: State<AppState<S>>,
    Path(kind): Path<String>,
    request: Request,
) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return site::document(state, request).await;
    }
    let (parts, _) = request.into_parts();
    let query = params::part_query(&parts.uri);
    let list = move |publication: &Publication, query: &ListQuery| publication.collection(&kind, query);
    listed(state.present(), &parts.uri, parts.headers, query, list).await
}

/// `/api/v1/newsletters/`: the same for that kind.
pub(crate) async fn newsletters<S: Clone>(state: State<AppState<S>>, request: Request) -> Response {
    collection(state, Path("newsletters".to_owned()), request).await
}

async fn listed(
    publication: Arc<Publication>,
    uri: &Uri,
    headers: HeaderMap,
    query: Result<ListQuery, Problem>,
    list: impl FnOnce(&Publication, &ListQuery) -> Option<Result<Document, ListError>> + Send + 'static,
) -> Response {
    let query = match query {
        Ok(query) => query,
        Err(problem) => return problem.into_response(),
    };
    // Away from the threads that serve connections: a filter that fits little looks at the whole list.
    let present = Arc::clone(&publication);
    match tokio::task::spawn_blocking(move || list(&present, &query)).await {
        Ok(None) => site::not_found(&publication, uri.path()),
        Ok(Some(Ok(document))) => answer(document, &headers, site::CACHED),
        Ok(Some(Err(ListError::Parameter { name, detail }))) => {
            Problem::parameter(name, detail).into_response()
        }
        Ok(Some(Err(error @ ListError::Render(_)))) => failed(uri.path(), &error),
        Err(panic) => failed(uri.path(), &panic),
    }
}
