//! Health of a running program: whether its tasks make progress, which steps of its work fail, what
//! waits and since when, and how much disk space is free. Shown at `/readyz`, in metrics, in a
//! status file for other processes, and to systemd.
//!
//! Pipeline code calls [`heartbeat`] in everything that may take long. It counts for the task that
//! it runs in and does nothing outside a task.

mod checks;
mod facts;
mod figures;
mod journal;
mod reporter;
mod status;
mod systemd;
mod watchdog;

pub(crate) use courant_pipeline::tasks::{Tasks, heartbeat, rest, step};
pub(crate) use facts::free_bytes;
pub(crate) use figures::register;
pub(crate) use journal::{Health, Program, Step};
pub(crate) use reporter::HealthReporter;
#[cfg(test)]
pub(crate) use status::Problem;
pub(crate) use status::Status;
pub(crate) use systemd::Notifier;
pub(crate) use watchdog::Watchdog;

#[cfg(test)]
mod testing {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    use super::Tasks;

    /// Tasks with a clock set by hand, in seconds.
    pub(super) fn by_hand() -> (Tasks, Arc<AtomicU64>) {
        let seconds = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&seconds);
        let tasks = Tasks::with_clock(Arc::new(move || Duration::from_secs(clock.load(Ordering::Relaxed))));
        (tasks, seconds)
    }
}
