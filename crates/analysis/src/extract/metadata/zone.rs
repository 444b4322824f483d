//! On which calendar day an instant fell where the page was published.
//!
//! A record keeps instants in UTC, but readers, archives and addresses name the local day, and programs often
//! state a local evening as the next day's early hours in UTC. The stated offset tells the day; where only UTC
//! is stated, the day in the address or in the date line does.

use jiff::{civil::Date, tz::Offset};

use super::date_text::{Moment, Order, in_text};
use crate::extract::page::facts::{Facts, Place};

/// The days that the page shows: that of its address, else those of its date lines.
pub(super) fn days(facts: &Facts, address: Option<Moment>, order: Order) -> Vec<Date> {
    let day = |moment: Moment| moment.zone.unwrap_or(Offset::UTC).to_datetime(moment.at).date();
    if let Some(address) = address {
        return vec![day(address)];
    }
    let marked =
        facts.times.iter().filter(|mark| mark.place != Place::Foreign).map(|mark| mark.text.as_str());
    let written = facts
        .dated_texts
        .iter()
        .filter(|dated| dated.place != Place::Foreign && dated.text.len() <= 80)
        .map(|dated| dated.text.as_str());
    marked.chain(written).take(12).filter_map(|text| in_text(text, order)).map(day).collect()
}

/// The offset at the publication: the stated one; where that is UTC or none and the page shows only a day
/// beside that in UTC, the smallest offset in whole hours that leads to the shown day.
pub(super) fn of(published: Moment, shown: impl FnOnce() -> Vec<Date>) -> Option<Offset> {
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
    fn a_shown_day_beside_the_one_in_utc_tells_the_offset() {
        let moment = |text: &str, zone| Moment { at: text.parse().unwrap(), zone };
        let day = |text: &str| vec![text.parse::<Date>().unwrap()];
        let hours = |found: Option<Offset>| found.map(|zone| zone.seconds() / 3600);
        let evening = moment("2026-03-05T02:10:00Z", Some(Offset::UTC));
        assert_eq!(hours(of(evening, || day("2026-03-04"))), Some(-3));
        assert_eq!(hours(of(evening, || day("2026-03-05"))), Some(0));
        assert_eq!(hours(of(evening, || day("2026-03-01"))), Some(0));
        let morning = moment("2026-03-04T17:30:00Z", None);
        assert_eq!(hours(of(morning, || day("2026-03-05"))), Some(7));
        let told = moment("2026-03-05T02:10:00Z", Some(Offset::constant(1)));
        assert_eq!(hours(of(told, || day("2026-03-04"))), Some(1));
    }
}
