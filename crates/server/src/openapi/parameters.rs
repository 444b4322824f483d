//! The parameters of the API, with the limits that the handlers enforce.

use courant_model::StoryId;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, Ref, RefOr, Required, Schema, SchemaFormat, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::handlers::params::{
    DEFAULT_LIMIT, MAX_DOMAIN, MAX_LIMIT, MAX_PAGES, MAX_QUALITY, MAX_QUERY, MAX_TOPIC,
};

/// Groups of parameters, which operations name.
macro_rules! groups {
    ($($(#[$doc:meta])* $group:ident: [$($parameter:ident),+];)+) => {$(
        $(#[$doc])*
        pub(crate) enum $group {}

        impl IntoParams for $group {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![$($parameter()),+]
            }
        }
    )+};
}

groups! {
    /// A part of a list.
    Part: [after, limit];
    /// Which entries a list has, besides [`Filter`].
    Range: [since, until, min_quality];
    /// Which stories or articles are meant.
    Filter: [topic, provider, language];
    /// Whether reasons are included.
    Explain: [explain];
    /// The id of a story or an article.
    Id: [id];
    /// A numbered page.
    Page: [page];
    /// A kind of records.
    Kind: [kind];
    /// The id of a record.
    Record: [record];
    /// Where a stream of events continues.
    LastEvent: [last_event_id];
    /// A search.
    Search: [search_text, search_topic, search_page];
}

/// The parameters that the description names, under their names, in the order of use.
pub(super) fn shared() -> [(&'static str, Parameter); 14] {
    [
        ("id", id()),
        ("page", page()),
        ("kind", kind()),
        ("record", record()),
        ("after", after()),
        ("limit", limit()),
        ("topic", topic()),
        ("provider", provider()),
        ("language", language()),
        ("since", since()),
        ("until", until()),
        ("minQuality", min_quality()),
        ("explain", explain()),
        ("lastEventId", last_event_id()),
    ]
}

fn id() -> Parameter {
    path("id", "32 hexadecimal digits; they never change.", Ref::from_schema_name(StoryId::name()))
}

fn page() -> Parameter {
    path("page", "The page, counted from the oldest.", integer().minimum(Some(1)))
}

fn kind() -> Parameter {
    path("kind", "The kind of record: `people`.", text())
}

fn record() -> Parameter {
    path("id", "The id of the record. It may contain slashes, which are not escaped.", text())
}

fn after() -> Parameter {
    let about = "The `cursor` of the previous response. The list continues after that place, even if its \
        entry has been removed.";
    query("after", about, text().pattern(Some("^[0-9a-f]{56}$")))
}

fn limit() -> Parameter {
    let schema = integer().minimum(Some(1)).maximum(Some(MAX_LIMIT)).default(Some(DEFAULT_LIMIT.into()));
    query("limit", "Maximum number of entries.", schema)
}

fn topic() -> Parameter {
    let about = "Only entries about this topic or one below it, by id. An id that is not in the taxonomy is \
        refused.";
    query("topic", about, text().min_length(Some(1)))
}

fn provider() -> Parameter {
    let domain = text().min_length(Some(1)).max_length(Some(MAX_DOMAIN));
    query("provider", "Only entries of this provider, by domain.", domain)
}

fn language() -> Parameter {
    let about = "Only this language: an ISO 639 code of two or three letters.";
    query("language", about, text().pattern(Some("^[a-z]{2,3}$")))
}

fn since() -> Parameter {
    query("since", "Only entries published at or after this time.", time())
}

fn until() -> Parameter {
    query("until", "Only entries published before this time.", time())
}

fn min_quality() -> Parameter {
    let quality = integer().minimum(Some(0)).maximum(Some(MAX_QUALITY));
    query("min_quality", "Only entries of at least this quality.", quality)
}

fn explain() -> Parameter {
    query("explain", "1 to include the reasons of each article.", text().enum_values(Some(["0", "1"])))
}

fn last_event_id() -> Parameter {
    let about = "The id of the last event that the client has seen.";
    parameter("Last-Event-ID", ParameterIn::Header, about, text()).build()
}

fn search_text() -> Parameter {
    let about = format!("The words to search for. Only the first {MAX_QUERY} characters are used.");
    // At least one character that is neither white space nor a control character.
    let schema = text().pattern(Some(r"[^\s\u0000-\u001f\u007f-\u009f]"));
    parameter("q", ParameterIn::Query, &about, schema).required(Required::True).build()
}

fn search_topic() -> Parameter {
    query("topic", "The id of the topic to search in.", text().max_length(Some(MAX_TOPIC)))
}

fn search_page() -> Parameter {
    let schema = integer().minimum(Some(1)).maximum(Some(MAX_PAGES)).default(Some(1.into()));
    query("page", "The page, from 1.", schema)
}

fn path(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Path, about, schema).build()
}

fn query(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Query, about, schema).build()
}

/// A parameter that may be left out, unless it is in the path.
fn parameter(
    name: &str,
    place: ParameterIn,
    about: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

fn time() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}
