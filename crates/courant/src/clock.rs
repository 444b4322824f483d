//! The one place where the program asks what time it is.

use jiff::Timestamp;

/// The present time, or a fixed one for replays and tests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    fixed: Option<Timestamp>,
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
}
