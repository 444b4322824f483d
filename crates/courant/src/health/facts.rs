//! What is known about a running program at one instant: the journal, the tasks, the store and the disks.

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
    /// What the folder is: `site`, `records`, `out`.
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    /// Bytes that this program may still use; `None` where the system does not say.
    pub(crate) free: Option<u64>,
}

/// Everything that is known at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) now: Mark,
    pub(crate) program: Program,
    pub(crate) journal: Journal,
    pub(crate) stuck: Vec<StuckTask>,
    pub(crate) tasks: Vec<(&'static str, &'static str)>,
    /// What waits, or why the store does not say.
    pub(crate) backlog: Result<Backlog, String>,
    /// Size of the store's write-ahead log in bytes.
    pub(crate) log_bytes: u64,
    /// Whether the store can be written, as of the last try.
    pub(crate) writable: Result<(), String>,
    pub(crate) disks: Vec<Disk>,
}

impl Facts {
    /// How long ago something was, by the machine's clock, and at most since the program has run: what happened before
    /// says nothing about it. Zero for what is in the future.
    pub(crate) fn age(&self, at: Option<Timestamp>) -> Duration {
        let lasted = at.map(|at| self.now.at.duration_since(at));
        let uptime = self.now.tick.saturating_sub(self.program.started.tick);
        lasted.map_or(uptime, |lasted| Duration::try_from(lasted).unwrap_or_default().min(uptime))
    }

    /// How long ago something was, or the start of the program where it has not been yet.
    pub(crate) fn since(&self, mark: Option<Mark>) -> Duration {
        self.now.tick.saturating_sub(mark.unwrap_or(self.program.started).tick)
    }
}

/// How many bytes an ordinary user may still write below a folder, or below the nearest folder above it that exists;
/// `None` where the system does not say.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let said = rustix::fs::statvfs(there).ok()?;
    Some(said.f_bavail.saturating_mul(said.f_frsize))
}

/// As on Unix; other systems are not asked.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}
