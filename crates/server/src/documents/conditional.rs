//! Conditional requests (RFC 9110 §13): whether the client's copy is still current.

use axum::http::{HeaderMap, header};
use jiff::{Timestamp, fmt::rfc2822};

/// Whether the client's copy is current. `If-Modified-Since` is read only without `If-None-Match`
/// (RFC 9110 §13.1.3).
pub(crate) fn is_fresh(request: &HeaderMap, etag: &str, last_modified: Timestamp) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        return request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| contains_tag(value, etag));
    }
    request
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| rfc2822::DateTimeParser::new().parse_timestamp(value).ok())
        .is_some_and(|since| since >= last_modified)
}

/// Whether a list of entity tags contains this one, by weak comparison (RFC 9110 §8.8.3.2). Our
/// tags contain no commas.
pub(crate) fn contains_tag(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The value of `Last-Modified`.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(name: header::HeaderName, value: &str) -> bool {
        let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
        is_fresh(&headers, "\"abc\"", "2023-02-16T14:00:00Z".parse().unwrap())
    }

    #[test]
    fn tags_are_compared_weakly() {
        for value in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(fresh(header::IF_NONE_MATCH, value), "{value}");
        }
        for value in ["\"x\"", "abc", ""] {
            assert!(!fresh(header::IF_NONE_MATCH, value), "{value}");
        }
    }

    #[test]
    fn dates_are_compared() {
        assert!(fresh(header::IF_MODIFIED_SINCE, "Thu, 16 Feb 2023 14:00:00 GMT"));
        assert!(!fresh(header::IF_MODIFIED_SINCE, "Thu, 16 Feb 2023 13:59:59 GMT"));
        assert!(!fresh(header::IF_MODIFIED_SINCE, "yesterday"));
    }
}
