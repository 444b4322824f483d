//! The live lists of the API, which are read from cursor to cursor.

use std::sync::Arc;

use axum::{
    http::request::Parts,
    response::{IntoResponse, Response},
};
use courant_render::{Document, ListError, ListQuery, Publication};

use super::site::{self, failed};
use crate::{
    documents::{Documents, Ready, rendering},
    problem::Problem,
};

/// The response to a list request, which is cached while the publication is current.
pub(super) async fn respond(
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
