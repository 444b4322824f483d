//! Dates in words and numbers: the text is cut into tokens, the time and its zone are removed, and
//! the rest must contain a year, a month and a day.

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::{Offset, TimeZone},
};

use super::{names, year::century};

/// Maximum number of tokens; longer texts are prose.
const MAX_TOKENS: usize = 40;
/// Maximum number of words that are neither a month, weekday or zone nor a small word; texts with
/// more are prose.
const MAX_OTHER_WORDS: usize = 5;

#[derive(Clone, Copy, PartialEq)]
enum TokenKind {
    Number,
    Word,
    Mark,
}

#[derive(Clone, Copy)]
struct Token<'a> {
    kind: TokenKind,
    text: &'a str,
    /// Whether it follows white space.
    spaced: bool,
    used: bool,
}

impl Token<'_> {
    fn is(&self, mark: &str) -> bool {
        self.kind == TokenKind::Mark && self.text == mark
    }

    fn number(&self) -> Option<i16> {
        (self.kind == TokenKind::Number && self.text.len() <= 4).then(|| self.text.parse().ok())?
    }
}

/// A time of day.
struct Clock {
    time: Time,
    /// `24:00`: the end of the day.
    next_day: bool,
}

enum Zone {
    Fixed(Offset),
    Named(TimeZone),
}

/// The instant that a text in words and numbers means.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let mut tokens = tokens_of(text)?;
    let korean = tokens.iter().any(|t| t.kind == TokenKind::Word && names::is_korean(t.text));
    let clock = take_clock(&mut tokens)?;
    let day = find_day(&mut tokens)?;
    assemble(day, clock.0, clock.1, korean)
}

/// The instant of a time text (`093921Z`, `9:15-05:00`) on a known day.
pub(super) fn read_time(text: &str, day: Date) -> Option<Timestamp> {
    // The marker announces a time.
    let text = format!("T{text}");
    let mut tokens = tokens_of(&text)?;
    let (clock, zone) = take_clock(&mut tokens)?;
    assemble(day, Some(clock?), zone, false)
}

fn assemble(day: Date, clock: Option<Clock>, zone: Option<Zone>, korean: bool) -> Option<Timestamp> {
    let (time, next_day) = clock.map_or((Time::midnight(), false), |clock| (clock.time, clock.next_day));
    let day = if next_day { day.tomorrow().ok()? } else { day };
    let local = day.to_datetime(time);
    match zone {
        Some(Zone::Fixed(offset)) => offset.to_timestamp(local).ok(),
        Some(Zone::Named(zone)) => zone.to_timestamp(local).ok(),
        None if korean => Offset::constant(9).to_timestamp(local).ok(),
        None => Offset::UTC.to_timestamp(local).ok(),
    }
}

fn tokens_of(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::with_capacity(16);
    let mut spaced = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            spaced = true;
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (kind, length) = if first.is_ascii_digit() {
            (TokenKind::Number, rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))
        } else if names::is_letter(first) {
            (TokenKind::Word, word_length(rest))
        } else {
            (TokenKind::Mark, first.len_utf8())
        };
        if tokens.len() >= MAX_TOKENS {
            return None;
        }
        tokens.push(Token { kind, text: &rest[..length], spaced, used: false });
        spaced = false;
        rest = &rest[length..];
    }
    Some(tokens)
}

/// The bytes of the word at the start; a slash or underline inside belongs to it
/// (`America/New_York`).
fn word_length(text: &str) -> usize {
    let mut end = 0;
    let mut joint = None;
    for (at, c) in text.char_indices() {
        if names::is_letter(c) {
            end = at + c.len_utf8();
            joint = None;
        } else if (c == '/' || c == '_') && joint.is_none() {
            joint = Some(at);
        } else {
            break;
        }
    }
    end
}

/// Removes time and zone from the tokens. The outer `None` means that a time or a zone is invalid,
/// which makes the whole text invalid.
fn take_clock(tokens: &mut [Token<'_>]) -> Option<(Option<Clock>, Option<Zone>)> {
    let Some((clock, next)) = take_time(tokens)? else {
        let zone = take_zone_word(tokens);
        return Some((None, zone));
    };
    let zone = take_zone(tokens, next)?;
    Some((Some(clock), zone))
}

/// Where a time begins: `9:39`, `9h39`, `T0939`, `9.39` before or after a word that announces
/// times, `3 pm`.
fn find_time(tokens: &[Token<'_>]) -> Option<(usize, TimeShape)> {
    let number = |i: usize| tokens.get(i).is_some_and(|t| t.kind == TokenKind::Number && t.text.len() <= 2);
    let word = |i: usize| tokens.get(i).filter(|t| t.kind == TokenKind::Word).map_or("", |t| t.text);
    for (i, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::Word
            && token.text.eq_ignore_ascii_case("t")
            && tokens.get(i + 1).is_some_and(|t| t.kind == TokenKind::Number && matches!(t.text.len(), 4 | 6))
        {
            return Some((i + 1, TimeShape::Packed));
        }
        if !number(i) {
            continue;
        }
        let separator = tokens.get(i + 1);
        let joined = separator.is_some_and(|t| t.is(":"))
            || word(i + 1).eq_ignore_ascii_case("h")
            || separator.is_some_and(|t| t.is("."))
                && !tokens.get(i + 3).is_some_and(|t| t.is(".") && !t.spaced)
                && (names::half_day(word(i + 3)).is_some()
                    || names::announces_time(word(i + 3))
                    || i > 0 && names::announces_time(word(i - 1)));
        if joined && number(i + 2) {
            return Some((i, TimeShape::Parts));
        }
    }
    let alone = |i: &usize| number(*i) && names::half_day(word(i + 1)).is_some();
    (0..tokens.len()).find(alone).map(|i| (i, TimeShape::HourOnly))
}

#[derive(Clone, Copy, PartialEq)]
enum TimeShape {
    Parts,
    Packed,
    HourOnly,
}

/// Removes the time and returns it with the index after it.
#[expect(clippy::option_option, reason = "outer: readable at all; inner: a time is there")]
fn take_time(tokens: &mut [Token<'_>]) -> Option<Option<(Clock, usize)>> {
    let Some((start, shape)) = find_time(tokens) else { return Some(None) };
    // `2003-12-31+02:00`: a zone on a day without a time.
    if start > 0 && tokens[start - 1].is("+") && !tokens[start - 1].spaced {
        let clock = Clock { time: Time::midnight(), next_day: false };
        return Some(Some((clock, start - 1)));
    }
    let mut next = start + 1;
    let (hour, minute, mut second) = match shape {
        TimeShape::HourOnly => (tokens[start].number()?, 0, 0),
        TimeShape::Packed => {
            let digits = tokens[start].text;
            let part =
                |from: usize| digits.get(from..from + 2).map_or(Some(0), |part| part.parse::<i16>().ok());
            (part(0)?, part(2)?, part(4)?)
        }
        TimeShape::Parts => {
            let minute = tokens[start + 2].number()?;
            next = start + 3;
            let second = seconds_after(tokens, next).unwrap_or(0);
            if second > 0 || seconds_after(tokens, next).is_some() {
                next += 2;
            }
            (tokens[start].number()?, minute, second)
        }
    };
    let nanosecond = fraction_at(tokens, next).unwrap_or(0);
    if fraction_at(tokens, next).is_some() {
        next += 2;
    }
    second = second.min(if second == 60 { 59 } else { second });
    for token in &mut tokens[start..next] {
        token.used = true;
    }
    let (hour, next) = on_the_day(tokens, start, next, hour)?;
    let next_day = hour == 24 && minute == 0 && second == 0;
    let hour = if next_day { 0 } else { hour };
    let time =
        Time::new(hour as i8, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, nanosecond).ok()?;
    Some(Some((Clock { time, next_day }, next)))
}

/// The number after a `:` (or the `m` of `9h39m21`).
fn seconds_after(tokens: &[Token<'_>], at: usize) -> Option<i16> {
    let separator = tokens.get(at)?;
    let number = tokens.get(at + 1)?;
    (separator.is(":") && number.text.len() <= 2).then(|| number.number())?
}

/// The nanoseconds of `.123` or `,123` at this position.
fn fraction_at(tokens: &[Token<'_>], at: usize) -> Option<i32> {
    let (mark, number) = (tokens.get(at)?, tokens.get(at + 1)?);
    if !(mark.is(".") || mark.is(",")) || mark.spaced || number.spaced || number.kind != TokenKind::Number {
        return None;
    }
    let digits = &number.text[..number.text.len().min(9)];
    Some(digits.parse::<i32>().ok()? * 10_i32.pow(9 - digits.len() as u32))
}

/// The hour of the day, if a word before or after the time states the half of the day.
fn on_the_day(tokens: &mut [Token<'_>], start: usize, mut next: usize, hour: i16) -> Option<(i16, usize)> {
    let is_half = |t: &Token<'_>| t.kind == TokenKind::Word && names::half_day(t.text).is_some();
    let at = [Some(next), start.checked_sub(1)]
        .into_iter()
        .flatten()
        .find(|&at| tokens.get(at).is_some_and(is_half));
    let Some(at) = at else { return Some((hour, next)) };
    let afternoon = names::half_day(tokens[at].text)?;
    tokens[at].used = true;
    if at == next {
        next += 1;
        // "p.m."
        while tokens.get(next).is_some_and(|t| {
            !t.spaced && (t.is(".") || t.kind == TokenKind::Word && t.text.eq_ignore_ascii_case("m"))
        }) {
            tokens[next].used = true;
            next += 1;
        }
    }
    Some((
        match (hour, afternoon) {
            (12, false) => 0,
            (1..=11, true) => hour + 12,
            _ => hour,
        },
        next,
    ))
}

/// Removes the zone after the time. A number takes precedence over a name, because names are
/// ambiguous (`EST -0500`).
#[expect(clippy::option_option, reason = "outer: readable at all; inner: a zone is there")]
fn take_zone(tokens: &mut [Token<'_>], from: usize) -> Option<Option<Zone>> {
    let mut named = None;
    let mut at = from;
    while let Some(token) = tokens.get(at).copied() {
        if token.kind == TokenKind::Word && named.is_none() {
            let Some(zone) = zone_named(token.text) else { break };
            tokens[at].used = true;
            named = Some(zone);
            at += 1;
        } else if (token.is("+") || token.is("-"))
            && (named.is_some() || !token.spaced || tokens.get(at + 1).is_some_and(|t| !t.spaced))
        {
            // "--0700" comes from a program that writes its own sign before the zone's.
            if tokens.get(at + 1).is_some_and(|t| t.is("-") || t.is("+")) {
                tokens[at].used = true;
                at += 1;
                continue;
            }
            return match offset_at(tokens, at)? {
                Some(offset) => Some(Some(Zone::Fixed(offset))),
                None => Some(named),
            };
        } else if token.is(":") || token.is("(") || token.is(",") {
            at += 1;
        } else {
            break;
        }
    }
    if named.is_none() {
        named = take_zone_word(tokens);
    }
    Some(named)
}

/// The zone of a word anywhere in the text (`Thu Jan 1 EST 2004`), in capitals only, because other
/// words are prose.
fn take_zone_word(tokens: &mut [Token<'_>]) -> Option<Zone> {
    let at = tokens.iter().position(|t| {
        t.kind == TokenKind::Word
            && !t.used
            && t.text.len() >= 2
            && t.text.bytes().all(|b| b.is_ascii_uppercase())
            && names::zone(t.text).is_some()
            && names::month(t.text).is_none()
            && names::weekday(t.text).is_none()
    })?;
    tokens[at].used = true;
    zone_named(tokens[at].text)
}

fn zone_named(word: &str) -> Option<Zone> {
    if let Some(minutes) = names::zone(word) {
        return Offset::from_seconds(minutes * 60).ok().map(Zone::Fixed);
    }
    if word.contains('/') && word.is_ascii() {
        return TimeZone::get(word).ok().map(Zone::Named);
    }
    None
}

/// The offset after a sign: `+02`, `+0200`, `+02:00`, `+2`. The outer `None`: a sign without a
/// valid offset.
#[expect(clippy::option_option, reason = "outer: readable at all; inner: an offset is there")]
fn offset_at(tokens: &mut [Token<'_>], at: usize) -> Option<Option<Offset>> {
    let sign = if tokens[at].is("-") { -1 } else { 1 };
    let Some(first) = tokens.get(at + 1).copied().filter(|t| t.kind == TokenKind::Number) else {
        return Some(None);
    };
    let mut end = at + 2;
    let (hours, minutes): (i32, i32) = match first.text.len() {
        1 | 2 => {
            let hours = first.text.parse().ok()?;
            if tokens.get(end).is_some_and(|t| t.is(":")) {
                let minutes =
                    tokens.get(end + 1).filter(|t| t.kind == TokenKind::Number && t.text.len() == 2)?;
                let minutes = minutes.text.parse().ok()?;
                end += 2;
                (hours, minutes)
            } else {
                (hours, 0)
            }
        }
        3 => (first.text[..1].parse().ok()?, first.text[1..].parse().ok()?),
        4 => (first.text[..2].parse().ok()?, first.text[2..].parse().ok()?),
        _ => return None,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    for token in &mut tokens[at..end] {
        token.used = true;
    }
    Some(Some(Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?))
}

fn find_day(tokens: &mut [Token<'_>]) -> Option<Date> {
    let rest: Vec<Token<'_>> = tokens.iter().copied().filter(|t| !t.used).collect();
    let strangers = rest.iter().filter(|t| t.kind == TokenKind::Word && names::is_unrelated(t.text)).count();
    if strangers > MAX_OTHER_WORDS {
        return None;
    }
    let weekday = rest.iter().find_map(|t| (t.kind == TokenKind::Word).then(|| names::weekday(t.text))?);
    marked_day(&rest).or_else(|| worded_day(&rest)).or_else(|| numeric_day(&rest, weekday))
}

/// `2025年6月3日`, `2025년 6월 3일`, `3 tháng 6 năm 2025`: every number has its unit.
fn marked_day(tokens: &[Token<'_>]) -> Option<Date> {
    let (mut year, mut month, mut day) = (None, None, None);
    for pair in tokens.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        if let (Some(number), TokenKind::Word) = (a.number(), b.kind) {
            match b.text.chars().next()? {
                '年' | '년' => year = year.or(Some(number)),
                '月' | '월' => month = month.or(Some(number)),
                '日' | '일' | '号' | '號' => day = day.or(Some(number)),
                _ => {}
            }
        }
        if let (TokenKind::Word, Some(number)) = (a.kind, b.number()) {
            match a.text.to_lowercase().as_str() {
                "năm" => year = year.or(Some(number)),
                "tháng" => month = month.or(Some(number)),
                "ngày" => day = day.or(Some(number)),
                _ => {}
            }
        }
    }
    // "3 tháng 6 năm 2025"
    let day = day.or_else(|| {
        month?;
        tokens.first().and_then(Token::number).filter(|number| *number <= 31)
    });
    Date::new(century(year?), i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
}

/// A month's name with a day and a year around it.
fn worded_day(tokens: &[Token<'_>]) -> Option<Date> {
    let is_number = |at: Option<usize>| {
        // Marks and small words ("de", "of", "th") may be between number and month.
        at.is_some_and(|at| tokens.get(at).is_some_and(|t| t.kind == TokenKind::Number))
    };
    let months: Vec<(usize, i8)> = tokens
        .iter()
        .enumerate()
        .filter(|(_, t)| t.kind == TokenKind::Word)
        .filter_map(|(at, t)| Some((at, names::month(t.text)?)))
        .collect();
    // "mar., 01 déc. 2020": the weekday looks like a month; the month is between or next to
    // numbers.
    let beside = |at: usize| {
        let before = (0..at).rev().find(|&i| tokens[i].kind != TokenKind::Mark && !small(&tokens[i]));
        let after = (at + 1..tokens.len()).find(|&i| tokens[i].kind != TokenKind::Mark && !small(&tokens[i]));
        usize::from(is_number(before)) + usize::from(is_number(after))
    };
    let &(at, month) = months.iter().rev().max_by_key(|(at, _)| beside(*at))?;
    if beside(at) == 0 {
        return None;
    }
    let numbers: Vec<(usize, &Token<'_>)> =
        tokens.iter().enumerate().filter(|(_, t)| t.kind == TokenKind::Number && t.text.len() <= 4).collect();
    if numbers.len() > 5 {
        return None;
    }
    let year_at = numbers.iter().position(|(_, t)| t.text.len() == 4);
    let short: Vec<(usize, i16)> = numbers
        .iter()
        .filter(|(_, t)| t.text.len() <= 2)
        .filter_map(|(index, t)| Some((*index, t.number()?)))
        .collect();
    let (day, year) = match year_at {
        Some(year_at) => {
            let nearest = short.iter().min_by_key(|(index, _)| index.abs_diff(at))?;
            (nearest.1, numbers[year_at].1.number()?)
        }
        None => (short.first()?.1, century(short.get(1)?.1)),
    };
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}

fn small(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Word && names::is_small(token.text)
}

/// Three numbers with marks between them, or one of eight digits.
fn numeric_day(tokens: &[Token<'_>], weekday: Option<Weekday>) -> Option<Date> {
    if let Some(token) = tokens.iter().find(|t| t.kind == TokenKind::Number && t.text.len() == 8) {
        let part = |from: usize, to: usize| token.text[from..to].parse::<i8>().ok();
        return Date::new(token.text[..4].parse().ok()?, part(4, 6)?, part(6, 8)?).ok();
    }
    let group = tokens.windows(5).find(|group| {
        group[0].number().is_some()
            && group[2].number().is_some()
            && group[4].number().is_some()
            && (group[1].is("-") || group[1].is("/") || group[1].is("."))
            && group[3].is(group[1].text)
    })?;
    let [a, b, c] = [group[0].number()?, group[2].number()?, group[4].number()?];
    let lengths = [group[0].text.len(), group[2].text.len(), group[4].text.len()];
    let date = |year: i16, month: i16, day: i16| {
        Date::new(century(year), i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    if lengths[0] == 4 {
        return date(a, b, c).or_else(|| date(a, c, b));
    }
    // Three numbers of one digit are a version number.
    if lengths[2] != 4 && lengths.iter().all(|&length| length < 2) {
        return None;
    }
    let (day_first, month_first) = (date(c, b, a), date(c, a, b));
    let fits = |found: Option<Date>| found.filter(|day| weekday == Some(day.weekday()));
    if let Some(found) = fits(day_first).or(fits(month_first)) {
        return Some(found);
    }
    match group[1].text {
        // Slashes without a weekday are American, dots and hyphens are European.
        "/" => month_first.or(day_first),
        "-" if lengths[2] == 2 => date(a, b, c).or(day_first),
        _ => day_first.or(month_first),
    }
}
