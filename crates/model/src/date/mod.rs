//! Reads dates as they are written on the web.
//!
//! Feeds and pages state times in RFC 822, ISO 8601, C's `asctime`, JavaScript's `toString`,
//! database dumps, epoch numbers and in prose of many languages, and often in a mixture of these.
//! One reader handles all of them: first the forms made of digits alone, then a scan that finds a
//! time, a zone and a date in the words and numbers of the text. What the text does not state is
//! never guessed: without a year, a month and a day there is no date (except for the shortened
//! forms of ISO 8601 on their own).

mod compact;
mod names;
mod scan;
mod year;

use std::borrow::Cow;

use jiff::Timestamp;

/// Maximum length of a date in bytes; longer texts are prose.
const MAX_BYTES: usize = 160;

/// The instant that a text means; `None` if it is not a date.
///
/// A text without a zone is read as UTC (as Korean time if it is written in Korean), a text without
/// a time as midnight; a wrong weekday is ignored. Two-digit years follow RFC 2822 §4.3: 00 to 49
/// are in this century. Years before 1000 are refused: programs write `0001-01-01` for an unknown
/// date.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let text = unwrapped(text);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    if text.len() < 2 || text.len() > MAX_BYTES {
        return None;
    }
    let found = strict(text).or_else(|| compact::read(text)).or_else(|| scan::read(text))?;
    (found >= earliest()).then_some(found)
}

/// RFC 3339, the most frequent form, without the scan.
fn strict(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[0].is_ascii_digit();
    if shaped { text.parse().ok() } else { None }
}

/// The first instant of the year 1000.
fn earliest() -> Timestamp {
    Timestamp::from_second(-30_610_224_000).expect("the year 1000 is in the range of a timestamp")
}

/// The text without CDATA marks, entities and non-ASCII digits that a careless generator left in
/// it.
fn unwrapped(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let text = text.strip_prefix("<![CDATA[").map_or(text, |rest| rest.trim_end_matches("]]>"));
    if text.is_ascii() && !text.contains('&') || text.len() > MAX_BYTES {
        return Cow::Borrowed(text);
    }
    let mut plain: String = text.chars().map(ascii_form).collect();
    if plain.contains('&') {
        for (entity, meaning) in [
            ("&amp;", "&"),
            ("&#43;", "+"),
            ("&#x2B;", "+"),
            ("&plus;", "+"),
            ("&nbsp;", " "),
            ("&#160;", " "),
        ] {
            plain = plain.replace(entity, meaning);
        }
    }
    Cow::Owned(plain)
}

/// Digits of other scripts as ASCII digits, dashes and minus signs as `-`, wide colons as `:`.
fn ascii_form(c: char) -> char {
    const ZEROS: [u32; 5] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0xFF10];
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{FF1A}' => ':',
        '\u{200E}' | '\u{200F}' | '\u{FEFF}' => ' ',
        _ => ZEROS
            .iter()
            .find_map(|&zero| (c as u32).checked_sub(zero).filter(|digit| *digit < 10))
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse_date(text).map_or_else(|| "none".to_owned(), |instant| instant.to_string())
    }

    #[test]
    fn internet_forms() {
        for text in [
            "2025-06-03T09:39:21Z",
            "2025-06-03T11:39:21+02:00",
            "2025-06-03T11:39:21+0200",
            "2025-06-03T11:39:21 +02",
            "2025-06-03 09:39:21",
            "2025-06-03t09:39:21z",
            "2025-06-03T09:39:21-00:00Z",
            "20250603T093921Z",
            "20250603093921",
            "2025-154T09:39:21Z",
            "Tue, 03 Jun 2025 09:39:21 GMT",
            "Tue, 3 Jun 25 11:39:21 +0200",
            "Tuesday, 03-Jun-25 09:39:21 GMT",
            "Tue Jun  3 09:39:21 2025",
            "Tue Jun 03 2025 11:39:21 GMT+0200 (Central European Summer Time)",
            "Tue Jun 03 05:39:21 EDT 2025",
            "6/3/2025 9:39:21 AM",
            "03.06.2025 09:39:21",
            "Tue, 03/06/2025 09:39:21",
            "1748943561",
            "1748943561000",
            "2025-06-03 09:39:21.000000 +0000 UTC",
            "Tue, 03 Jun 2025 11:39:21 Europe/Berlin",
            "Tue, 03 Jun 2025 09:39:21 --0000",
        ] {
            assert_eq!(read(text), "2025-06-03T09:39:21Z", "{text}");
        }
    }

    #[test]
    fn other_languages() {
        for text in [
            "Di, 03 Juni 2025 09:39:00",
            "mardi 3 juin 2025 à 9h39",
            "martes, 3 de junio de 2025, 9:39",
            "3 giugno 2025 09:39",
            "3 июня 2025 г. 09:39",
            "Τρί, 03 Ιουν 2025 09:39:00 GMT",
            "3 czerwca 2025 09:39",
            "3. června 2025 9:39",
            "3 Haziran 2025 09:39",
            "3 يونيو 2025 09:39",
            "٣ يونيو ٢٠٢٥ ٠٩:٣٩",
            "2025年6月3日 09:39",
            "2025년 6월 3일 오후 6:39",
            "ngày 3 tháng 6 năm 2025 09:39",
            "3. kesäkuuta 2025 klo 9.39",
            "2025-június-03T9:39",
            "June 3rd, 2025 at 9:39 a.m.",
        ] {
            assert_eq!(read(text), "2025-06-03T09:39:00Z", "{text}");
        }
    }

    #[test]
    fn dates_without_a_time_are_midnight() {
        for text in [
            "2025-06-03",
            "20250603",
            "3 June 2025",
            "June 3, 2025",
            "2025/06/03",
            "2025-154",
            "25-06-03",
            "3/6/2025 (Tue)",
        ] {
            assert_eq!(read(text), "2025-06-03T00:00:00Z", "{text}");
        }
        assert_eq!(read("2025-06"), "2025-06-01T00:00:00Z");
        assert_eq!(read("2025"), "2025-01-01T00:00:00Z");
    }

    #[test]
    fn odd_hours() {
        assert_eq!(read("Tue, 03 Jun 2025 24:00:00 GMT"), "2025-06-04T00:00:00Z");
        assert_eq!(read("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59Z");
        assert_eq!(read("3 June 2025 12:05 AM"), "2025-06-03T00:05:00Z");
        assert_eq!(read("3 June 2025 12:05 PM"), "2025-06-03T12:05:00Z");
        assert_eq!(read("3 June 2025 3pm EST"), "2025-06-03T20:00:00Z");
    }

    #[test]
    fn nothing_is_guessed() {
        for text in [
            "",
            "yesterday",
            "Mon, 2 Jan 15:04:05 MST",
            "15:04",
            "Sun, 99 Jun 2009 12:00:00 GMT",
            "30 Feb 2020",
            "Sun, 16 zzz 2012 11:47:32 GMT",
            "Sun, 16 Dec 2012 11:47:32 +00:zz",
            "9999-12-31T23:59:59-99:99",
            "2003-12-31T25:14:55Z",
            "0001-01-01T00:00:00Z",
            "0000-00-00 00:00:00",
            "12345",
            "013",
            "1.2.3",
            "The 25 best films of the year 2025, ranked by our readers in May",
        ] {
            assert_eq!(read(text), "none", "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_accepted(text in "\\PC{0,80}") {
            let _ = parse_date(&text);
        }

        #[test]
        fn what_is_written_is_read(second in -10_000_000_000_i64..100_000_000_000) {
            let instant = Timestamp::from_second(second).unwrap();
            proptest::prop_assert_eq!(parse_date(&instant.to_string()), Some(instant));
            let mail = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&instant).unwrap();
            proptest::prop_assert_eq!(parse_date(&mail), Some(instant));
        }
    }
}
