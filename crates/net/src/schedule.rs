//! When to ask a source again, from values alone.
//!
//! Three voices decide: the publisher (cache lifetime, `ttl`, `sy:`, hours and days to skip, `Retry-After`),
//! experience (how often polls found something), and the bounds: never sooner than every 15 minutes, never
//! later than daily unless the server asked for it.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};

use crate::error::FetchError;

/// The bounds of the interval between two polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Never sooner.
    pub floor: Duration,
    /// Where nothing is known yet.
    pub start: Duration,
    /// Never later, whatever the publisher's headers say; only `Retry-After` and skipped hours go beyond.
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

/// How a poll went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The first answer ever.
    First,
    /// Entries were new or edited.
    Changed,
    /// 304, the same bytes, or nothing new in them.
    Unchanged,
    /// It failed.
    Failed(Failure),
}

/// How a poll failed, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Gone for good: not asked again.
    Gone,
    /// Refused (401, 402, 403, 451, a challenge): asking soon makes it worse.
    Refused,
    /// Not there, or too many requests: seldom repaired within the hour.
    Missing,
    /// Anything else; may well pass.
    Passing,
}

impl Failure {
    /// The kind of a failed fetch.
    pub const fn of(error: &FetchError) -> Self {
        match error {
            FetchError::Status { code: 410, .. } => Self::Gone,
            FetchError::Challenge { .. } | FetchError::Robots { .. } | FetchError::Blocked { .. } => {
                Self::Refused
            }
            FetchError::Status { code: 401 | 402 | 403 | 451, .. } => Self::Refused,
            FetchError::Status { code: 400..=499, .. } => Self::Missing,
            _ => Self::Passing,
        }
    }

    const fn first_wait(self) -> Duration {
        match self {
            Self::Gone | Self::Refused => Duration::from_hours(4),
            Self::Missing => Duration::from_hours(2),
            Self::Passing => Duration::from_mins(30),
        }
    }
}

/// Hours and days on which the publisher wants no poll, in GMT (RSS 2.0, `skipHours` and `skipDays`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skips {
    /// Hours 0 to 23.
    pub hours: Vec<u8>,
    /// Days of the week.
    pub days: Vec<Weekday>,
}

/// All that the time of the next poll depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollFacts {
    /// How this poll went.
    pub outcome: Outcome,
    /// The interval that was in force before it.
    pub interval: Option<Duration>,
    /// Polls that failed in a row, this one included.
    pub failures: u32,
    /// Whether the server gave validators, so that asking costs it little.
    pub validators: bool,
    /// The time that the answer stays fresh: see [`freshness`](crate::freshness()).
    pub fresh: Option<Duration>,
    /// What the document itself says: `ttl`, or [`syndication_period`].
    pub declared: Option<Duration>,
    /// How long ago the newest entry was published, where it is known.
    pub newest_entry_age: Option<Duration>,
    /// How long the server asked to be left alone.
    pub retry_after: Option<Duration>,
    /// When not to ask.
    pub skips: Skips,
}

impl PollFacts {
    /// A poll of which nothing is known but how it went.
    pub fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
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

/// The time of the next poll and the interval to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextPoll {
    /// When to ask.
    pub at: Timestamp,
    /// The interval in force: hand it in again as [`PollFacts::interval`].
    pub interval: Duration,
    /// What decided.
    pub because: Because,
}

/// Why the next poll is when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Experience: how often polls found something.
    Experience,
    /// The cache lifetime of the answer.
    Fresh,
    /// What the document declares.
    Declared,
    /// It failed.
    Failed,
    /// The server asked to wait.
    RetryAfter,
    /// The hours or days that the publisher wants skipped.
    Skips,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Experience => "that is how often it brings something new",
            Self::Fresh => "its answer says that it stays fresh until then",
            Self::Declared => "the feed itself says how often it changes",
            Self::Failed => "it failed and is tried again, ever later",
            Self::RetryAfter => "its host asked to be left alone until then",
            Self::Skips => "the feed names hours or days at which it is not to be asked",
        })
    }
}

/// When to ask next after a poll at `now`; `None` where never again. `jitter`, 0 to 1, spreads polls that would
/// otherwise fall together over a tenth of the interval; it never makes a poll earlier than the publisher asked.
pub fn next_poll(facts: &PollFacts, bounds: &Bounds, now: Timestamp, jitter: f64) -> Option<NextPoll> {
    let (interval, wait, mut because) = match facts.outcome {
        Outcome::Failed(Failure::Gone) => return None,
        Outcome::Failed(failure) => {
            let interval = facts.interval.unwrap_or(bounds.start);
            let wait = after_failure(failure, facts.failures, bounds).max(bounds.floor);
            (interval, wait, Because::Failed)
        }
        _ => {
            let interval = experience(facts, bounds);
            let (asked, because) = asked_for(facts, bounds);
            if asked > interval {
                (interval, asked, because)
            } else {
                (interval, interval, Because::Experience)
            }
        }
    };
    let spread = wait.mul_f64(1.0 + 0.1 * jitter.clamp(0.0, 1.0));
    let mut wait = spread.min(bounds.ceiling.max(wait));
    if let Some(asked) = facts.retry_after.filter(|asked| *asked > wait) {
        (wait, because) = (asked, Because::RetryAfter);
    }
    let at = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    let outside = outside(&facts.skips, at);
    if outside != at {
        because = Because::Skips;
    }
    Some(NextPoll { at: outside, interval, because })
}

/// The interval that the past polls suggest: shorter where something was found, longer where nothing was.
fn experience(facts: &PollFacts, bounds: &Bounds) -> Duration {
    let before = facts.interval.unwrap_or(bounds.start);
    let grown = match facts.outcome {
        Outcome::Changed => before / 2,
        Outcome::Unchanged => before.mul_f64(1.5),
        _ => before,
    };
    // A source whose newest entry is ten days old loses little by being asked every six hours.
    let quiet = facts.newest_entry_age.map_or(Duration::ZERO, |age| age / 40);
    // Without validators each poll costs the publisher the whole document.
    let costly =
        if facts.validators || facts.outcome == Outcome::Changed { Duration::ZERO } else { bounds.start };
    grown.max(quiet).max(costly).clamp(bounds.floor, bounds.ceiling)
}

fn asked_for(facts: &PollFacts, bounds: &Bounds) -> (Duration, Because) {
    let (asked, because) = if facts.declared > facts.fresh {
        (facts.declared, Because::Declared)
    } else {
        (facts.fresh, Because::Fresh)
    };
    (asked.unwrap_or_default().min(bounds.ceiling), because)
}

/// The wait after a failure: doubled with each one in a row, up to the ceiling; it never gives up.
fn after_failure(failure: Failure, failures: u32, bounds: &Bounds) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    failure.first_wait().saturating_mul(1 << doublings).min(bounds.ceiling)
}

/// The first moment from `at` on that the publisher does not ask to skip; `at` itself where all are skipped.
fn outside(skips: &Skips, at: Timestamp) -> Timestamp {
    let mut moment = at;
    for _ in 0..=7 * 24 {
        let civil = TimeZone::UTC.to_datetime(moment);
        let hour = u8::try_from(civil.hour()).unwrap_or_default();
        if !skips.hours.contains(&hour) && !skips.days.contains(&civil.weekday()) {
            return moment;
        }
        // Into the next hour; minutes and seconds stay, so that polls keep their spread.
        let Ok(later) = moment.checked_add(SignedDuration::from_hours(1)) else { return at };
        moment = later;
    }
    at
}

/// The interval that `sy:updatePeriod` and `sy:updateFrequency` declare (RSS 1.0 syndication module): `daily`
/// and 2 are twelve hours.
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
    fn publishers_lifetimes_count_within_the_bounds() {
        let fresh = |seconds| PollFacts {
            fresh: Some(Duration::from_secs(seconds)),
            ..PollFacts::new(Outcome::First)
        };
        assert_eq!(wait(&fresh(43_200), 0.0), Some(43_200));
        assert_eq!(wait(&fresh(43_200), 1.0), Some(47_520));
        assert_eq!(wait(&fresh(10), 0.0), Some(3600));
        assert_eq!(wait(&fresh(31_536_000), 0.5), Some(86_400));
        let declared = PollFacts { declared: Some(3 * HOUR), ..PollFacts::new(Outcome::Changed) };
        assert_eq!(wait(&declared, 0.0), Some(10_800));
    }

    #[test]
    fn experience_shortens_and_lengthens() {
        let mut facts = PollFacts::new(Outcome::Changed);
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..10 {
            facts.interval = next_poll(&facts, &Bounds::default(), now, 0.9).map(|next| next.interval);
        }
        assert_eq!(facts.interval, Some(Bounds::default().floor));
        facts.outcome = Outcome::Unchanged;
        for _ in 0..20 {
            facts.interval = next_poll(&facts, &Bounds::default(), now, 0.9).map(|next| next.interval);
        }
        assert_eq!(facts.interval, Some(Bounds::default().ceiling));
        let quiet = PollFacts { newest_entry_age: Some(400 * 24 * HOUR), ..PollFacts::new(Outcome::First) };
        assert_eq!(wait(&quiet, 0.0), Some(86_400));
        let costly =
            PollFacts { validators: false, interval: Some(HOUR / 4), ..PollFacts::new(Outcome::Unchanged) };
        assert_eq!(wait(&costly, 0.0), Some(3600));
    }

    #[test]
    fn failures_back_off_and_never_give_up() {
        let failed = |failure, failures| PollFacts { failures, ..PollFacts::new(Outcome::Failed(failure)) };
        assert_eq!(wait(&failed(Failure::Gone, 1), 0.0), None);
        assert_eq!(wait(&failed(Failure::Refused, 1), 0.0), Some(14_400));
        assert_eq!(wait(&failed(Failure::Missing, 1), 0.0), Some(7200));
        assert_eq!(wait(&failed(Failure::Passing, 1), 0.0), Some(1800));
        assert_eq!(wait(&failed(Failure::Passing, 3), 0.0), Some(7200));
        assert_eq!(wait(&failed(Failure::Missing, u32::MAX), 1.0), Some(86_400));
        let week = PollFacts { retry_after: Some(168 * HOUR), ..failed(Failure::Missing, 1) };
        assert_eq!(wait(&week, 0.3), Some(604_800));
    }

    #[test]
    fn skipped_hours_and_days() {
        let mut facts = PollFacts::new(Outcome::First);
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
