//! The one place where the program asks the machine for the time, and where it doubts the answer.

#![expect(clippy::disallowed_methods, reason = "everything else takes the time from here")]

use std::time::{Duration, Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// A clock that goes wrong by less than this is being set right by the system, little by little.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(60);

/// The present time, or a fixed one for replays and tests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    fixed: Option<Timestamp>,
}

/// The machine's clock is older than the program.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the clock of this machine says {now}, but this program was made at {built}: set the clock \
     (timedatectl set-ntp true) and start again"
)]
pub(crate) struct WrongClock {
    now: Timestamp,
    built: Timestamp,
}

impl Clock {
    /// A clock that stands still at `fixed`, or the machine's where there is none.
    pub(crate) const fn new(fixed: Option<Timestamp>) -> Self {
        Self { fixed }
    }

    /// The time now, in whole seconds: nothing that Courant writes is finer.
    pub(crate) fn now(self) -> Timestamp {
        let now = self.fixed.unwrap_or_else(Timestamp::now);
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// An error where the machine's clock says a time before the program was made: whatever is done by it would be
    /// dated wrongly. A fixed clock may say what it likes.
    pub(crate) fn check(self) -> Result<(), WrongClock> {
        if self.fixed.is_some() { Ok(()) } else { not_before(self.now(), built()) }
    }
}

/// The machine's time, to compare with the times that its file system gives to files. A fixed clock does not change
/// it.
pub(crate) fn file_time() -> SystemTime {
    SystemTime::now()
}

/// When the program was made: see `build.rs`.
fn built() -> Timestamp {
    let seconds = env!("COURANT_BUILT").parse().unwrap_or_default();
    Timestamp::from_second(seconds).unwrap_or_default()
}

fn not_before(now: Timestamp, built: Timestamp) -> Result<(), WrongClock> {
    if now < built { Err(WrongClock { now, built }) } else { Ok(()) }
}

/// Notices that the machine's clock was set while the program runs, by a clock that nobody sets.
#[derive(Debug)]
pub(crate) struct ClockWatch {
    clock: Clock,
    wall: Timestamp,
    steady: Instant,
}

impl ClockWatch {
    /// Begins to watch.
    pub(crate) fn start(clock: Clock) -> Self {
        Self { clock, wall: clock.now(), steady: Instant::now() }
    }

    /// By how much the clock was set since the last time this was asked: forwards above zero. `None` for less than a
    /// minute, and for a fixed clock.
    pub(crate) fn jump(&mut self) -> Option<SignedDuration> {
        let now = Self::start(self.clock);
        let jump = jump(now.wall.duration_since(self.wall), now.steady.duration_since(self.steady));
        *self = now;
        (self.clock.fixed.is_none() && jump.abs() > UNNOTICED).then_some(jump)
    }
}

/// By how much more the clock of the machine went on than a steady one.
fn jump(wall: SignedDuration, steady: Duration) -> SignedDuration {
    wall.saturating_sub(SignedDuration::try_from(steady).unwrap_or(SignedDuration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_clock_before_the_program_was_made_is_refused_and_a_fixed_one_is_not() {
        let wrong = not_before(at(0), at(1_800_000_000)).unwrap_err().to_string();
        assert!(wrong.contains("1970-01-01T00:00:00Z") && wrong.contains("timedatectl"), "{wrong}");
        assert_eq!(not_before(at(1_800_000_000), at(1_800_000_000)), Ok(()));
        assert!(built() > at(1_700_000_000), "{}", built());
        assert_eq!((Clock::new(Some(at(0))).check(), Clock::new(None).check()), (Ok(()), Ok(())));
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_once() {
        let mut watch = ClockWatch::start(Clock::new(None));
        assert_eq!(watch.jump(), None);
        for hours in [-2, 3] {
            // As if the clock had shown something else when it was looked at last.
            watch.wall = watch.wall.checked_sub(SignedDuration::from_hours(hours)).unwrap();
            let jump = watch.jump().unwrap();
            assert!((jump - SignedDuration::from_hours(hours)).abs() < UNNOTICED, "{jump:?}");
            assert_eq!(watch.jump(), None, "told once");
        }
        let mut fixed = ClockWatch::start(Clock::new(Some(at(0))));
        fixed.wall = at(7_200);
        assert_eq!(fixed.jump(), None);
    }

    #[test]
    fn time_that_passes_by_both_clocks_is_no_jump() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(jump(hour, Duration::from_hours(1)), SignedDuration::ZERO);
        assert_eq!(jump(-hour, Duration::from_hours(1)), -2 * hour);
        assert_eq!(jump(3 * hour, Duration::from_hours(1)), 2 * hour);
        assert!(jump(SignedDuration::MIN, Duration::MAX).is_negative());
    }
}
