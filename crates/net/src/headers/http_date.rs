//! Dates in HTTP headers.

use jiff::Timestamp;

/// Parses an HTTP date (RFC 9110, section 5.6.7) in one of its three formats, or another date
/// format that servers use instead.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    httpdate::parse_http_date(text)
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok())
        .or_else(|| courant_model::parse_date(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let expected: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(http_date(text), Some(expected), "{text}");
        }
        assert_eq!(http_date("0"), None);
        assert_eq!(http_date("-1"), None);
    }
}
