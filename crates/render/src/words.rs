//! Small formatting rules that all outputs share: dates, safe addresses, path segments.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use url::Url;

/// The UTC date of an instant.
pub(crate) fn date_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// `16 Feb 2023, 14:00 UTC`.
pub(crate) fn long_time(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// `14:00`.
pub(crate) fn short_time(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

/// `Thursday, 16 February 2023`.
pub(crate) fn long_date(date: Date) -> String {
    date.strftime("%A, %-d %B %Y").to_string()
}

/// RFC 3339 in UTC with whole seconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// RFC 822 as RSS wants it, with a year of four digits.
pub(crate) fn rfc822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The address, if it may stand in a link of ours: absolute, HTTP or HTTPS. Records that other programs wrote
/// can hold anything, `javascript:` included.
pub(crate) fn safe_link(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
}

/// The address of a picture as a page may show it: absolute, or below this site's root.
pub(crate) fn safe_image(address: &str, root: &str) -> Option<String> {
    match address.strip_prefix('/') {
        Some(path) if path.starts_with(['/', '\\']) => None,
        Some(path) => Some(format!("{root}{path}")),
        None => safe_link(address),
    }
}

/// Whether a text can be one segment of a path, and the name of a folder on any file system, as it stands.
pub(crate) fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && !text.starts_with('.')
        && !text.ends_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `1 source`, `3 sources`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Whether a language (ISO 639 code, with or without a region) is written from right to left.
pub(crate) fn is_right_to_left(language: &str) -> bool {
    let base = language.split('-').next().unwrap_or(language);
    matches!(base, "ar" | "arc" | "ckb" | "dv" | "fa" | "he" | "ps" | "sd" | "ug" | "ur" | "yi")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        for bad in ["javascript:alert(1)", "data:text/html,x", "/a", "", "mailto:a@b.example", "http://"] {
            assert_eq!(safe_link(bad), None, "{bad}");
        }
        assert_eq!(safe_link(" https://a.example/x ").as_deref(), Some("https://a.example/x"));
    }

    #[test]
    fn a_picture_of_the_site_stands_below_its_root() {
        assert_eq!(safe_image("/images/a.jpg", "/news/").as_deref(), Some("/news/images/a.jpg"));
        assert_eq!(safe_image("//evil.example/a.jpg", "/"), None);
        assert_eq!(safe_image("/\\evil.example/a.jpg", "/"), None);
    }

    #[test]
    fn segments_are_plain() {
        for bad in ["", "..", ".a", "a/b", "a b", "ä", "a\0", "a."] {
            assert!(!is_segment(bad), "{bad}");
        }
        assert!(is_segment("news.example-1.org"));
    }

    #[test]
    fn dates_read_as_in_a_paper() {
        let at: Timestamp = "2023-02-06T04:05:06.7Z".parse().unwrap();
        assert_eq!(long_time(at), "6 Feb 2023, 04:05 UTC");
        assert_eq!(long_date(date_of(at)), "Monday, 6 February 2023");
        assert_eq!(rfc3339(at), "2023-02-06T04:05:06Z");
        assert_eq!(rfc822(at), "Mon, 06 Feb 2023 04:05:06 GMT");
    }
}
