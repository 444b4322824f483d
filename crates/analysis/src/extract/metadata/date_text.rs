//! Reads a date from a machine-readable value, from a line written for readers, or from the path of
//! a URL.

use std::{borrow::Cow, sync::LazyLock};

use courant_model::{Timestamp, parse_date};
use jiff::{
    civil::{Date, Time},
    tz::Offset,
};
use regex::{Captures, Regex};
use url::Url;

use crate::extract::{
    page::{facts::Facts, json_ld::LinkedData},
    text::prefix,
};

/// An instant with the offset that was stated with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StatedInstant {
    pub(super) at: Timestamp,
    pub(super) zone: Option<Offset>,
}

/// The order in which the page writes day and month if both are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateOrder {
    DayFirst,
    MonthFirst,
}

impl DateOrder {
    /// Determined by the page's language and region, else by the country of its host. Only American
    /// pages, and English ones without a country, put the month first.
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

    /// The text with a slash date rewritten so that it is unambiguous.
    pub(super) fn unambiguous(self, text: &str) -> Cow<'_, str> {
        static SLASHES: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^\s*(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)(?-u:\b)").expect("the pattern is a constant")
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

/// The offset at the end of a date text: `+02:00`, `-0500`, `Z`; Korean dates are always in Korean
/// time.
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

/// Reads a date from 1990 to 2089; all others are placeholders.
pub(super) fn read(text: &str, order: DateOrder) -> Option<StatedInstant> {
    let at = parse_date(&order.unambiguous(text))?;
    let year = Offset::UTC.to_datetime(at).year();
    (1990..2090).contains(&year).then(|| StatedInstant { at, zone: stated(text) })
}

/// The first date in a short text for readers.
pub(super) fn in_text(text: &str, order: DateOrder) -> Option<StatedInstant> {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)
            (?-u:\b)(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?:[T\ ]\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|\ ?[+-]\d\d:?\d\d)?)?
            | (?-u:\b)\d{1,2}[./-]\ ?\d{1,2}[./-]\ ?(?:(?:19|20)\d\d|\d\d(?-u:\b))
            | (?-u:\b)\d{1,2}(?:st|nd|rd|th|er|\.|º|o)?[\ -](?:de\ |of\ )?\p{L}{3,12}\.?(?:\ ?/\ ?\p{L}{3,12})?,?[\ -](?:de\ |del\ )?(?:19|20)\d\d
            | \p{L}{3,12}\.?\ \d{1,2}(?:st|nd|rd|th)?\.?,?\ (?:19|20)\d\d
            | (?:19|20)\d\d\ ?年\ ?\d{1,2}\ ?月\ ?\d{1,2}\ ?日
            | (?:19|20)\d\d\ ?년\ ?\d{1,2}\ ?월\ ?\d{1,2}\ ?일",
        )
        .expect("the pattern is a constant")
    });
    let text = prefix(text, 400);
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if text.contains('©') || text.to_lowercase().contains("copyright") {
        return None;
    }
    SHAPE.find_iter(text).find_map(|found| read(&one_month(found.as_str()), order))
}

/// The date with only the first name of a month that is named twice, as in the Levant
/// (`24 نيسان / أبريل 2020`).
fn one_month(date: &str) -> Cow<'_, str> {
    let parts = date.split_once('/').and_then(|(head, tail)| {
        let head = head.trim_end();
        let year = tail.rsplit_once(' ')?.1;
        head.ends_with(char::is_alphabetic).then(|| format!("{head} {year}"))
    });
    parts.map_or(Cow::Borrowed(date), Cow::Owned)
}

/// The day in the URL: `/2026/03/14/`, `/2026-03-14-`, `/20260314/`, `/14-03-2026`.
pub(super) fn in_url(url: &Url) -> Option<StatedInstant> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[/_.-])((?:19|20)\d\d)(?:/|-|_|\.)?(\d\d|[a-z]{3})(?:/|-|_|\.)?(\d\d)(?:[/_.-]|$)")
            .expect("the pattern is a constant")
    });
    static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[/_.-])(\d\d)[-_.](\d\d)[-_.]((?:19|20)\d\d)(?:[/_.-]|$)")
            .expect("the pattern is a constant")
    });
    let path = url.path().to_ascii_lowercase();
    DAY.captures_iter(&path)
        .find_map(|found| day(&found[1], &found[2], &found[3]))
        .or_else(|| DAY_FIRST.captures_iter(&path).find_map(|found| day(&found[3], &found[2], &found[1])))
}

fn day(year: &str, month: &str, day: &str) -> Option<StatedInstant> {
    let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = month
        .parse()
        .ok()
        .or_else(|| months.iter().position(|name| *name == month).map(|index| index as i8 + 1))?;
    let date = Date::new(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    let at = Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()?;
    (date.year() >= 1995).then_some(StatedInstant { at, zone: None })
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
        assert_eq!(DateOrder::DayFirst.unambiguous("10/05/2026 05:22 pm"), "2026-05-10 05:22 pm");
        assert_eq!(DateOrder::DayFirst.unambiguous("05/20/2026"), "05/20/2026");
        assert_eq!(DateOrder::MonthFirst.unambiguous("10/05/2026"), "10/05/2026");
        let order = |lang: &str, url: &str| {
            let facts = Facts { lang: Some(lang.to_owned()), ..Facts::default() };
            DateOrder::of(&facts, &LinkedData::default(), &Url::parse(url).unwrap())
        };
        assert_eq!(order("es-ES", "https://a.example/"), DateOrder::DayFirst);
        assert_eq!(order("en-US", "https://a.example/"), DateOrder::MonthFirst);
        assert_eq!(order("en", "https://post.co.uk/"), DateOrder::DayFirst);
    }

    #[test]
    fn a_month_with_two_names_is_read_once() {
        let order = DateOrder::DayFirst;
        let found = in_text("تم نشره الجمعة 24 نيسان / أبريل 2020 09:22", order).unwrap();
        assert_eq!(found.at.to_string(), "2020-04-24T00:00:00Z");
        assert!(in_text("no digits at all", order).is_none());
    }
}
