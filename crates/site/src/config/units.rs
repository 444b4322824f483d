//! Durations and sizes as `courant.toml` writes them: integers whose key names the unit.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

macro_rules! unit {
    ($(#[doc = $doc:literal])+ $name:ident($integer:ty)) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $integer);

        impl fmt::Display for $name {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(to)
            }
        }
    };
}

unit! {
    /// A duration in whole milliseconds.
    Milliseconds(u64)
}
unit! {
    /// A duration in whole seconds.
    Seconds(u64)
}
unit! {
    /// A duration in whole minutes.
    Minutes(u32)
}
unit! {
    /// A duration in whole days of 24 hours.
    Days(u32)
}
unit! {
    /// A size in megabytes of 1,000,000 bytes.
    Megabytes(u64)
}

impl Milliseconds {
    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl Seconds {
    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl Minutes {
    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 60)
    }
}

impl Days {
    /// As a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 24 * 60 * 60)
    }
}

impl Megabytes {
    /// In bytes; the largest number where it exceeds 64 bits.
    pub const fn bytes(self) -> u64 {
        self.0.saturating_mul(1_000_000)
    }
}
