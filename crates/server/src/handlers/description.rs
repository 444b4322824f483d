//! The API about itself. Both documents are open to all, also where the API needs a key.

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::site;
use crate::{app::SiteState, openapi::responses, paths};

/// This description
///
/// OpenAPI 3.1.
#[utoipa::path(
    get,
    path = paths::API_DESCRIPTION,
    operation_id = "getDescription",
    tag = "Description",
    responses(
        (
            status = 200,
            description = "The description.",
            body = Object,
            content_type = "application/json",
        ),
        responses::Document,
    ),
)]
pub(crate) async fn openapi<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}

/// This description as a page
///
/// For people.
#[utoipa::path(
    get,
    path = paths::API,
    operation_id = "getManual",
    tag = "Description",
    responses(
        (
            status = 200,
            description = "The page.",
            body = String,
            content_type = "text/html; charset=utf-8",
        ),
        responses::Document,
    ),
)]
pub(crate) async fn manual<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}
