//! The stories of the API.

use axum::{
    extract::{Request, State},
    response::Response,
};
use courant_render::{
    ListQuery, Listed, Publication,
    api::{Story, StoryList},
};

use super::{lists, params, site};
use crate::{
    app::SiteState,
    openapi::{parameters, responses},
    paths,
};

/// The stories, newest first
///
/// Without parameters: the first page of the site's list, with the number of all stories. With any
/// parameter: a list that is read from cursor to cursor, so that new stories do not shift it.
/// Filters apply to the lead; `provider` applies to all articles. Parameters need the live server.
#[utoipa::path(
    get,
    path = paths::API_STORIES,
    operation_id = "listStories",
    tag = "Stories",
    params(parameters::Part, parameters::Filter, parameters::Range, parameters::Explain),
    responses(
        (
            status = 200,
            description = "Stories with up to ten related articles each.",
            body = StoryList<'_>,
        ),
        responses::Document,
        responses::Checked,
        responses::Keyed,
    ),
)]
pub(crate) async fn list<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return site::document(state, request).await;
    }
    let (parts, _) = request.into_parts();
    let query = params::list_query(&parts.uri);
    let list = |publication: &Publication, query: &ListQuery| Some(publication.list(Listed::Stories, query));
    lists::respond(state.current(), &parts, query, list).await
}

/// Another page of the stories
///
/// A static site divides its stories into `/api/v1/stories.json`, which has the newest, and pages
/// that are numbered from the oldest, so that new stories change only the last page. The last pages
/// repeat the stories of the first document. Page 1 exists if one document does not have all
/// stories.
#[utoipa::path(
    get,
    path = paths::API_STORIES_PAGE,
    operation_id = "listStoriesPage",
    tag = "Stories",
    params(parameters::Page),
    responses(
        (
            status = 200,
            description = "Stories with up to ten related articles each.",
            body = StoryList<'_>,
        ),
        responses::Document,
        responses::Optional,
        responses::Keyed,
    ),
)]
pub(crate) async fn page<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}

/// One story
///
/// All its articles, and the terms of its heat. With `explain=1` each article has its reasons too.
#[utoipa::path(
    get,
    path = paths::API_STORY,
    operation_id = "getStory",
    tag = "Stories",
    params(parameters::Id, parameters::Explain),
    responses(
        (status = 200, description = "The story.", body = Story<'_>),
        responses::Merged,
        responses::Document,
        responses::Checked,
        responses::Withdrawable,
        responses::Keyed,
    ),
)]
pub(crate) async fn story<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}
