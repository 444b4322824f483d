//! Updates the state of a source after a poll: validators, its URL, its health, the time of the
//! next poll and the reason for it. Pure functions: the clock and the response are arguments.

use std::time::Duration;

use courant_model::{PendingMove, Rhythm, SourceState};
use jiff::{SignedDuration, Timestamp, civil::Weekday};
use url::Url;

use crate::{
    error::FetchError,
    headers::freshness,
    messages::{Fetched, NotModified, Purpose, Request, Validators},
    schedule::{Bounds, Failure, NextPoll, PollFacts, PollFinding, Skips, next_poll},
};

/// How long a permanent redirect must have been the same before it is adopted: captive portals and
/// short-lived mistakes send permanent redirects, too.
pub const MIN_MOVE_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a source must have failed before its owner is told.
pub const MAX_FAILING: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The outcome of a poll.
#[derive(Debug, Clone, Copy)]
pub enum PollOutcome<'a> {
    /// 304: nothing has changed.
    Unchanged(&'a NotModified),
    /// A valid document.
    Read(&'a Fetched, &'a FeedSummary),
    /// An invalid document, with the reason.
    Unreadable(&'a str),
    /// No document.
    Failed(&'a FetchError),
}

/// A summary of the entries of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedSummary {
    /// Number of new entries.
    pub new: u64,
    /// Number of edited entries.
    pub edited: u64,
    /// The update frequency that the document declares.
    pub rhythm: Rhythm,
}

/// The request for a source: conditional if the last valid response had validators.
pub fn poll_request(state: &SourceState) -> Request {
    let validators = Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() };
    Request::new(state.current_url().clone(), Purpose::Feed).since(validators)
}

/// Updates the state of a source after a poll. `jitter`, 0 to 1, spreads the next polls of many
/// sources.
pub fn apply_outcome(
    state: &mut SourceState,
    outcome: PollOutcome<'_>,
    bounds: &Bounds,
    now: Timestamp,
    jitter: f64,
) {
    let finding = match outcome {
        PollOutcome::Unchanged(response) => {
            store_validators(state, &response.validators);
            follow_move(state, response.permanent.as_ref(), now);
            PollFinding::Unchanged
        }
        PollOutcome::Read(response, summary) => {
            store_validators(state, &response.validators);
            follow_move(state, response.permanent.as_ref(), now);
            state.rhythm = summary.rhythm.clone();
            finding_of(state, summary)
        }
        PollOutcome::Unreadable(_) => PollFinding::Failed(Failure::Temporary),
        PollOutcome::Failed(error) => PollFinding::Failed(Failure::of(error)),
    };
    update_health(state, outcome, finding, now);
    schedule_next(state, outcome, finding, bounds, now, jitter);
}

fn store_validators(state: &mut SourceState, validators: &Validators) {
    state.etag.clone_from(&validators.etag);
    state.last_modified.clone_from(&validators.last_modified);
}

fn finding_of(state: &SourceState, summary: &FeedSummary) -> PollFinding {
    if state.last_success.is_none() {
        PollFinding::First
    } else if summary.new + summary.edited > 0 {
        PollFinding::Changed
    } else {
        PollFinding::Unchanged
    }
}

/// Adopts a permanent redirect that is old enough. Only called for valid responses, so that a
/// source never moves to a page that is not a feed.
fn follow_move(state: &mut SourceState, permanent: Option<&Url>, now: Timestamp) {
    let Some(to) = permanent else {
        state.moving = None;
        return;
    };
    let since = state.moving.as_ref().filter(|moving| moving.to == *to).map_or(now, |moving| moving.since);
    if only_adds_encryption(state.current_url(), to) || now.duration_since(since) >= MIN_MOVE_AGE {
        state.moving = None;
        state.address = (*to != state.source.url).then(|| to.clone());
    } else {
        state.moving = Some(PendingMove { to: to.clone(), since });
    }
}

/// Whether a move only changes http to https: the same host, path and query, both at the default
/// port.
fn only_adds_encryption(from: &Url, to: &Url) -> bool {
    (from.scheme(), to.scheme()) == ("http", "https")
        && from.host() == to.host()
        && from.port().is_none()
        && to.port().is_none()
        && from[url::Position::BeforePath..] == to[url::Position::BeforePath..]
}

fn update_health(state: &mut SourceState, outcome: PollOutcome<'_>, finding: PollFinding, now: Timestamp) {
    let error = match outcome {
        PollOutcome::Unchanged(_) | PollOutcome::Read(..) => None,
        PollOutcome::Unreadable(reason) => Some(reason.to_owned()),
        PollOutcome::Failed(error) => Some(error.to_string()),
    };
    match error {
        None => {
            (state.failures, state.failing_since) = (0, None);
            state.last_success = Some(now);
            if matches!(finding, PollFinding::First | PollFinding::Changed) {
                state.last_change = Some(now);
            }
        }
        // Keeping a pause is not a failure of the source.
        Some(_)
            if matches!(
                outcome,
                PollOutcome::Failed(FetchError::HostPaused { .. } | FetchError::Busy { .. })
            ) =>
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

fn schedule_next(
    state: &mut SourceState,
    outcome: PollOutcome<'_>,
    finding: PollFinding,
    bounds: &Bounds,
    now: Timestamp,
    jitter: f64,
) {
    let headers = match outcome {
        PollOutcome::Unchanged(response) => Some(&response.headers),
        PollOutcome::Read(response, _) => Some(&response.headers),
        PollOutcome::Unreadable(_) | PollOutcome::Failed(_) => None,
    };
    let age = |newest| Duration::try_from(now.duration_since(newest)).ok();
    let facts = PollFacts {
        finding,
        interval: (state.interval_s > 0).then(|| Duration::from_secs(state.interval_s.into())),
        failures: state.failures,
        validators: state.etag.is_some() || state.last_modified.is_some(),
        fresh: headers.and_then(|headers| freshness(headers, now)),
        declared: state.rhythm.declared_s.map(|seconds| Duration::from_secs(seconds.into())),
        newest_entry_age: state.rhythm.newest.and_then(age),
        retry_after: match outcome {
            PollOutcome::Failed(error) => error.asked_to_wait(now),
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
        state.because = Some("the feed answered 410 Gone".to_owned());
    }
}

/// Delays the next poll to the maximum interval, because a hub pushes changes in the meantime. The
/// jitter of the planned poll is kept.
pub fn rely_on_push(state: &mut SourceState, bounds: &Bounds, now: Timestamp) {
    let planned = Duration::try_from(state.next_due.duration_since(now)).unwrap_or_default();
    if planned >= bounds.ceiling {
        return;
    }
    let wait = bounds.ceiling.saturating_sub(planned / 10);
    state.next_due = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    state.because = Some("its hub pushes changes; it is also polled once a day".to_owned());
}

fn skips(rhythm: &Rhythm) -> Skips {
    let day = |number: &u8| Weekday::from_monday_one_offset(i8::try_from(*number).ok()?).ok();
    Skips { hours: rhythm.skip_hours.clone(), days: rhythm.skip_days.iter().filter_map(day).collect() }
}

/// How long a source has been failing at `now`, if its owner should be told.
pub fn failing_too_long(state: &SourceState, now: Timestamp) -> Option<SignedDuration> {
    let lasted = now.duration_since(state.failing_since?);
    (lasted >= MAX_FAILING && !state.gone).then_some(lasted)
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
        SourceState { interval_s: 3600, ..SourceState::never_polled(source, at(0)) }
    }

    fn response(permanent: Option<&str>) -> Fetched {
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

    fn poll(state: &mut SourceState, permanent: Option<&str>, hour: i64) {
        let response = response(permanent);
        let summary = FeedSummary::default();
        let outcome = PollOutcome::Read(&response, &summary);
        apply_outcome(state, outcome, &Bounds::default(), at(hour), 0.0);
    }

    #[test]
    fn a_permanent_redirect_is_adopted_after_a_week() {
        let mut state = source("http://lake.example/feed");
        let new = Some("http://lake.example/new");
        poll(&mut state, new, 0);
        poll(&mut state, new, 6 * 24);
        assert_eq!(state.address, None);
        poll(&mut state, None, 6 * 24 + 1);
        poll(&mut state, new, 8 * 24);
        assert_eq!(state.address, None, "a response without the redirect restarts the week");
        poll(&mut state, new, 15 * 24);
        assert_eq!((state.current_url().as_str(), state.moving.is_none()), ("http://lake.example/new", true));
        poll(&mut state, Some("http://lake.example/feed"), 16 * 24);
        poll(&mut state, Some("http://lake.example/feed"), 23 * 24);
        assert_eq!(state.address, None, "back at its own URL");
    }

    #[test]
    fn a_redirect_to_https_is_adopted_immediately() {
        let mut state = source("http://lake.example/feed?x=1");
        poll(&mut state, Some("https://lake.example/feed?x=1"), 0);
        assert_eq!(state.current_url().as_str(), "https://lake.example/feed?x=1");
        let mut other = source("http://lake.example/feed");
        poll(&mut other, Some("https://www.lake.example/feed"), 0);
        assert_eq!(other.address, None);
    }

    #[test]
    fn three_days_of_failures_are_reported() {
        let mut state = source("http://lake.example/feed");
        let error = FetchError::Status { place: "lake.example/feed".into(), code: 500, retry_after: None };
        for hour in [0, 30, 71] {
            apply_outcome(&mut state, PollOutcome::Failed(&error), &Bounds::default(), at(hour), 0.0);
        }
        assert_eq!((state.failures, failing_too_long(&state, at(71))), (3, None));
        assert!(failing_too_long(&state, at(72)).is_some());
        poll(&mut state, None, 73);
        assert_eq!((state.failures, state.failing_since, &state.last_error), (0, None, &None));
    }

    #[test]
    fn keeping_a_pause_is_not_a_failure() {
        let mut state = source("http://lake.example/feed");
        let error = FetchError::HostPaused { place: "lake.example".into(), until: at(5) };
        apply_outcome(&mut state, PollOutcome::Failed(&error), &Bounds::default(), at(0), 0.0);
        assert_eq!((state.failures, state.next_due), (0, at(5)));
    }
}
