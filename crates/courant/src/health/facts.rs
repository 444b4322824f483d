//! The state of a running program at one instant: journal, tasks, store and disks.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use courant_model::Timestamp;
use courant_pipeline::tasks::StuckTask;
use courant_store::Backlog;

use super::journal::{Journal, Mark, Program};

/// A folder on a disk that the program writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disk {
    /// The role of the folder: `site`, `records`, `out`.
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    /// Free bytes for this program; `None` if unknown.
    pub(crate) free: Option<u64>,
}

/// The state of a running program at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) now: Mark,
    pub(crate) program: Program,
    pub(crate) journal: Journal,
    pub(crate) stuck: Vec<StuckTask>,
    pub(crate) tasks: Vec<(&'static str, &'static str)>,
    /// What waits, or why the store did not answer.
    pub(crate) backlog: Result<Backlog, String>,
    /// Size of the store's write-ahead log in bytes.
    pub(crate) log_bytes: u64,
    /// Whether the store can be written, by the last test.
    pub(crate) writable: Result<(), String>,
    pub(crate) disks: Vec<Disk>,
}

impl Facts {
    /// Time since an event by the machine's clock, at most the uptime, because earlier events do
    /// not concern this program. Zero for an event in the future.
    pub(crate) fn age(&self, at: Option<Timestamp>) -> Duration {
        let lasted = at.map(|at| self.now.at.duration_since(at));
        let uptime = self.now.tick.saturating_sub(self.program.started.tick);
        lasted.map_or(uptime, |lasted| Duration::try_from(lasted).unwrap_or_default().min(uptime))
    }

    /// Time since an event, or since the start of the program if it has not happened yet.
    pub(crate) fn since(&self, mark: Option<Mark>) -> Duration {
        self.now.tick.saturating_sub(mark.unwrap_or(self.program.started).tick)
    }
}

/// Free bytes for an ordinary user below a folder, or below its nearest existing ancestor; `None`
/// if unknown.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let said = rustix::fs::statvfs(there).ok()?;
    Some(said.f_bavail.saturating_mul(said.f_frsize))
}

/// As on Unix; not implemented for other systems.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}
