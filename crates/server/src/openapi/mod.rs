//! The description of `/api/v1/` (OpenAPI 3.1.1), from the handlers and the types of their
//! responses: `#[utoipa::path]` and `ToSchema` give operations and schemas, and their doc comments
//! the texts. What all operations share is in the files of this folder.

mod conventions;
pub(crate) mod parameters;
pub(crate) mod responses;

use courant_model::{Image, Provider, Reason, Signal, StoryId, TopicMatch};
use courant_render::api;
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use crate::{
    handlers::{articles, description, directory, event_stream, records, search, stories},
    problem::ProblemBody,
};

const SUMMARY: &str = "Stories, articles, topics, providers and other records of this publication.";

const DESCRIPTION: &str = "Everything is read with GET or HEAD; other methods return 405. A field \
    without a value is absent: nothing is null. Times are RFC 3339 in UTC with whole seconds, and URLs \
    are absolute. Errors are problem details (RFC 9457). Every URL with a final slash, except search and \
    the live list of articles, has a second form that ends in .json (`/api/v1/topics.json`): the file of \
    a static site, with the same bytes.";

const KEY: &str = "An API key from the site's owner. Most sites do not need one.";

/// All operations, in the order of the manual.
#[derive(OpenApi)]
#[openapi(
    paths(
        stories::list,
        stories::page,
        stories::story,
        articles::list,
        articles::article,
        event_stream::events,
        search::api,
        directory::topics,
        directory::providers,
        records::kinds,
        records::list,
        records::record,
        records::newsletters,
        records::newsletter,
        description::openapi,
        description::manual,
    ),
    tags(
        (name = "Stories", description = "The articles about one event."),
        (name = "Articles", description = "One article of one provider."),
        (
            name = "Directory",
            description = "The topics of the publication, and the publishers of its articles."
        ),
        (name = "Records", description = "People, newsletters, events and other records besides news."),
        (name = "Description", description = "The API itself."),
    )
)]
enum Operations {}

/// The description of the API without the name, the URL and the topics of the site, which
/// `courant_render` fills in.
///
/// `crates/render/openapi.json` is this document; a test holds them equal.
///
/// # Errors
/// If a part cannot be written as JSON.
pub fn openapi() -> serde_json::Result<Value> {
    let operations = Operations::openapi();
    let parameters = parameters::shared()
        .into_iter()
        .map(|(name, parameter)| Ok((name.to_owned(), conventions::plain(&parameter)?)))
        .collect::<serde_json::Result<Map<_, _>>>()?;
    let mut paths = conventions::plain(&operations.paths)?;
    conventions::add_cache_headers(&mut paths);
    conventions::refer_to_parameters(&mut paths, &parameters);
    Ok(json!({
        "openapi": "3.1.1",
        "info": { "title": "", "version": "1", "summary": SUMMARY, "description": DESCRIPTION },
        "servers": [{ "url": "/" }],
        "tags": conventions::plain(&operations.tags)?,
        // A key is optional: only some sites ask for one.
        "security": [{}, { "key": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas()?,
            "parameters": parameters,
            "responses": responses::shared(),
            "headers": responses::headers(),
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer", "description": KEY } },
        },
    }))
}

/// All schemas, in the order of the manual.
fn schemas() -> serde_json::Result<Map<String, Value>> {
    [
        schema::<StoryId>(),
        schema::<api::StoryList<'_>>(),
        schema::<api::ArticleList<'_>>(),
        schema::<api::Story<'_>>(),
        schema::<api::StoryReasons<'_>>(),
        schema::<api::Article<'_>>(),
        schema::<api::ArticleReasons<'_>>(),
        schema::<Signal>(),
        schema::<TopicMatch>(),
        schema::<Reason>(),
        schema::<Provider>(),
        schema::<Image>(),
        schema::<api::SearchAnswer<'_>>(),
        schema::<api::Hit<'_>>(),
        schema::<api::TopicList<'_>>(),
        schema::<api::Topic<'_>>(),
        schema::<api::ProviderList<'_>>(),
        schema::<api::ProviderEntry<'_>>(),
        schema::<api::CollectionList<'_>>(),
        schema::<api::Collection<'_>>(),
        schema::<api::RecordList<'_>>(),
        schema::<api::CollectionRecord<'_>>(),
        schema::<api::Moved>(),
        schema::<ProblemBody<'_>>(),
    ]
    .into_iter()
    .collect()
}

/// The name of a schema, and the schema.
fn schema<T: ToSchema>() -> serde_json::Result<(String, Value)> {
    Ok((T::name().into_owned(), conventions::plain(&T::schema())?))
}
