//! Small formatting rules that all outputs share: dates, safe URLs, path segments.

use std::fmt::Write as _;

use courant_model::{MAX_URL_BYTES, PublicUrls, Record};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use url::Url;

/// The headline, or a text in its place if a record has none.
pub(crate) fn title_of(record: &Record) -> &str {
    if record.title.trim().is_empty() { "Untitled" } else { &record.title }
}

/// The UTC date of an instant.
pub(crate) fn date_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The name with this number, from 1; empty if there is none.
fn nth(names: &[&'static str], number: i8) -> &'static str {
    names.get(usize::from(number.unsigned_abs()).wrapping_sub(1)).copied().unwrap_or_default()
}

/// `16 Feb 2023, 14:00 UTC`.
pub(crate) fn long_time(at: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(at);
    let mut text = String::with_capacity(24);
    let _ = write!(text, "{} {} {:04}, ", time.day(), nth(&MONTHS, time.month()), time.year());
    push_clock(&mut text, &[time.hour(), time.minute()]);
    text.push_str(" UTC");
    text
}

/// `14:00`.
pub(crate) fn short_time(at: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(at);
    let mut text = String::with_capacity(5);
    push_clock(&mut text, &[time.hour(), time.minute()]);
    text
}

/// Numbers of two digits with colons between them.
fn push_clock(text: &mut String, parts: &[i8]) {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            text.push(':');
        }
        push_two(text, *part);
    }
}

/// A number from 0 to 99 in two digits.
fn push_two(text: &mut String, number: i8) {
    let number = number.unsigned_abs();
    text.push(char::from(b'0' + number / 10 % 10));
    text.push(char::from(b'0' + number % 10));
}

/// `Thursday, 16 February 2023`.
pub(crate) fn long_date(date: Date) -> String {
    let weekday = nth(&WEEKDAYS, date.weekday().to_monday_one_offset());
    let month = nth(&LONG_MONTHS, date.month());
    let mut text = String::with_capacity(32);
    let _ = write!(text, "{weekday}, {} {month} {:04}", date.day(), date.year());
    text
}

/// RFC 3339 in UTC with whole seconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(at);
    let mut text = String::with_capacity(20);
    // Years before our era take five signs, as in `strftime`.
    let year = time.year();
    if (0..=9_999).contains(&year) {
        push_two(&mut text, (year / 100) as i8);
        push_two(&mut text, (year % 100) as i8);
    } else {
        let _ = write!(text, "{year:05}");
    }
    for part in [time.month(), time.day()] {
        text.push('-');
        push_two(&mut text, part);
    }
    text.push('T');
    push_clock(&mut text, &[time.hour(), time.minute(), time.second()]);
    text.push('Z');
    text
}

/// RFC 822 as RSS wants it, with a year of four digits.
pub(crate) fn rfc822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The URL if a page may link to it: absolute, HTTP or HTTPS, at a public host. Records that other
/// programs wrote can hold anything, `javascript:` included; URLs are checked when they are read,
/// and here again.
pub(crate) fn safe_link(url: &str, rule: &PublicUrls) -> Option<String> {
    if let Some(host) = host_of_plain_link(url) {
        return rule.check_name(host).is_ok().then(|| url.to_owned());
    }
    let url = Url::parse(url.trim()).ok()?;
    rule.check(&url).is_ok().then(|| url.into())
}

/// The host of a URL that a parser would return unchanged, as it does nearly all: a lower-case host
/// that is not a number, a path, and nothing that is normalized (WHATWG URL §4.4).
fn host_of_plain_link(url: &str) -> Option<&str> {
    if url.len() > MAX_URL_BYTES {
        return None;
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_at(rest.find('/')?);
    let plain_host = host
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_plain = plain_host
        && host.len() <= 253
        && last.bytes().all(|byte| byte.is_ascii_lowercase())
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63 && label.get(2..4) != Some("--"))
        && is_plain_path(path);
    is_plain.then_some(host)
}

/// Whether a path with query and fragment is written as it is: a segment that begins with a dot, or
/// with a percent sign (which may stand for one), could be `.` or `..`.
fn is_plain_path(path: &str) -> bool {
    let mut before = b' ';
    path.bytes().all(|byte| {
        let may_be_dots = before == b'/' && matches!(byte, b'.' | b'%');
        before = byte;
        PLAIN[usize::from(byte)] && !may_be_dots
    })
}

/// The characters that are written as they are in paths, queries and fragments.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(
                byte as u8,
                b'/' | b'-'
                    | b'_'
                    | b'.'
                    | b'~'
                    | b'%'
                    | b'?'
                    | b'&'
                    | b'='
                    | b'+'
                    | b'#'
                    | b','
                    | b';'
                    | b':'
                    | b'@'
                    | b'!'
                    | b'$'
                    | b'('
                    | b')'
                    | b'*'
            );
        byte += 1;
    }
    plain
};

/// The URL of an image if a page may show it: absolute, or a path below this site's root.
pub(crate) fn safe_image(url: &str, root: &str, rule: &PublicUrls) -> Option<String> {
    match url.strip_prefix('/') {
        Some(path) => rule.check_text_or_path(url).is_ok().then(|| format!("{root}{path}")),
        None => safe_link(url, rule),
    }
}

/// Whether a text can be used unchanged as one segment of a path and as the name of a folder on any
/// file system.
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
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_link_is_what_a_parser_makes_of_it(
            url in "(https?|HTTPS|ftp)://[a-z0-9A-Z.%@:é-]{0,12}(/|\\?|#)?([a-zA-Z0-9/.%?#&'\"\\\\|^`{}<> é:@;,~_+-]|/\\.\\./|/%2e/){0,20}"
        ) {
            let parsed = Url::parse(url.trim()).ok();
            let rule = PublicUrls::default();
            let parsed = parsed.filter(|url| rule.check(url).is_ok());
            prop_assert_eq!(safe_link(&url, &rule), parsed.map(String::from));
        }

        #[test]
        fn times_are_written_as_strftime_does(second in -62_167_219_200_i64..253_402_300_799) {
            let at = Timestamp::from_second(second).unwrap();
            prop_assert_eq!(rfc3339(at), at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            prop_assert_eq!(long_time(at), at.strftime("%-d %b %Y, %H:%M UTC").to_string());
            prop_assert_eq!(short_time(at), at.strftime("%H:%M").to_string());
            let date = date_of(at);
            prop_assert_eq!(long_date(date), date.strftime("%A, %-d %B %Y").to_string());
        }
    }

    #[test]
    fn only_web_addresses_are_links() {
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/a",
            "",
            "mailto:a@b.example",
            "http://",
            "http://10.0.0.1/x",
            "http://wiki.internal/x",
            "http://localhost/x",
            "https://ann:secret@a.example/x",
        ] {
            assert_eq!(safe_link(bad, &PublicUrls::default()), None, "{bad}");
        }
        let rule = PublicUrls::allowing(&["10.0.0.0/8"]).unwrap();
        assert_eq!(safe_link("http://10.0.0.1/x", &rule).as_deref(), Some("http://10.0.0.1/x"));
        assert_eq!(safe_link(" https://a.example/x ", &rule).as_deref(), Some("https://a.example/x"));
    }

    #[test]
    fn a_picture_of_the_site_stands_below_its_root() {
        let rule = PublicUrls::default();
        assert_eq!(safe_image("/images/a.jpg", "/news/", &rule).as_deref(), Some("/news/images/a.jpg"));
        assert_eq!(safe_image("//evil.example/a.jpg", "/", &rule), None);
        assert_eq!(safe_image("/\\evil.example/a.jpg", "/", &rule), None);
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
