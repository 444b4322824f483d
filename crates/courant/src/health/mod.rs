//! Health of a running program: whether each of its tasks gets on, which steps of its work fail, what waits and since
//! when, how much room the disks have. Shown at `/readyz`, in metrics, in a status file for other processes, and to
//! systemd.
//!
//! Pipeline code calls [`heartbeat`] inside everything that may take long. It reaches the task that it runs in and does
//! nothing outside of one.

mod checks;
mod facts;
mod figures;
mod journal;
mod status;
mod systemd;
mod tasks;
mod watchdog;

pub(crate) use checks::{Limits, ReadyReport};
pub(crate) use facts::{HealthReporter, free_bytes};
pub(crate) use figures::register;
pub(crate) use journal::{Health, Program, Step};
pub(crate) use status::{Problem, Status};
pub(crate) use systemd::Notifier;
pub(crate) use tasks::{Tasks, heartbeat, rest, step};
pub(crate) use watchdog::Watchdog;
