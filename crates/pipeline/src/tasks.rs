//! The long-lived tasks of the running program, and which of them are stuck.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

tokio::task_local! {
    static CURRENT: Handle;
}

/// Reports that the current task makes progress. Does nothing outside of a [watched](Tasks::watch)
/// task.
pub fn heartbeat() {
    let _ = CURRENT.try_with(|handle| handle.heartbeat(None, Duration::ZERO));
}

/// As [`heartbeat`], and sets the task's current step.
pub fn step(name: &'static str) {
    let _ = CURRENT.try_with(|handle| handle.heartbeat(Some(name), Duration::ZERO));
}

/// As [`step`], for a task that sleeps on purpose: it may be silent for `at_most` longer than
/// usual.
pub fn rest(name: &'static str, at_most: Duration) {
    let _ = CURRENT.try_with(|handle| handle.heartbeat(Some(name), at_most));
}

/// A monotonic clock: the time since a fixed instant.
pub type Monotonic = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The tasks of this process. Clones share the same tasks.
#[derive(Clone)]
pub struct Tasks {
    clock: Monotonic,
    list: Arc<Mutex<Vec<Task>>>,
}

#[derive(Debug)]
struct Task {
    name: &'static str,
    step: &'static str,
    heartbeat: Duration,
    /// Maximum time between two heartbeats.
    timeout: Duration,
    /// Added to the timeout while the task sleeps.
    rest: Duration,
    state: TaskState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaskState {
    Running,
    /// The task ended because the program was told to stop.
    Finished,
    /// The task ended without being told to: it returned early or panicked.
    Ended,
}

/// A task that makes no progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StuckTask {
    pub name: &'static str,
    /// Its last step.
    pub step: &'static str,
    /// Seconds since its last heartbeat.
    pub silent_s: u64,
    /// Whether it ended although the program still runs.
    pub ended: bool,
}

impl fmt::Display for StuckTask {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, step, silent_s, ended } = self;
        if *ended {
            write!(to, "{name} ended unexpectedly while {step}")
        } else {
            write!(to, "{name} has not moved for {silent_s} seconds while {step}")
        }
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// An empty list on the system's monotonic clock.
    pub fn new() -> Self {
        let start = Instant::now();
        Self::with_clock(Arc::new(move || start.elapsed()))
    }

    /// An empty list on this clock.
    pub fn with_clock(clock: Monotonic) -> Self {
        Self { clock, list: Arc::default() }
    }

    /// The current time of the clock.
    pub fn now(&self) -> Duration {
        (self.clock)()
    }

    /// Runs `work` as the task `name`, with at most `timeout` between two heartbeats. The task must
    /// run until `stop`: one that returns earlier or panics is reported as stuck.
    pub async fn watch<F: Future>(
        &self,
        name: &'static str,
        timeout: Duration,
        stop: &CancellationToken,
        work: F,
    ) -> F::Output {
        let handle = Handle { tasks: self.clone(), at: self.add(name, timeout) };
        let end = End(handle.clone(), stop.clone());
        let output = CURRENT.scope(handle, work).await;
        drop(end);
        output
    }

    fn add(&self, name: &'static str, timeout: Duration) -> usize {
        let heartbeat = self.now();
        let mut list = self.list();
        let state = TaskState::Running;
        list.push(Task { name, step: "starting", heartbeat, timeout, rest: Duration::ZERO, state });
        list.len() - 1
    }

    /// The stuck tasks, in the order in which they were started.
    pub fn stuck(&self) -> Vec<StuckTask> {
        let now = self.now();
        let list = self.list();
        let stuck = list.iter().filter(|task| task.is_stuck(now)).map(|task| StuckTask {
            name: task.name,
            step: task.step,
            silent_s: now.saturating_sub(task.heartbeat).as_secs(),
            ended: task.state == TaskState::Ended,
        });
        stuck.collect()
    }

    /// The names of all tasks with their current steps, in the order in which they were started.
    pub fn all(&self) -> Vec<(&'static str, &'static str)> {
        self.list().iter().map(|task| (task.name, task.step)).collect()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Task>> {
        // No panic can leave the list half changed.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    fn is_stuck(&self, now: Duration) -> bool {
        match self.state {
            TaskState::Running => now.saturating_sub(self.heartbeat) > self.timeout + self.rest,
            TaskState::Finished => false,
            TaskState::Ended => true,
        }
    }
}

#[derive(Clone)]
struct Handle {
    tasks: Tasks,
    at: usize,
}

impl Handle {
    fn heartbeat(&self, step: Option<&'static str>, rest: Duration) {
        let now = self.tasks.now();
        if let Some(task) = self.tasks.list().get_mut(self.at) {
            task.heartbeat = now;
            task.rest = rest;
            task.step = step.unwrap_or(task.step);
        }
    }
}

/// Records the end of a task when dropped, also after a panic.
struct End(Handle, CancellationToken);

impl Drop for End {
    fn drop(&mut self) {
        let state = if self.1.is_cancelled() { TaskState::Finished } else { TaskState::Ended };
        if let Some(task) = self.0.tasks.list().get_mut(self.0.at) {
            task.state = state;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Tasks on a manual clock, in seconds.
    pub(crate) fn with_manual_clock() -> (Tasks, Arc<AtomicU64>) {
        let seconds = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&seconds);
        let tasks = Tasks::with_clock(Arc::new(move || Duration::from_secs(clock.load(Ordering::Relaxed))));
        (tasks, seconds)
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_silent_task_is_reported_with_its_step() {
        let (tasks, clock) = with_manual_clock();
        let stop = CancellationToken::new();
        let work = async {
            step("polling");
            clock.store(60, Ordering::Relaxed);
            assert_eq!(tasks.stuck(), [], "within the timeout");
            heartbeat();
            clock.store(121, Ordering::Relaxed);
            let stuck = tasks.stuck();
            assert_eq!(stuck[0].to_string(), "rounds has not moved for 61 seconds while polling");
            step("fetching");
            assert_eq!(tasks.stuck(), [], "it moves again");
            stop.cancel();
        };
        tasks.watch("rounds", MINUTE, &stop, work).await;
        clock.store(10_000, Ordering::Relaxed);
        assert_eq!(tasks.stuck(), [], "it finished");
    }

    #[tokio::test]
    async fn a_resting_task_may_be_silent_for_longer() {
        let (tasks, clock) = with_manual_clock();
        let work = async {
            rest("resting", Duration::from_mins(10));
            clock.store(11 * 60, Ordering::Relaxed);
            assert_eq!(tasks.stuck(), []);
            clock.store(11 * 60 + 1, Ordering::Relaxed);
            assert_eq!(tasks.stuck().len(), 1);
            heartbeat();
            clock.store(12 * 60 + 2, Ordering::Relaxed);
            assert_eq!(tasks.stuck().len(), 1, "the rest is over");
        };
        tasks.watch("rounds", MINUTE, &CancellationToken::new(), work).await;
    }

    #[tokio::test]
    async fn a_task_that_panics_or_returns_early_is_reported() {
        let (tasks, _) = with_manual_clock();
        let stop = CancellationToken::new();
        let watched = tasks.clone();
        let token = stop.clone();
        let panics = tokio::spawn(async move {
            watched.watch("editors", MINUTE, &token, async { panic!("in this test") }).await
        });
        assert!(panics.await.is_err());
        tasks.watch("web server", MINUTE, &stop, async {}).await;
        let stuck: Vec<String> = tasks.stuck().iter().map(ToString::to_string).collect();
        assert_eq!(
            stuck,
            ["editors ended unexpectedly while starting", "web server ended unexpectedly while starting"]
        );
    }

    #[test]
    fn outside_of_a_task_a_heartbeat_does_nothing() {
        heartbeat();
        step("polling");
        rest("resting", MINUTE);
    }
}
