//! What a poll leaves behind in the memory of a source: validators, where it lives, how it fares, when to ask
//! again and why then. Values in, values out: the clock and the answer are handed in.

use std::time::Duration;

use courant_model::{Moving, Rhythm, SourceState};
use jiff::{SignedDuration, Timestamp, civil::Weekday};
use url::Url;

use crate::{
    error::FetchError,
    headers::freshness,
    messages::{Fetched, NotModified, Purpose, Request, Validators},
    schedule::{Bounds, Failure, NextPoll, Outcome, PollFacts, Skips, next_poll},
};

/// How long the same permanent redirect must have held before it is believed: captive portals and mistakes of
/// an hour are permanent redirects too.
pub const MOVE_PROOF: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A source that has failed for so long is announced to the owner.
pub const FAILING_TOO_LONG: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How a visit to a source ended.
#[derive(Debug, Clone, Copy)]
pub enum Visit<'a> {
    /// The server says that nothing has changed.
    Unchanged(&'a NotModified),
    /// A document that is what the source should be.
    Read(&'a Fetched, &'a Reading),
    /// A document that is something else; the words say what is wrong with it.
    Unreadable(&'a str),
    /// No document.
    Failed(&'a FetchError),
}

/// What was found in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Entries that were never named before.
    pub new: u64,
    /// Entries that were edited.
    pub edited: u64,
    /// What the document says about its own rhythm.
    pub rhythm: Rhythm,
}

/// The request for a source: conditional where the last good answer gave validators.
pub fn request_of(state: &SourceState) -> Request {
    let validators = Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() };
    Request::new(state.asked_at().clone(), Purpose::Feed).since(validators)
}

/// Writes a visit into the state of its source. `jitter`, 0 to 1, spreads the next polls of many sources.
pub fn settle(state: &mut SourceState, visit: Visit<'_>, bounds: &Bounds, now: Timestamp, jitter: f64) {
    let outcome = match visit {
        Visit::Unchanged(answer) => {
            keep_validators(state, &answer.validators);
            follow_move(state, answer.permanent.as_ref(), now);
            Outcome::Unchanged
        }
        Visit::Read(answer, reading) => {
            keep_validators(state, &answer.validators);
            follow_move(state, answer.permanent.as_ref(), now);
            state.rhythm = reading.rhythm.clone();
            read_outcome(state, reading)
        }
        Visit::Unreadable(_) => Outcome::Failed(Failure::Passing),
        Visit::Failed(error) => Outcome::Failed(Failure::of(error)),
    };
    remember_health(state, visit, outcome, now);
    plan(state, visit, outcome, bounds, now, jitter);
}

fn keep_validators(state: &mut SourceState, validators: &Validators) {
    state.etag.clone_from(&validators.etag);
    state.last_modified.clone_from(&validators.last_modified);
}

fn read_outcome(state: &SourceState, reading: &Reading) -> Outcome {
    if state.last_success.is_none() {
        Outcome::First
    } else if reading.new + reading.edited > 0 {
        Outcome::Changed
    } else {
        Outcome::Unchanged
    }
}

/// Follows a permanent redirect once it has proved itself. Only answers that were usable come here, so that a
/// source never moves to a page that is no feed.
fn follow_move(state: &mut SourceState, permanent: Option<&Url>, now: Timestamp) {
    let Some(to) = permanent else {
        state.moving = None;
        return;
    };
    let since = state.moving.as_ref().filter(|moving| moving.to == *to).map_or(now, |moving| moving.since);
    if is_mere_upgrade(state.asked_at(), to) || now.duration_since(since) >= MOVE_PROOF {
        state.moving = None;
        state.address = (*to != state.source.url).then(|| to.clone());
    } else {
        state.moving = Some(Moving { to: to.clone(), since });
    }
}

/// Whether a move only adds encryption: the same host, path and query, each at its scheme's usual port.
fn is_mere_upgrade(from: &Url, to: &Url) -> bool {
    (from.scheme(), to.scheme()) == ("http", "https")
        && from.host() == to.host()
        && from.port().is_none()
        && to.port().is_none()
        && from[url::Position::BeforePath..] == to[url::Position::BeforePath..]
}

fn remember_health(state: &mut SourceState, visit: Visit<'_>, outcome: Outcome, now: Timestamp) {
    let error = match visit {
        Visit::Unchanged(_) | Visit::Read(..) => None,
        Visit::Unreadable(why) => Some(why.to_owned()),
        Visit::Failed(error) => Some(error.to_string()),
    };
    match error {
        None => {
            (state.failures, state.failing_since) = (0, None);
            state.last_success = Some(now);
            if matches!(outcome, Outcome::First | Outcome::Changed) {
                state.last_change = Some(now);
            }
        }
        // A pause that we keep is no failure of the source.
        Some(_)
            if matches!(visit, Visit::Failed(FetchError::HostPaused { .. } | FetchError::Busy { .. })) =>
        {
            return;
        }
        Some(_) => {
            state.failures = state.failures.saturating_add(1);
            state.failing_since = state.failing_since.or(Some(now));
        }
    }
    state.last_error = error;
}

fn plan(
    state: &mut SourceState,
    visit: Visit<'_>,
    outcome: Outcome,
    bounds: &Bounds,
    now: Timestamp,
    jitter: f64,
) {
    let headers = match visit {
        Visit::Unchanged(answer) => Some(&answer.headers),
        Visit::Read(answer, _) => Some(&answer.headers),
        Visit::Unreadable(_) | Visit::Failed(_) => None,
    };
    let age = |newest| Duration::try_from(now.duration_since(newest)).ok();
    let facts = PollFacts {
        outcome,
        interval: (state.interval_s > 0).then(|| Duration::from_secs(state.interval_s.into())),
        failures: state.failures,
        validators: state.etag.is_some() || state.last_modified.is_some(),
        fresh: headers.and_then(|headers| freshness(headers, now)),
        declared: state.rhythm.declared_s.map(|seconds| Duration::from_secs(seconds.into())),
        newest_entry_age: state.rhythm.newest.and_then(age),
        retry_after: match visit {
            Visit::Failed(error) => error.asked_to_wait(now),
            _ => None,
        },
        skips: skips(&state.rhythm),
    };
    if let Some(NextPoll { at, interval, because }) = next_poll(&facts, bounds, now, jitter) {
        state.interval_s = u32::try_from(interval.as_secs()).unwrap_or(u32::MAX);
        state.next_due = at;
        state.because = Some(because.to_string());
    } else {
        state.gone = true;
        state.because = Some("the publisher says that it is gone for good".to_owned());
    }
}

/// Puts the next poll off to the ceiling, a day, because a hub pushes what is new in the meantime. Sources wake at
/// different times already, so the spread of the plan is kept.
pub fn rely_on_push(state: &mut SourceState, bounds: &Bounds, now: Timestamp) {
    let planned = Duration::try_from(state.next_due.duration_since(now)).unwrap_or_default();
    if planned >= bounds.ceiling {
        return;
    }
    let wait = bounds.ceiling.saturating_sub(planned / 10);
    state.next_due = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    state.because = Some("its hub pushes what is new; it is polled once a day beside that".to_owned());
}

fn skips(rhythm: &Rhythm) -> Skips {
    let day = |number: &u8| Weekday::from_monday_one_offset(i8::try_from(*number).ok()?).ok();
    Skips { hours: rhythm.skip_hours.clone(), days: rhythm.skip_days.iter().filter_map(day).collect() }
}

/// How long a source has been failing at `now`, where that is long enough to tell its owner.
pub fn failing_too_long(state: &SourceState, now: Timestamp) -> Option<SignedDuration> {
    let lasted = now.duration_since(state.failing_since?);
    (lasted >= FAILING_TOO_LONG && !state.gone).then_some(lasted)
}

#[cfg(test)]
mod tests {
    use courant_model::{Source, SourceKind};

    use super::*;

    const HOUR: i64 = 3600;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_750_000_000 + hours * HOUR).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn source(address: &str) -> SourceState {
        let source =
            Source { url: url(address), kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() };
        SourceState { interval_s: 3600, ..SourceState::unasked(source, at(0)) }
    }

    fn answer(permanent: Option<&str>) -> Fetched {
        Fetched {
            url: url("http://lake.example/feed"),
            final_url: url("http://lake.example/feed"),
            permanent: permanent.map(url),
            status: 200,
            validators: Validators::default(),
            headers: vec![],
            body: bytes::Bytes::new(),
            fetched: at(0),
        }
    }

    fn visit(state: &mut SourceState, permanent: Option<&str>, hour: i64) {
        let visit = answer(permanent);
        settle(state, Visit::Read(&visit, &Reading::default()), &Bounds::default(), at(hour), 0.0);
    }

    #[test]
    fn a_move_proves_itself_for_a_week() {
        let mut state = source("http://lake.example/feed");
        let new = Some("http://lake.example/new");
        visit(&mut state, new, 0);
        visit(&mut state, new, 6 * 24);
        assert_eq!(state.address, None);
        visit(&mut state, None, 6 * 24 + 1);
        visit(&mut state, new, 8 * 24);
        assert_eq!(state.address, None, "an answer from the old place starts the week anew");
        visit(&mut state, new, 15 * 24);
        assert_eq!((state.asked_at().as_str(), state.moving.is_none()), ("http://lake.example/new", true));
        visit(&mut state, Some("http://lake.example/feed"), 16 * 24);
        visit(&mut state, Some("http://lake.example/feed"), 23 * 24);
        assert_eq!(state.address, None, "back at its own address");
    }

    #[test]
    fn encryption_is_taken_at_once() {
        let mut state = source("http://lake.example/feed?x=1");
        visit(&mut state, Some("https://lake.example/feed?x=1"), 0);
        assert_eq!(state.asked_at().as_str(), "https://lake.example/feed?x=1");
        let mut other = source("http://lake.example/feed");
        visit(&mut other, Some("https://www.lake.example/feed"), 0);
        assert_eq!(other.address, None);
    }

    #[test]
    fn three_days_of_failure_are_told() {
        let mut state = source("http://lake.example/feed");
        let error = FetchError::Status { place: "lake.example/feed".into(), code: 500, retry_after: None };
        for hour in [0, 30, 71] {
            settle(&mut state, Visit::Failed(&error), &Bounds::default(), at(hour), 0.0);
        }
        assert_eq!((state.failures, failing_too_long(&state, at(71))), (3, None));
        assert!(failing_too_long(&state, at(72)).is_some());
        visit(&mut state, None, 73);
        assert_eq!((state.failures, state.failing_since, &state.last_error), (0, None, &None));
    }

    #[test]
    fn a_pause_we_keep_is_no_failure() {
        let mut state = source("http://lake.example/feed");
        let error = FetchError::HostPaused { place: "lake.example".into(), until: at(5) };
        settle(&mut state, Visit::Failed(&error), &Bounds::default(), at(0), 0.0);
        assert_eq!((state.failures, state.next_due), (0, at(5)));
    }
}
