//! The live lists of the API: `/api/v1/stories/`, `/api/v1/articles/`, and those of records other than news.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use courant_render::{Document, ListError, ListQuery, Listed, Publication};

use crate::{
    AppState,
    documents::{Documents, Ready},
    params,
    problem::Problem,
    rendering,
    site::{self, failed},
};

/// `/api/v1/stories/`: as a static build has it, or with parameters a part of the list.
pub(crate) async fn stories<S: Clone>(state: State<AppState<S>>, request: Request) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return site::document(state, request).await;
    }
    let (parts, _) = request.into_parts();
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Stories, query));
    listed(state.present(), &parts, query, list).await
}

/// `/api/v1/articles/`.
pub(crate) async fn articles<S: Clone>(State(state): State<AppState<S>>, parts: Parts) -> Response {
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Articles, query));
    listed(state.present(), &parts, query, list).await
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
    listed(state.present(), &parts, query, list).await
}

/// `/api/v1/newsletters/`: the same for that kind.
pub(crate) async fn newsletters<S: Clone>(state: State<AppState<S>>, request: Request) -> Response {
    collection(state, Path("newsletters".to_owned()), request).await
}

/// The answer to a question, which is made once for each publication while many ask the same.
async fn listed(
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
    if let Some(ready) = documents.kept(&publication, &name) {
        return ready.answer(headers, site::CACHED);
    }
    // Away from the threads that serve connections: a filter that fits little looks at the whole list.
    let present = Arc::clone(&publication);
    match rendering::render(move || list(&present, &query)).await {
        Ok(None) => site::not_found(&publication, uri.path()),
        Ok(Some(Ok(document))) => {
            let ready = Ready::from(document);
            documents.keep(&publication, name, ready.clone());
            ready.answer(headers, site::CACHED)
        }
        Ok(Some(Err(ListError::Parameter { name, detail }))) => {
            Problem::parameter(name, detail).into_response()
        }
        Ok(Some(Err(error @ ListError::Render(_)))) => failed(uri.path(), &error),
        Err(panic) => failed(uri.path(), &panic),
    }
}
