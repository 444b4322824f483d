//! The calendar day of an instant where the page was published.
//!
//! A record stores instants in UTC, but readers, archives and URLs use the local day, and programs
//! often state a local evening as the early hours of the next day in UTC. The stated offset gives
//! the day; if only UTC is stated, the day in the URL or in the date line does.

use jiff::{civil::Date, tz::Offset};

use super::date_text::{DateOrder, StatedInstant, in_text};
use crate::extract::page::facts::{Facts, Region};

/// The days that the page shows: the one in its URL, else those of its date lines.
pub(super) fn shown_days(facts: &Facts, url_date: Option<StatedInstant>, order: DateOrder) -> Vec<Date> {
    let day = |instant: StatedInstant| instant.zone.unwrap_or(Offset::UTC).to_datetime(instant.at).date();
    if let Some(url_date) = url_date {
        return vec![day(url_date)];
    }
    let marked = facts
        .times
        .iter()
        .filter(|element| element.region != Region::Foreign)
        .map(|element| element.text.as_str());
    let written = facts
        .dated_texts
        .iter()
        .filter(|dated| dated.region != Region::Foreign && dated.text.len() <= 80)
        .map(|dated| dated.text.as_str());
    marked.chain(written).take(12).filter_map(|text| in_text(text, order)).map(day).collect()
}

/// The offset at publication: the stated one; if that is UTC or missing and the page shows only a
/// day next to the UTC day, the smallest offset in whole hours that gives the shown day.
pub(super) fn publication_offset(
    published: StatedInstant,
    shown: impl FnOnce() -> Vec<Date>,
) -> Option<Offset> {
    if published.zone.is_some_and(|zone| !zone.is_zero()) {
        return published.zone;
    }
    let there = Offset::UTC.to_datetime(published.at);
    if there.time() == jiff::civil::Time::midnight() && published.zone.is_none() {
        return published.zone;
    }
    let (shown, day, hour) = (shown(), there.date(), there.hour());
    if shown.contains(&day) {
        return published.zone;
    }
    let to_yesterday = || day.yesterday().is_ok_and(|day| shown.contains(&day)).then_some(-(hour + 1));
    let to_tomorrow = || day.tomorrow().is_ok_and(|day| shown.contains(&day)).then_some(24 - hour);
    to_yesterday()
        .filter(|hours| *hours >= -12)
        .or_else(|| to_tomorrow().filter(|hours| *hours <= 14))
        .and_then(|hours| Offset::from_hours(hours).ok())
        .or(published.zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_day_next_to_the_utc_day_gives_the_offset() {
        let instant = |text: &str, zone| StatedInstant { at: text.parse().unwrap(), zone };
        let day = |text: &str| vec![text.parse::<Date>().unwrap()];
        let hours = |found: Option<Offset>| found.map(|zone| zone.seconds() / 3600);
        let evening = instant("2026-03-05T02:10:00Z", Some(Offset::UTC));
        assert_eq!(hours(publication_offset(evening, || day("2026-03-04"))), Some(-3));
        assert_eq!(hours(publication_offset(evening, || day("2026-03-05"))), Some(0));
        assert_eq!(hours(publication_offset(evening, || day("2026-03-01"))), Some(0));
        let morning = instant("2026-03-04T17:30:00Z", None);
        assert_eq!(hours(publication_offset(morning, || day("2026-03-05"))), Some(7));
        let stated = instant("2026-03-05T02:10:00Z", Some(Offset::constant(1)));
        assert_eq!(hours(publication_offset(stated, || day("2026-03-04"))), Some(1));
    }
}
