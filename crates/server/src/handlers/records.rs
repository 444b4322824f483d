//! The records of the API that are not news.

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use courant_render::{
    ListQuery, Publication,
    api::{CollectionList, CollectionRecord, RecordList},
};

use super::{lists, params, site};
use crate::{
    app::SiteState,
    openapi::{parameters, responses},
    paths,
};

/// The kinds of records other than news
///
/// The kinds of which the site has records, by name.
#[utoipa::path(
    get,
    path = paths::API_COLLECTIONS,
    operation_id = "listCollections",
    tag = "Records",
    responses(
        (status = 200, description = "Kinds.", body = CollectionList<'_>),
        responses::Document,
        responses::Keyed,
    ),
)]
pub(crate) async fn kinds<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}

/// The records of a kind
///
/// Newest publication first, records without a date last. Without parameters: all records without
/// `record` and `contentHtml`. With any parameter: whole records, in a list that is read from
/// cursor to cursor. Parameters need the live server.
#[utoipa::path(
    get,
    path = paths::API_COLLECTION,
    operation_id = "listRecords",
    tag = "Records",
    params(parameters::Kind, parameters::Part),
    responses(
        (status = 200, description = "Records.", body = RecordList<'_>),
        responses::Document,
        responses::Checked,
        responses::Optional,
        responses::Keyed,
    ),
)]
pub(crate) async fn list<S: Clone>(
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
    lists::respond(state.current(), &parts, query, list).await
}

/// One record
///
/// As its owner wrote it.
#[utoipa::path(
    get,
    path = paths::API_RECORD,
    operation_id = "getRecord",
    tag = "Records",
    params(parameters::Kind, parameters::Record),
    responses(
        (status = 200, description = "The record.", body = CollectionRecord<'_>),
        responses::Document,
        responses::Optional,
        responses::Keyed,
    ),
)]
pub(crate) async fn record<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}

/// The newsletters
///
/// The same as `/api/v1/collections/newsletters/`.
#[utoipa::path(
    get,
    path = paths::API_NEWSLETTERS,
    operation_id = "listNewsletters",
    tag = "Records",
    params(parameters::Part),
    responses(
        (status = 200, description = "Newsletters.", body = RecordList<'_>),
        responses::Document,
        responses::Checked,
        responses::Optional,
        responses::Keyed,
    ),
)]
pub(crate) async fn newsletters<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    list(state, Path("newsletters".to_owned()), request).await
}

/// One newsletter
///
/// The same as `/api/v1/collections/newsletters/{id}/`.
#[utoipa::path(
    get,
    path = paths::API_NEWSLETTER,
    operation_id = "getNewsletter",
    tag = "Records",
    params(parameters::Record),
    responses(
        (status = 200, description = "The newsletter.", body = CollectionRecord<'_>),
        responses::Document,
        responses::Optional,
        responses::Keyed,
    ),
)]
pub(crate) async fn newsletter<S: Clone>(state: State<SiteState<S>>, request: Request) -> Response {
    site::document(state, request).await
}
