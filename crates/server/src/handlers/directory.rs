//! The topics and providers of the API.

use axum::{
    extract::{Request, State},
    response::Response,
};
use courant_render::api::{ProviderList, TopicList};

use super::site;
use crate::{app::SiteState, openapi::responses, paths};

/// The taxonomy
///
/// In the order of the site.
#[utoipa::path(
    get,
    path = paths::API_TOPICS,
    operation_id = "listTopics",
    tag = "Directory",
    responses(
        (status = 200, description = "Topics.", body = TopicList<'_>),
        responses::Document,
        responses::Keyed,
    ),
)]
pub(crate) async fn topics<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}

/// The providers
///
/// The providers of public articles, by domain.
#[utoipa::path(
    get,
    path = paths::API_PROVIDERS,
    operation_id = "listProviders",
    tag = "Directory",
    responses(
        (status = 200, description = "Providers.", body = ProviderList<'_>),
        responses::Document,
        responses::Keyed,
    ),
)]
pub(crate) async fn providers<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}
