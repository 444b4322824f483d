//! The live lists of the API: `/api/v1/stories/` and `/api/v1/articles/`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use courant_render::{ListError, Listed, Publication};

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
    listed(state.present(), &parts.uri, parts.headers, Listed::Stories).await
}

/// `/api/v1/articles/`.
pub(crate) async fn articles<S: Clone>(
    State(state): State<AppState<S>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    listed(state.present(), &uri, headers, Listed::Articles).await
}

async fn listed(publication: Arc<Publication>, uri: &Uri, headers: HeaderMap, listed: Listed) -> Response {
    let query = match params::list_query(uri) {
        Ok(query) => query,
        Err(problem) => return problem.into_response(),
    };
    // Away from the threads that serve connections: a filter that fits little looks at the whole list.
    match tokio::task::spawn_blocking(move || publication.list(listed, &query)).await {
        Ok(Ok(document)) => answer(document, &headers, site::CACHED),
        Ok(Err(ListError::Parameter { name, detail })) => Problem::parameter(name, detail).into_response(),
        Ok(Err(error @ ListError::Render(_))) => failed(uri.path(), &error),
        Err(panic) => failed(uri.path(), &panic),
    }
}
