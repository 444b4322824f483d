//! The responses and headers that many operations share.

use std::collections::BTreeMap;

use courant_render::api::Moved;
use serde_json::{Map, Value, json};
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{Content, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, SchemaFormat, Type},
};

use crate::problem::{PROBLEM_JSON, ProblemBody};

/// Groups of shared responses, which operations name.
macro_rules! groups {
    ($($(#[$doc:meta])* $group:ident: [$($status:literal $name:ident),+];)+) => {$(
        $(#[$doc])*
        pub(crate) enum $group {}

        impl IntoResponses for $group {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let reference = |name: &str| RefOr::Ref(Ref::from_response_name(name));
                BTreeMap::from([$(($status.to_owned(), reference(stringify!($name)))),+])
            }
        }
    )+};
}

groups! {
    /// Every document may be answered like this.
    Document: ["304" NotModified, "414" AddressTooLong, "500" Failed, "503" Unavailable];
    /// A stream of events may be answered like this.
    Stream: ["414" AddressTooLong, "500" Failed, "503" NoRoom];
    /// Behind access control.
    Keyed: ["401" KeyWanted, "429" TooMany];
    /// With parameters that are checked.
    Checked: ["400" BadParameter];
    /// What need not exist.
    Optional: ["404" NotFound];
    /// What an editor can withdraw.
    Withdrawable: ["404" NotFound, "410" Gone];
}

/// A story that was merged into another.
pub(crate) enum Merged {}

impl IntoResponses for Merged {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let url = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uri-reference".to_owned())));
        let mut location = Header::new(url);
        location.description = Some("The present story.".to_owned());
        let response = ResponseBuilder::new()
            .description("The story was merged into another; `Location` is its URL.")
            .header("Location", location)
            .content("application/json", Content::new(Some(Ref::from_schema_name(Moved::name()))));
        BTreeMap::from([("301".to_owned(), response.into())])
    }
}

/// The shared responses.
pub(super) fn shared() -> Value {
    let not_modified = "The client's copy is up to date (`If-None-Match`, `If-Modified-Since`).";
    let key_wanted = "The API key is missing or invalid. Only on sites that issue API keys.";
    let too_many = "The limit of requests per minute of the API key, or of an IP address without one, is \
        exceeded. Only on sites that issue API keys.";
    json!({
        "NotModified": { "description": not_modified, "headers": cache_headers() },
        "BadParameter": problem("A parameter is missing or invalid.", &[]),
        "KeyWanted": problem(key_wanted, &[("WWW-Authenticate", "WwwAuthenticate")]),
        "NotFound": problem("There is nothing at this URL.", &[]),
        "Gone": problem("An editor has withdrawn this.", &[]),
        "AddressTooLong": problem("The URL is longer than 4,096 bytes.", &[]),
        "TooMany": problem(
            too_many,
            &[
                ("Retry-After", "RetryAfter"),
                ("RateLimit", "RateLimit"),
                ("RateLimit-Policy", "RateLimitPolicy"),
            ],
        ),
        "Failed": problem("The document could not be rendered.", &[]),
        "Unavailable": problem("The server is not available now.", &[]),
        "NoRoom": problem("The maximum number of listeners is reached.", &[("Retry-After", "RetryAfter")]),
    })
}

/// A response with a problem and these headers.
fn problem(description: &str, headers: &[(&str, &str)]) -> Value {
    let schema = format!("#/components/schemas/{}", ProblemBody::name());
    let mut response = json!({
        "description": description,
        "content": { PROBLEM_JSON: { "schema": { "$ref": schema } } },
    });
    if !headers.is_empty() {
        response["headers"] = references(headers);
    }
    response
}

/// The headers for caches, which every document has.
pub(super) fn cache_headers() -> Value {
    references(&[("ETag", "ETag"), ("Last-Modified", "LastModified"), ("Cache-Control", "CacheControl")])
}

/// Headers by their names, each with the name of its component.
fn references(headers: &[(&str, &str)]) -> Value {
    let reference = |component: &str| json!({ "$ref": format!("#/components/headers/{component}") });
    headers.iter().map(|&(name, component)| (name.to_owned(), reference(component))).collect()
}

/// The shared headers.
pub(super) fn headers() -> Map<String, Value> {
    let rate_limit = "The rest of the limit, and the number of seconds until it is reset \
        (draft-ietf-httpapi-ratelimit-headers-10 §4).";
    let rate_limit_policy = "The limit: the number of requests and the length of the window in seconds \
        (the same draft, §3).";
    [
        ("ETag", "The entity tag (RFC 9110 §8.8.3)."),
        ("LastModified", "When the publication was last updated."),
        ("CacheControl", "How long the response may be cached."),
        ("RetryAfter", "The number of seconds after which to try again (RFC 9110 §10.2.3)."),
        ("WwwAuthenticate", "The scheme of API keys (RFC 6750 §3)."),
        ("RateLimit", rate_limit),
        ("RateLimitPolicy", rate_limit_policy),
    ]
    .map(|(name, about)| (name.to_owned(), json!({ "description": about, "schema": { "type": "string" } })))
    .into_iter()
    .collect()
}
