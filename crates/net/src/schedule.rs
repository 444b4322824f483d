//! Computes the time of a source's next poll, without I/O or a clock.
//!
//! It depends on the publisher (cache lifetime, `ttl`, `sy:`, hours and days to skip,
//! `Retry-After`), on experience (how often polls found something), and on bounds: by default at
//! least every 15 minutes apart, and at least daily unless the server asks for a longer wait.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};

use crate::error::FetchError;

/// Bounds of the interval between two polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Minimum interval.
    pub floor: Duration,
    /// Interval of a new source.
    pub start: Duration,
    /// Maximum interval, whatever the headers say; only `Retry-After` and skipped hours may exceed
    /// it.
    pub ceiling: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            floor: Duration::from_mins(15),
            start: Duration::from_hours(1),
            ceiling: Duration::from_hours(24),
        }
    }
}

/// What a poll found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollFinding {
    /// The first successful poll.
    First,
    /// New or edited entries.
    Changed,
    /// 304, or a document without new or edited entries.
    Unchanged,
    /// The poll failed.
    Failed(Failure),
}

/// The kind of a failure, which the wait depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Permanently gone (410): not polled again.
    Gone,
    /// Refused (401, 402, 403, 451, a challenge, robots.txt, or blocked): retrying soon makes it
    /// worse.
    Refused,
    /// Another client error, such as 404 or 429: rarely repaired within an hour.
    Missing,
    /// Anything else, probably temporary.
    Temporary,
}

impl Failure {
    /// The kind of an error.
    pub const fn of(error: &FetchError) -> Self {
        match error {
            FetchError::Status { code: 410, .. } => Self::Gone,
            FetchError::Challenge { .. } | FetchError::Robots { .. } | FetchError::Blocked { .. } => {
                Self::Refused
            }
            FetchError::Status { code: 401 | 402 | 403 | 451, .. } => Self::Refused,
            FetchError::Status { code: 400..=499, .. } => Self::Missing,
            _ => Self::Temporary,
        }
    }

    const fn first_wait(self) -> Duration {
        match self {
            Self::Gone | Self::Refused => Duration::from_hours(4),
            Self::Missing => Duration::from_hours(2),
            Self::Temporary => Duration::from_mins(30),
        }
    }
}

/// Hours and days without polls, in GMT (RSS 2.0, `skipHours` and `skipDays`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skips {
    /// Hours, 0 to 23.
    pub hours: Vec<u8>,
    /// Days of the week.
    pub days: Vec<Weekday>,
}

/// Everything that the time of the next poll depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollFacts {
    /// What the poll found.
    pub finding: PollFinding,
    /// The previous interval.
    pub interval: Option<Duration>,
    /// Number of consecutive failures, including this poll.
    pub failures: u32,
    /// Whether the server sends validators, so that polls without changes are cheap.
    pub validators: bool,
    /// How long the response stays fresh; see [`freshness`](crate::freshness()).
    pub fresh: Option<Duration>,
    /// The interval that the document declares: `ttl`, or [`syndication_period`].
    pub declared: Option<Duration>,
    /// The age of the newest entry, if known.
    pub newest_entry_age: Option<Duration>,
    /// The wait that the server asked for.
    pub retry_after: Option<Duration>,
    /// Hours and days without polls.
    pub skips: Skips,
}

impl PollFacts {
    /// Facts with only a finding.
    pub fn new(finding: PollFinding) -> Self {
        Self {
            finding,
            interval: None,
            failures: 0,
            validators: true,
            fresh: None,
            declared: None,
            newest_entry_age: None,
            retry_after: None,
            skips: Skips::default(),
        }
    }
}

/// The time of the next poll, and the interval to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPoll {
    /// The time of the next poll.
    pub at: Timestamp,
    /// The new interval, to be passed as [`PollFacts::interval`] after the next poll.
    pub interval: Duration,
    /// The reason.
    pub because: ScheduleReason,
}

/// The reason for the time of the next poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleReason {
    /// Experience: how often polls found something.
    Experience,
    /// The cache lifetime of the response.
    Fresh,
    /// The interval that the document declares.
    Declared,
    /// The poll failed.
    Failed,
    /// The server asked for a wait.
    RetryAfter,
    /// Hours or days to skip.
    Skips,
}

impl fmt::Display for ScheduleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Experience => "based on how often it had something new",
            Self::Fresh => "the response stays fresh until then",
            Self::Declared => "the feed declares how often it changes",
            Self::Failed => "failed; retrying with longer delays",
            // The next two are stored and compared with stored ones, see `TimeLimits` of the store.
            Self::RetryAfter => "its host asked to be left alone until then",
            Self::Skips => "the feed names hours or days at which it is not to be asked",
        })
    }
}

/// The next poll after one at `now`; `None` if the source is gone. `jitter`, 0 to 1, delays polls
/// by up to a tenth of the interval so that they do not coincide; it never makes a poll earlier
/// than the publisher asked.
pub fn next_poll(facts: &PollFacts, bounds: &Bounds, now: Timestamp, jitter: f64) -> Option<NextPoll> {
    let (interval, wait, mut because) = match facts.finding {
        PollFinding::Failed(Failure::Gone) => return None,
        PollFinding::Failed(failure) => {
            let interval = facts.interval.unwrap_or(bounds.start);
            let wait = failure_wait(failure, facts.failures, bounds).max(bounds.floor);
            (interval, wait, ScheduleReason::Failed)
        }
        _ => {
            let interval = adapted_interval(facts, bounds);
            let (requested, because) = publisher_interval(facts, bounds);
            if requested > interval {
                (interval, requested, because)
            } else {
                (interval, interval, ScheduleReason::Experience)
            }
        }
    };
    let spread = wait.mul_f64(1.0 + 0.1 * jitter.clamp(0.0, 1.0));
    let mut wait = spread.min(bounds.ceiling.max(wait));
    if let Some(requested) = facts.retry_after.filter(|requested| *requested > wait) {
        (wait, because) = (requested, ScheduleReason::RetryAfter);
    }
    let at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let not_skipped = after_skips(&facts.skips, at);
    if not_skipped != at {
        because = ScheduleReason::Skips;
    }
    Some(NextPoll { at: not_skipped, interval, because })
}

/// The interval by experience: shorter if the poll found something, longer if not.
fn adapted_interval(facts: &PollFacts, bounds: &Bounds) -> Duration {
    let previous = facts.interval.unwrap_or(bounds.start);
    let adapted = match facts.finding {
        PollFinding::Changed => previous / 2,
        PollFinding::Unchanged => previous.mul_f64(1.5),
        _ => previous,
    };
    // For a source whose newest entry is ten days old, a poll every six hours is enough.
    let quiet = facts.newest_entry_age.map_or(Duration::ZERO, |age| age / 40);
    // Without validators, each poll transfers the whole document.
    let costly =
        if facts.validators || facts.finding == PollFinding::Changed { Duration::ZERO } else { bounds.start };
    adapted.max(quiet).max(costly).clamp(bounds.floor, bounds.ceiling)
}

/// The interval that the publisher declares, and how.
fn publisher_interval(facts: &PollFacts, bounds: &Bounds) -> (Duration, ScheduleReason) {
    let (requested, because) = if facts.declared > facts.fresh {
        (facts.declared, ScheduleReason::Declared)
    } else {
        (facts.fresh, ScheduleReason::Fresh)
    };
    (requested.unwrap_or_default().min(bounds.ceiling), because)
}

/// The wait after a failure: doubled with each consecutive failure, up to the ceiling.
fn failure_wait(failure: Failure, failures: u32, bounds: &Bounds) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    failure.first_wait().saturating_mul(1 << doublings).min(bounds.ceiling)
}

/// The first time from `at` on that is not to be skipped; `at` itself if all hours are.
fn after_skips(skips: &Skips, at: Timestamp) -> Timestamp {
    let mut time = at;
    for _ in 0..=7 * 24 {
        let civil = TimeZone::UTC.to_datetime(time);
        let hour = u8::try_from(civil.hour()).unwrap_or_default();
        if !skips.hours.contains(&hour) && !skips.days.contains(&civil.weekday()) {
            return time;
        }
        // To the next hour; minutes and seconds stay, so that polls do not coincide.
        let Ok(later) = time.checked_add(SignedDuration::from_hours(1)) else { return at };
        time = later;
    }
    at
}

/// The interval of `sy:updatePeriod` and `sy:updateFrequency` (RSS 1.0 syndication module): `daily`
/// and 2 give twelve hours.
pub fn syndication_period(period: &str, frequency: Option<u32>) -> Option<Duration> {
    let hours = match period.trim().to_ascii_lowercase().as_str() {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 7 * 24,
        "monthly" => 30 * 24,
        "yearly" => 365 * 24,
        _ => return None,
    };
    Some(Duration::from_hours(hours) / frequency.unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn wait(facts: &PollFacts, jitter: f64) -> Option<u64> {
        let now = "2025-06-03T09:39:21Z".parse::<Timestamp>().unwrap();
        let next = next_poll(facts, &Bounds::default(), now, jitter)?;
        Some(next.at.duration_since(now).as_secs() as u64)
    }

    #[test]
    fn lifetimes_and_declared_intervals_apply_within_the_bounds() {
        let fresh = |seconds| PollFacts {
            fresh: Some(Duration::from_secs(seconds)),
            ..PollFacts::new(PollFinding::First)
        };
        assert_eq!(wait(&fresh(43_200), 0.0), Some(43_200));
        assert_eq!(wait(&fresh(43_200), 1.0), Some(47_520));
        assert_eq!(wait(&fresh(10), 0.0), Some(3600));
        assert_eq!(wait(&fresh(31_536_000), 0.5), Some(86_400));
        let declared = PollFacts { declared: Some(3 * HOUR), ..PollFacts::new(PollFinding::Changed) };
        assert_eq!(wait(&declared, 0.0), Some(10_800));
    }

    #[test]
    fn experience_shortens_and_lengthens_the_interval() {
        let mut facts = PollFacts::new(PollFinding::Changed);
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..10 {
            facts.interval = next_poll(&facts, &Bounds::default(), now, 0.9).map(|next| next.interval);
        }
        assert_eq!(facts.interval, Some(Bounds::default().floor));
        facts.finding = PollFinding::Unchanged;
        for _ in 0..20 {
            facts.interval = next_poll(&facts, &Bounds::default(), now, 0.9).map(|next| next.interval);
        }
        assert_eq!(facts.interval, Some(Bounds::default().ceiling));
        let quiet =
            PollFacts { newest_entry_age: Some(400 * 24 * HOUR), ..PollFacts::new(PollFinding::First) };
        assert_eq!(wait(&quiet, 0.0), Some(86_400));
        let costly = PollFacts {
            validators: false,
            interval: Some(HOUR / 4),
            ..PollFacts::new(PollFinding::Unchanged)
        };
        assert_eq!(wait(&costly, 0.0), Some(3600));
    }

    #[test]
    fn failures_back_off_and_never_stop() {
        let failed =
            |failure, failures| PollFacts { failures, ..PollFacts::new(PollFinding::Failed(failure)) };
        assert_eq!(wait(&failed(Failure::Gone, 1), 0.0), None);
        assert_eq!(wait(&failed(Failure::Refused, 1), 0.0), Some(14_400));
        assert_eq!(wait(&failed(Failure::Missing, 1), 0.0), Some(7200));
        assert_eq!(wait(&failed(Failure::Temporary, 1), 0.0), Some(1800));
        assert_eq!(wait(&failed(Failure::Temporary, 3), 0.0), Some(7200));
        assert_eq!(wait(&failed(Failure::Missing, u32::MAX), 1.0), Some(86_400));
        let week = PollFacts { retry_after: Some(168 * HOUR), ..failed(Failure::Missing, 1) };
        assert_eq!(wait(&week, 0.3), Some(604_800));
    }

    #[test]
    fn skipped_hours_and_days() {
        let mut facts = PollFacts::new(PollFinding::First);
        facts.skips.hours = (0..24).filter(|hour| *hour != 12).collect();
        assert_eq!(wait(&facts, 0.0), Some(3 * 3600));
        facts.skips = Skips { hours: vec![], days: vec![Weekday::Tuesday, Weekday::Wednesday] };
        assert_eq!(wait(&facts, 0.0), Some(38 * 3600 + 3600 - 24 * 3600 + 24 * 3600));
        facts.skips.hours = (0..24).collect();
        assert_eq!(wait(&facts, 0.0), Some(3600));
    }

    #[test]
    fn syndication_periods() {
        assert_eq!(syndication_period("daily", Some(2)), Some(12 * HOUR));
        assert_eq!(syndication_period(" Hourly ", None), Some(HOUR));
        assert_eq!(syndication_period("hourly", Some(0)), Some(HOUR));
        assert_eq!(syndication_period("often", None), None);
    }
}
