//! Dates made of digits alone: the basic and the shortened forms of ISO 8601 (as feed readers read
//! them), and seconds since the epoch.

use super::year::century;
use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, date},
    tz::Offset,
};

/// The instant of a text of digits and hyphens.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    if let Some(instant) = epoch(text) {
        return Some(instant);
    }
    if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        return database(text);
    }
    let (day, rest) = text.find(['T', 't']).map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    if day.len() > 10 || !day.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    let day = shortened(day)?;
    if rest.is_empty() {
        return midnight(day);
    }
    super::scan::read_time(rest, day)
}

/// Seconds since the epoch, with a fraction, or milli-, micro- or nanoseconds, depending on the
/// length.
fn epoch(text: &str) -> Option<Timestamp> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if !whole.bytes().all(|b| b.is_ascii_digit()) || text.len() > 24 {
        return None;
    }
    let number: i128 = whole.parse().ok()?;
    let nanoseconds = match whole.len() {
        10 => number * 1_000_000_000,
        13 => number * 1_000_000,
        16 => number * 1000,
        19 => number,
        _ => return None,
    };
    Timestamp::from_nanosecond(nanoseconds).ok()
}

/// `YYYYMMDDhhmmss`.
fn database(text: &str) -> Option<Timestamp> {
    let part = |from: usize, to: usize| text[from..to].parse::<i8>().ok();
    let year = text[..4].parse().ok()?;
    let local =
        DateTime::new(year, part(4, 6)?, part(6, 8)?, part(8, 10)?, part(10, 12)?, part(12, 14)?, 0).ok()?;
    Offset::UTC.to_timestamp(local).ok()
}

/// The day of a whole or shortened ISO 8601 date. Forms that may be an ordinary number (`22013`)
/// are refused.
fn shortened(text: &str) -> Option<Date> {
    let digits = |part: &str| -> Option<i16> {
        (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let at = |index: usize| digits(parts[index]);
    match lengths[..] {
        [4, 1 | 2, 1 | 2] => Date::new(at(0)?, at(1)? as i8, at(2)? as i8).ok(),
        [4, 3] => ordinal(at(0)?, at(1)?),
        [4, 1 | 2] => Date::new(at(0)?, at(1)? as i8, 1).ok(),
        [2, 2, 2] => Date::new(century(at(0)?), at(1)? as i8, at(2)? as i8).ok(),
        [2, 3] => ordinal(century(at(0)?), at(1)?),
        [0, 2, 2] => Date::new(century(at(1)?), at(2)? as i8, 1).ok(),
        [0, 4] => Date::new(century(digits(&parts[1][..2])?), digits(&parts[1][2..])? as i8, 1).ok(),
        [8] => Date::new(digits(&text[..4])?, digits(&text[4..6])? as i8, digits(&text[6..])? as i8).ok(),
        [7] => ordinal(digits(&text[..4])?, digits(&text[4..])?),
        [6] => Date::new(century(digits(&text[..2])?), digits(&text[2..4])? as i8, digits(&text[4..])? as i8)
            .ok(),
        [5] if text.starts_with('0') => ordinal(century(digits(&text[..2])?), digits(&text[2..])?),
        [4] => {
            let year = at(0)?;
            (1900..=2100).contains(&year).then(|| date(year, 1, 1))
        }
        _ => None,
    }
}

/// The day of a year, counted from 1.
fn ordinal(year: i16, day: i16) -> Option<Date> {
    if day < 1 {
        return None;
    }
    let found = Date::new(year, 1, 1).ok()?.checked_add(jiff::Span::new().try_days(day - 1).ok()?).ok()?;
    (found.year() == year).then_some(found)
}

/// The first instant of a day in UTC.
fn midnight(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok()
}
