//! Reports on a running program for `/readyz` and metrics.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use courant_pipeline::Context;
use courant_server::{Readiness, ReadyState};

use super::{
    checks::{Limits, ReadyReport, assess},
    facts::{Disk, Facts, free_bytes},
    journal::{Health, Program},
    systemd::Notifier,
    watchdog::Watchdog,
};

/// How long a report is reused while no step starts to fail or to recover, which limits queries of
/// the store.
const REPORT_LIFETIME: Duration = Duration::from_secs(2);
/// Interval of testing whether the store can be written.
const WRITE_TEST_INTERVAL: Duration = Duration::from_mins(1);
/// Maximum time of waiting for the store.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// Reports on a running program. Clones share the last report.
#[derive(Clone)]
pub(crate) struct HealthReporter {
    context: Context,
    health: Health,
    program: Program,
    limits: Limits,
    out: Option<PathBuf>,
    last: Arc<tokio::sync::Mutex<Option<Dated>>>,
    write_test: Arc<Mutex<WriteTest>>,
}

/// A report with its instant and its number of turns.
type Dated = (Duration, u64, Arc<ReadyReport>);

/// The last write test of the store: instant and outcome.
#[derive(Debug)]
struct WriteTest(Option<Duration>, Result<(), String>);

impl HealthReporter {
    /// For the program that runs the site of `context` and keeps it as files in `out`.
    pub(crate) fn new(context: Context, health: Health, program: Program, out: Option<PathBuf>) -> Self {
        let limits = Limits::of(&context.site.config);
        let write_test = Arc::new(Mutex::new(WriteTest(None, Ok(()))));
        Self { context, health, program, limits, out, last: Arc::default(), write_test }
    }

    /// Starts the watchdog of the program, which is ready now.
    pub(crate) fn watchdog(&self, notifier: Option<Notifier>) -> io::Result<Watchdog> {
        Watchdog::start(self.health.clone(), self.program.clone(), notifier)
    }

    /// The current report, at most two seconds old.
    pub(crate) async fn report(&self) -> Arc<ReadyReport> {
        let mut last = self.last.lock().await;
        let (now, turns) = (self.health.tasks.now(), self.health.so_far().turns);
        if let Some((at, of, report)) = &*last
            && now.saturating_sub(*at) < REPORT_LIFETIME
            && *of == turns
        {
            return Arc::clone(report);
        }
        let report = Arc::new(ReadyReport::new(&self.facts().await, &self.limits));
        *last = Some((now, turns, Arc::clone(&report)));
        report
    }

    /// The current facts.
    pub(crate) async fn facts(&self) -> Facts {
        let backlog =
            tokio::time::timeout(STORE_TIMEOUT, self.context.store.backlog(self.context.clock.now())).await;
        let backlog = match backlog {
            Ok(backlog) => backlog.map_err(|error| error.to_string()),
            Err(_) => Err(format!("the store has not answered for {} seconds", STORE_TIMEOUT.as_secs())),
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

    /// Whether every check that matters to readers and editors passes.
    pub(crate) fn is_ready(&self, facts: &Facts) -> bool {
        assess(facts, &self.limits).iter().all(|check| check.ok || !check.required)
    }

    async fn writable(&self) -> Result<(), String> {
        let now = self.health.tasks.now();
        if let WriteTest(Some(at), outcome) = &*self.write_test.lock().unwrap_or_else(PoisonError::into_inner)
            && now.saturating_sub(*at) < WRITE_TEST_INTERVAL
            && outcome.is_ok()
        {
            return Ok(());
        }
        let outcome = tokio::time::timeout(STORE_TIMEOUT, self.context.store.try_write()).await;
        let mut test = self.write_test.lock().unwrap_or_else(PoisonError::into_inner);
        // During a long change nothing new is known.
        if let Ok(outcome) = outcome {
            *test = WriteTest(Some(now), outcome.map_err(|error| error.to_string()));
        }
        test.1.clone()
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
