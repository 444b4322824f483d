//! The articles of the API.

use axum::{
    extract::{Request, State},
    http::request::Parts,
    response::Response,
};
use courant_render::{
    ListQuery, Listed, Publication,
    api::{Article, ArticleList},
};

use super::{lists, params, site};
use crate::{
    app::SiteState,
    openapi::{parameters, responses},
    paths,
};

/// The articles, newest first
///
/// All public articles, coverage included. The list is read from cursor to cursor, so that new
/// articles do not shift it. Needs the live server.
#[utoipa::path(
    get,
    path = paths::API_ARTICLES,
    operation_id = "listArticles",
    tag = "Articles",
    params(parameters::Part, parameters::Filter, parameters::Range, parameters::Explain),
    responses(
        (status = 200, description = "Articles.", body = ArticleList<'_>),
        responses::Document,
        responses::Checked,
        responses::Keyed,
    ),
)]
pub(crate) async fn list<S: Clone>(State(state): State<SiteState<S>>, parts: Parts) -> Response {
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Articles, query));
    lists::respond(state.current(), &parts, query, list).await
}

/// One article
///
/// With the points of its quality, the terms behind its topics, and why it is in its story. The
/// reasons are always included; `explain` is accepted as for stories.
#[utoipa::path(
    get,
    path = paths::API_ARTICLE,
    operation_id = "getArticle",
    tag = "Articles",
    params(parameters::Id, parameters::Explain),
    responses(
        (status = 200, description = "The article.", body = Article<'_>),
        responses::Document,
        responses::Checked,
        responses::Withdrawable,
        responses::Keyed,
    ),
)]
pub(crate) async fn article<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}
