//! Looks at a running program: reports for `/readyz` and metrics.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use courant_pipeline::Context;
use courant_server::{Readiness, ReadyAnswer};

use super::{
    checks::{Limits, ReadyReport, assess},
    facts::{Disk, Facts, free_bytes},
    journal::{Health, Program},
    systemd::Notifier,
    watchdog::Watchdog,
};

/// A report is used for so long while no step begins to fail or to work again: however often it is asked for, the store
/// is asked no more often.
const FRESH: Duration = Duration::from_secs(2);
/// How often it is tried whether the store can be written.
const TRY_EVERY: Duration = Duration::from_mins(1);
/// How long the store is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

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
    async fn answer(&self) -> ReadyAnswer {
        self.report().await.answer()
    }
}
