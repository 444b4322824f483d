//! On which calendar day an instant fell where the page was published.
//!
//! A record keeps instants in UTC, but readers, archives and addresses name the local day, and programs often
//! state a local evening as the next day's early hours in UTC. The stated offset tells the day; where only UTC
//! is stated, the day in the address or in the date line does.

use std::{borrow::Cow, sync::LazyLock};

use courant_model::Timestamp;
use jiff::{civil::Date, tz::Offset};
use regex::{Captures, Regex};
use url::Url;

use super::dates::in_text;
use crate::extract::page::{
    facts::{Facts, Place},
    json_ld::LinkedData,
};

/// An instant with the offset that was stated with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) zone: Option<Offset>,
}

/// In which order the page writes day and month where both are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

impl Order {
    /// By the page's language and region, else by the country of its host. Only Americans, and who writes
    /// English without a country, put the month first.
    pub(super) fn of(facts: &Facts, linked: &LinkedData, url: &Url) -> Self {
        const DAY_FIRST: [&str; 7] = ["gb", "uk", "au", "nz", "ie", "in", "za"];
        let tag =
            facts.lang.as_deref().or(linked.language.as_deref()).unwrap_or_default().to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let (language, region) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
        let country = url.host_str().and_then(|host| host.rsplit('.').next()).filter(|tld| tld.len() == 2);
        let english = language == "en" || language.is_empty();
        let abroad = DAY_FIRST.contains(&region) || country.is_some_and(|tld| DAY_FIRST.contains(&tld));
        let nameless = language.is_empty()
            && country
                .is_some_and(|tld| !matches!(tld, "us" | "io" | "co" | "tv" | "me" | "ai" | "fm" | "ly"));
        if !english || abroad || nameless { Self::DayFirst } else { Self::MonthFirst }
    }

    /// The text with a date of slashes written so that it can be read in one way only.
    pub(super) fn unambiguous(self, text: &str) -> Cow<'_, str> {
        static SLASHES: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^\s*(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)(?-u:\b)").expect("the pattern is constant")
        });
        if self == Self::MonthFirst || !text.contains('/') {
            return Cow::Borrowed(text);
        }
        SLASHES.replace(text, |found: &Captures<'_>| match found[2].parse::<u8>() {
            Ok(1..=12) => format!("{}-{:0>2}-{:0>2}", &found[3], &found[2], &found[1]),
            _ => found[0].to_owned(),
        })
    }
}

/// The offset at the end of a date text: `+02:00`, `-0500`, `Z`; Korean is only written in Korean time.
pub(super) fn stated(text: &str) -> Option<Offset> {
    let text = text.trim();
    if text.contains('년') {
        return Some(Offset::constant(9));
    }
    if text.ends_with(['Z', 'z']) {
        return Some(Offset::UTC);
    }
    let at = text.rfind(['+', '-']).filter(|at| *at > 10)?;
    let digits: Vec<i32> = text[at + 1..]
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_digit(10).map(|digit| digit as i32))
        .collect::<Option<_>>()?;
    let [a, b, c, d] = digits[..] else { return None };
    let seconds = (10 * a + b) * 3600 + (10 * c + d) * 60;
    Offset::from_seconds(if text[at..].starts_with('-') { -seconds } else { seconds }).ok()
}

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
    fn offsets_are_read() {
        let seconds = |text| stated(text).map(Offset::seconds);
        assert_eq!(seconds("2026-03-04T05:06:07+02:00"), Some(7200));
        assert_eq!(seconds("2026-03-04T05:06:07-0330"), Some(-12_600));
        assert_eq!(seconds("2026-03-04T05:06:07Z"), Some(0));
        assert_eq!(seconds("2026-03-04"), None);
        assert_eq!(seconds("4 March 2026 - 12 o'clock"), None);
    }

    #[test]
    fn slashes_are_read_as_the_country_writes_them() {
        assert_eq!(Order::DayFirst.unambiguous("10/05/2026 05:22 pm"), "2026-05-10 05:22 pm");
        assert_eq!(Order::DayFirst.unambiguous("05/20/2026"), "05/20/2026");
        assert_eq!(Order::MonthFirst.unambiguous("10/05/2026"), "10/05/2026");
        let order = |lang: &str, url: &str| {
            let facts = Facts { lang: Some(lang.to_owned()), ..Facts::default() };
            Order::of(&facts, &LinkedData::default(), &Url::parse(url).unwrap())
        };
        assert_eq!(order("es-ES", "https://a.example/"), Order::DayFirst);
        assert_eq!(order("en-US", "https://a.example/"), Order::MonthFirst);
        assert_eq!(order("en", "https://post.co.uk/"), Order::DayFirst);
    }

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
