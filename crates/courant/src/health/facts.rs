//! What is looked at to tell how a running program is: the journal, the tasks, the store and the disks.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use courant_model::Timestamp;
use courant_pipeline::{Context, tasks::StuckTask};
use courant_server::{Readiness, ReadyState};
use courant_store::Backlog;

use super::{
    Health, Limits, Notifier, Program, ReadyReport, Watchdog,
    checks::assess,
    journal::{Journal, Mark},
};

/// A report is used for so long while no step begins to fail or to work again: however often it is asked for, the store
/// is asked no more often.
const FRESH: Duration = Duration::from_secs(2);
/// How often it is tried whether the store can be written.
const TRY_EVERY: Duration = Duration::from_mins(1);
/// How long the store is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Looks at a running program and tells how it is. Clones share what was seen last.
#[derive(Clone)]
pub(crate) struct HealthReporter {
    context: Context,
    health: Health,
    program: Program,
    limits: Limits,
    out: Option<PathBuf>,
    last: Arc<tokio::sync::Mutex<Option<Dated>>>,
    tried: Arc<Mutex<Tried>>,
}

/// A report with the instant and the number of turns of which it is.
type Dated = (Duration, u64, Arc<ReadyReport>);

/// The last try to write the store: when, and how it went.
#[derive(Debug)]
struct Tried(Option<Duration>, Result<(), String>);

impl HealthReporter {
    /// For the program that works on `context` and keeps the site as files in `out`.
    pub(crate) fn new(context: Context, health: Health, program: Program, out: Option<PathBuf>) -> Self {
        let limits = Limits::of(&context.site.config);
        let tried = Arc::new(Mutex::new(Tried(None, Ok(()))));
        Self { context, health, program, limits, out, last: Arc::default(), tried }
    }

    /// Begins to look after the tasks of the program, which is ready now.
    pub(crate) fn watchdog(&self, notifier: Option<Notifier>) -> io::Result<Watchdog> {
        Watchdog::start(self.health.clone(), self.program.clone(), notifier)
    }

    /// How the program is now, or was at most two seconds ago.
    pub(crate) async fn report(&self) -> Arc<ReadyReport> {
        let mut last = self.last.lock().await;
        let (now, turns) = (self.health.tasks.now(), self.health.so_far().turns);
        if let Some((at, of, report)) = &*last
            && now.saturating_sub(*at) < FRESH
            && *of == turns
        {
            return Arc::clone(report);
        }
        let report = Arc::new(ReadyReport::new(&self.facts().await, &self.limits));
        *last = Some((now, turns, Arc::clone(&report)));
        report
    }

    /// Everything that is known now.
    pub(crate) async fn facts(&self) -> Facts {
        let backlog =
            tokio::time::timeout(PATIENCE, self.context.store.backlog(self.context.clock.now())).await;
        let backlog = match backlog {
            Ok(backlog) => backlog.map_err(|error| error.to_string()),
            Err(_) => Err(format!("the store has not answered for {} seconds", PATIENCE.as_secs())),
        };
        let store = self.context.site.store_file();
        let log = store.with_file_name("store.db-wal");
        Facts {
            now: self.health.mark(),
            program: self.program.clone(),
            journal: self.health.so_far(),
            stuck: self.health.tasks.stuck(),
            tasks: self.health.tasks.all(),
            backlog,
            log_bytes: std::fs::metadata(log).map_or(0, |data| data.len()),
            writable: self.writable().await,
            disks: self.disks(),
        }
    }

    /// Whether every check that matters to readers and editors is passed.
    pub(crate) fn is_ready(&self, facts: &Facts) -> bool {
        assess(facts, &self.limits).iter().all(|check| check.ok || !check.required)
    }

    async fn writable(&self) -> Result<(), String> {
        let now = self.health.tasks.now();
        if let Tried(Some(at), outcome) = &*self.tried.lock().unwrap_or_else(PoisonError::into_inner)
            && now.saturating_sub(*at) < TRY_EVERY
            && outcome.is_ok()
        {
            return Ok(());
        }
        let outcome = tokio::time::timeout(PATIENCE, self.context.store.try_write()).await;
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        // Where a long change is under way, nothing new is known.
        if let Ok(outcome) = outcome {
            *tried = Tried(Some(now), outcome.map_err(|error| error.to_string()));
        }
        tried.1.clone()
    }

    fn disks(&self) -> Vec<Disk> {
        let site = &self.context.site;
        let disk = |name, path: PathBuf| Disk { name, free: free_bytes(&path), path };
        let mut disks = vec![disk("site", site.state_dir()), disk("records", site.records_dir())];
        disks.extend(self.out.clone().map(|out| disk("out", out)));
        disks
    }
}

impl Readiness for HealthReporter {
    async fn ready_state(&self) -> ReadyState {
        self.report().await.answer()
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
