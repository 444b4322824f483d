//! The current time, real or fixed, and checks of the system clock.

#![expect(clippy::disallowed_methods, reason = "everything else takes the time from here")]

use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// Clock adjustments up to this size are ignored: the system corrects small errors gradually.
const MAX_IGNORED_JUMP: SignedDuration = SignedDuration::from_secs(60);

/// The current time, or a fixed one for replays and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    fixed: Option<Timestamp>,
}

/// The system clock shows a time before the program was built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the system clock shows {now}, but this program was built at {built}: set the clock \
     (timedatectl set-ntp true) and start again"
)]
pub struct WrongClock {
    now: Timestamp,
    built: Timestamp,
}

impl Clock {
    /// A clock that always shows `fixed`, or the system clock for `None`.
    pub const fn new(fixed: Option<Timestamp>) -> Self {
        Self { fixed }
    }

    /// The current time in whole seconds; Courant never writes finer times.
    pub fn now(self) -> Timestamp {
        let now = self.fixed.unwrap_or_else(Timestamp::now);
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Checks the system clock; a fixed clock always passes.
    ///
    /// Errors: a time before the program was built, because everything would be dated wrongly.
    pub fn check(self) -> Result<(), WrongClock> {
        if self.fixed.is_some() { Ok(()) } else { not_before(self.now(), built()) }
    }
}

/// The time of the system clock, to compare with the times of files. A fixed clock does not change
/// it.
pub(crate) fn file_time() -> SystemTime {
    SystemTime::now()
}

/// When the program was built: see `build.rs`.
fn built() -> Timestamp {
    let seconds = env!("COURANT_BUILT").parse().unwrap_or_default();
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn not_before(now: Timestamp, built: Timestamp) -> Result<(), WrongClock> {
    if now < built { Err(WrongClock { now, built }) } else { Ok(()) }
}

/// Detects that the system clock was set while the program runs, by comparing it with a monotonic
/// clock.
#[derive(Debug)]
pub struct ClockWatch {
    clock: Clock,
    wall: Timestamp,
    monotonic: Instant,
}

impl ClockWatch {
    /// Starts watching.
    pub fn start(clock: Clock) -> Self {
        Self { clock, wall: clock.now(), monotonic: Instant::now() }
    }

    /// By how much the system clock was set since the last call, positive if forwards. `None` up to
    /// one minute, and for a fixed clock.
    pub fn jump(&mut self) -> Option<SignedDuration> {
        let now = Self::start(self.clock);
        let jump = jump(now.wall.duration_since(self.wall), now.monotonic.duration_since(self.monotonic));
        *self = now;
        (self.clock.fixed.is_none() && jump.abs() > MAX_IGNORED_JUMP).then_some(jump)
    }
}

/// The difference between the progress of the system clock and of a monotonic one.
fn jump(wall: SignedDuration, monotonic: Duration) -> SignedDuration {
    wall.saturating_sub(SignedDuration::try_from(monotonic).unwrap_or(SignedDuration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_system_clock_before_the_build_is_refused_and_a_fixed_one_is_not() {
        let wrong = not_before(at(0), at(1_800_000_000)).unwrap_err().to_string();
        assert!(wrong.contains("1970-01-01T00:00:00Z") && wrong.contains("timedatectl"), "{wrong}");
        assert_eq!(not_before(at(1_800_000_000), at(1_800_000_000)), Ok(()));
        assert!(built() > at(1_700_000_000), "{}", built());
        assert_eq!((Clock::new(Some(at(0))).check(), Clock::new(None).check()), (Ok(()), Ok(())));
    }

    #[test]
    fn a_jump_of_the_clock_is_reported_once() {
        let mut watch = ClockWatch::start(Clock::new(None));
        assert_eq!(watch.jump(), None);
        for hours in [-2, 3] {
            // As if the clock had shown another time at the last call.
            watch.wall = watch.wall.checked_sub(SignedDuration::from_hours(hours)).unwrap();
            let jump = watch.jump().unwrap();
            assert!((jump - SignedDuration::from_hours(hours)).abs() < MAX_IGNORED_JUMP, "{jump:?}");
            assert_eq!(watch.jump(), None, "reported once");
        }
        let mut fixed = ClockWatch::start(Clock::new(Some(at(0))));
        fixed.wall = at(7_200);
        assert_eq!(fixed.jump(), None);
    }

    #[test]
    fn time_that_passes_on_both_clocks_is_not_a_jump() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(jump(hour, Duration::from_hours(1)), SignedDuration::ZERO);
        assert_eq!(jump(-hour, Duration::from_hours(1)), -2 * hour);
        assert_eq!(jump(3 * hour, Duration::from_hours(1)), 2 * hour);
        assert!(jump(SignedDuration::MIN, Duration::MAX).is_negative());
    }
}
