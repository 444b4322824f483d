//! The parameters of the API's addresses: read strictly, so that a slip is told and not passed over.

use std::{borrow::Cow, collections::HashSet};

use axum::http::Uri;
use courant_render::{EventFilter, ListQuery};
use jiff::Timestamp;
use url::form_urlencoded;

use crate::problem::Problem;

/// How many entries a list has where nothing is said.
const DEFAULT_LIMIT: usize = 20;
/// The most that can be asked for.
const MOST_ENTRIES: u32 = 100;
/// A quality above this is none.
const MOST_QUALITY: u32 = 1000;
/// The longest domain (RFC 1035 §2.3.4).
const MOST_DOMAIN: usize = 253;

/// The parameters of an address, decoded, in their order.
pub(crate) fn pairs(uri: &Uri) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

/// Which part of a list is asked for.
pub(crate) fn list_query(uri: &Uri) -> Result<ListQuery, Problem> {
    let mut query = ListQuery { limit: DEFAULT_LIMIT, ..ListQuery::default() };
    let mut seen = HashSet::new();
    for (name, value) in pairs(uri) {
        if !seen.insert(name.clone()) {
            return Err(Problem::parameter(&name, "this parameter can be given once only"));
        }
        match &name[..] {
            "after" => query.after = Some(value.into_owned()),
            "limit" => query.limit = whole(&name, &value, 1, MOST_ENTRIES)? as usize,
            "topic" => query.topic = Some(value.into_owned()),
            "provider" => query.provider = Some(domain(&name, &value)?),
            "language" => query.language = Some(language(&name, &value)?),
            "since" => query.since = Some(moment(&name, &value)?),
            "until" => query.until = Some(moment(&name, &value)?),
            "min_quality" => query.min_quality = Some(whole(&name, &value, 0, MOST_QUALITY)?.into()),
            "explain" => query.explain = switch(&name, &value)?,
            _ => return Err(unknown(&name)),
        }
    }
    Ok(query)
}

/// Which part of a list without filters is asked for.
pub(crate) fn part_query(uri: &Uri) -> Result<ListQuery, Problem> {
    match pairs(uri).find(|(name, _)| !matches!(&name[..], "after" | "limit")) {
        Some((name, _)) => Err(unknown(&name)),
        None => list_query(uri),
    }
}

/// Which news a listener wants.
pub(crate) fn news_filter(uri: &Uri) -> Result<EventFilter, Problem> {
    let mut filter = EventFilter::default();
    let mut seen = HashSet::new();
    for (name, value) in pairs(uri) {
        if !seen.insert(name.clone()) {
            return Err(Problem::parameter(&name, "this parameter can be given once only"));
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

/// Whether reasons are asked for.
pub(crate) fn explain(uri: &Uri) -> Result<bool, Problem> {
    pairs(uri).find(|(name, _)| name == "explain").map_or(Ok(false), |(name, value)| switch(&name, &value))
}

/// The answer to a parameter that is not known here.
pub(crate) fn unknown(name: &str) -> Problem {
    Problem::parameter(name, "there is no such parameter here")
}

/// A whole number within bounds, in digits alone.
pub(crate) fn whole(name: &str, value: &str, least: u32, most: u32) -> Result<u32, Problem> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && (least..=most).contains(number));
    number.ok_or_else(|| Problem::parameter(name, format!("a whole number from {least} to {most} is wanted")))
}

fn switch(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(Problem::parameter(name, "1 or 0 is wanted")),
    }
}

fn moment(name: &str, value: &str) -> Result<Timestamp, Problem> {
    let wanted = "a time with its offset is wanted (RFC 3339): 2026-03-01T12:00:00Z, with + written as %2B";
    value.parse().map_err(|_| Problem::parameter(name, wanted))
}

fn domain(name: &str, value: &str) -> Result<String, Problem> {
    if value.is_empty() || value.chars().count() > MOST_DOMAIN {
        return Err(Problem::parameter(name, format!("a domain of at most {MOST_DOMAIN} letters is wanted")));
    }
    Ok(value.to_ascii_lowercase())
}

fn language(name: &str, value: &str) -> Result<String, Problem> {
    if !matches!(value.len(), 2..=3) || !value.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(Problem::parameter(name, "an ISO 639 code of two or three small letters is wanted"));
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
        let wanted = ListQuery {
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
        assert_eq!(query, Ok(wanted));
        assert_eq!(read("explain=0"), Ok(ListQuery { limit: 20, ..ListQuery::default() }));
    }

    #[test]
    fn a_slip_is_told_by_name() {
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
            assert_eq!(read(query).unwrap_err().named(), Some(name), "{query}");
        }
    }
}
