//! Query parameters of the API, read strictly: a mistake is reported instead of ignored.

use std::{borrow::Cow, collections::HashSet};

use axum::http::Uri;
use courant_render::{EventFilter, ListQuery};
use jiff::Timestamp;
use url::form_urlencoded;

use crate::problem::Problem;

/// Maximum length of the search text, in characters; the rest is cut off.
pub(crate) const MAX_QUERY: usize = 200;
/// Maximum length of a topic id, in characters.
pub(crate) const MAX_TOPIC: usize = 100;
/// Maximum number of pages of search results. The total is limited accordingly.
pub(crate) const MAX_PAGES: usize = 50;
/// Number of entries in a list without `limit`.
pub(crate) const DEFAULT_LIMIT: usize = 20;
/// Maximum of `limit`.
pub(crate) const MAX_LIMIT: u32 = 100;
/// Maximum of `min_quality`.
pub(crate) const MAX_QUALITY: u32 = 1000;
/// Maximum length of a domain, in characters (RFC 1035 §2.3.4).
pub(crate) const MAX_DOMAIN: usize = 253;

/// The decoded parameters of a URL in their order.
pub(crate) fn pairs(uri: &Uri) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

/// The parameters of a list.
pub(crate) fn list_query(uri: &Uri) -> Result<ListQuery, Problem> {
    let mut query = ListQuery { limit: DEFAULT_LIMIT, ..ListQuery::default() };
    let mut seen = HashSet::new();
    for (name, value) in pairs(uri) {
        if !seen.insert(name.clone()) {
            return Err(Problem::parameter(&name, "must not be given more than once"));
        }
        match &name[..] {
            "after" => query.after = Some(value.into_owned()),
            "limit" => query.limit = integer(&name, &value, 1, MAX_LIMIT)? as usize,
            "topic" => query.topic = Some(value.into_owned()),
            "provider" => query.provider = Some(domain(&name, &value)?),
            "language" => query.language = Some(language(&name, &value)?),
            "since" => query.since = Some(timestamp(&name, &value)?),
            "until" => query.until = Some(timestamp(&name, &value)?),
            "min_quality" => query.min_quality = Some(integer(&name, &value, 0, MAX_QUALITY)?.into()),
            "explain" => query.explain = flag(&name, &value)?,
            _ => return Err(unknown(&name)),
        }
    }
    Ok(query)
}

/// The parameters of a list that has no filters.
pub(crate) fn unfiltered_list_query(uri: &Uri) -> Result<ListQuery, Problem> {
    match pairs(uri).find(|(name, _)| !matches!(&name[..], "after" | "limit")) {
        Some((name, _)) => Err(unknown(&name)),
        None => list_query(uri),
    }
}

/// The filters of an event listener.
pub(crate) fn event_filter(uri: &Uri) -> Result<EventFilter, Problem> {
    let mut filter = EventFilter::default();
    let mut seen = HashSet::new();
    for (name, value) in pairs(uri) {
        if !seen.insert(name.clone()) {
            return Err(Problem::parameter(&name, "must not be given more than once"));
        }
        match &name[..] {
            "topic" => filter.topic = Some(value.into_owned()),
            "provider" => filter.provider = Some(domain(&name, &value)?),
            "language" => filter.language = Some(language(&name, &value)?),
            _ => return Err(unknown(&name)),
        }
    }
    Ok(filter)
}

/// Whether reasons are requested.
pub(crate) fn explain(uri: &Uri) -> Result<bool, Problem> {
    pairs(uri).find(|(name, _)| name == "explain").map_or(Ok(false), |(name, value)| flag(&name, &value))
}

/// The problem for a parameter that does not exist.
pub(crate) fn unknown(name: &str) -> Problem {
    Problem::parameter(name, "unknown parameter")
}

/// Parses an integer from `min` to `max`; only digits are allowed.
pub(crate) fn integer(name: &str, value: &str, min: u32, max: u32) -> Result<u32, Problem> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && (min..=max).contains(number));
    number.ok_or_else(|| Problem::parameter(name, format!("must be an integer from {min} to {max}")))
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(Problem::parameter(name, "must be 1 or 0")),
    }
}

fn timestamp(name: &str, value: &str) -> Result<Timestamp, Problem> {
    let expected =
        "must be an RFC 3339 time with an offset, for example 2026-03-01T12:00:00Z (write + as %2B)";
    value.parse().map_err(|_| Problem::parameter(name, expected))
}

fn domain(name: &str, value: &str) -> Result<String, Problem> {
    if value.is_empty() || value.chars().count() > MAX_DOMAIN {
        return Err(Problem::parameter(name, format!("must be a domain of 1 to {MAX_DOMAIN} characters")));
    }
    Ok(value.to_ascii_lowercase())
}

fn language(name: &str, value: &str) -> Result<String, Problem> {
    if !matches!(value.len(), 2..=3) || !value.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(Problem::parameter(name, "must be an ISO 639 code of two or three lower-case letters"));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<ListQuery, Problem> {
        list_query(&format!("/api/v1/stories/?{query}").parse().unwrap())
    }

    #[test]
    fn all_parameters_are_read() {
        let query = read(
            "after=x&limit=100&topic=ai&provider=Paper.example&language=en&since=2023-02-16T14:00:00%2B01:00\
             &until=2023-02-17T00:00:00Z&min_quality=0&explain=1",
        );
        let expected = ListQuery {
            after: Some("x".to_owned()),
            limit: 100,
            topic: Some("ai".to_owned()),
            provider: Some("paper.example".to_owned()),
            language: Some("en".to_owned()),
            since: Some("2023-02-16T13:00:00Z".parse().unwrap()),
            until: Some("2023-02-17T00:00:00Z".parse().unwrap()),
            min_quality: Some(0),
            explain: true,
        };
        assert_eq!(query, Ok(expected));
        assert_eq!(read("explain=0"), Ok(ListQuery { limit: 20, ..ListQuery::default() }));
    }

    #[test]
    fn an_invalid_parameter_is_named() {
        for (query, name) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=", "limit"),
            ("limit=%2B5", "limit"),
            ("limit=5&limit=6", "limit"),
            ("provider=", "provider"),
            ("language=EN", "language"),
            ("language=english", "language"),
            ("since=yesterday", "since"),
            ("since=2023-02-16", "since"),
            ("until=2023-02-16T14:00:00", "until"),
            ("min_quality=-1", "min_quality"),
            ("explain=yes", "explain"),
            ("langauge=en", "langauge"),
        ] {
            assert_eq!(read(query).unwrap_err().parameter_name(), Some(name), "{query}");
        }
    }
}
