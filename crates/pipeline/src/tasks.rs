//! The long-lived tasks of a running program, and which of them no longer get on.

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

/// Says that the present task gets on. Does nothing outside of a task that is [`watched`](Tasks::watch).
pub fn heartbeat() {
    let _ = CURRENT.try_with(|handle| handle.heartbeat(None, Duration::ZERO));
}

/// As [`heartbeat`], and names what the task does from now on.
pub fn step(name: &'static str) {
    let _ = CURRENT.try_with(|handle| handle.heartbeat(Some(name), Duration::ZERO));
}

/// As [`step`], for a task that rests on purpose and may be silent for so much longer.
pub fn rest(name: &'static str, at_most: Duration) {
    let _ = CURRENT.try_with(|handle| handle.heartbeat(Some(name), at_most));
}

/// Time that has passed since some fixed instant and never runs backwards.
pub type Monotonic = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The tasks of this process. Clones share them.
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
    /// How long it may be silent.
    patience: Duration,
    /// How much longer while it rests.
    rest: Duration,
    state: TaskState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaskState {
    Running,
    /// It came to its end because the program was told to stop.
    Finished,
    /// It came to its end though nobody wanted that: it failed or panicked.
    Ended,
}

/// A task that no longer gets on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StuckTask {
    pub name: &'static str,
    /// What it did last.
    pub step: &'static str,
    /// Seconds since it was last heard of.
    pub silent_s: u64,
    /// It has ended, where it should run as long as the program.
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
    /// No tasks yet, on the machine's monotonic clock.
    pub fn new() -> Self {
        let start = Instant::now();
        Self::with_clock(Arc::new(move || start.elapsed()))
    }

    /// No tasks yet, on this clock.
    pub fn with_clock(clock: Monotonic) -> Self {
        Self { clock, list: Arc::default() }
    }

    /// The present time of their clock.
    pub fn now(&self) -> Duration {
        (self.clock)()
    }

    /// Runs `work` as the task `name`, which may go `patience` without a [`heartbeat`]. It is to go on until `stop`: a
    /// task that ends before, or panics, is reported as one that no longer gets on.
    pub async fn watch<F: Future>(
        &self,
        name: &'static str,
        patience: Duration,
        stop: &CancellationToken,
        work: F,
    ) -> F::Output {
        let handle = Handle { tasks: self.clone(), at: self.add(name, patience) };
        let end = End(handle.clone(), stop.clone());
        let output = CURRENT.scope(handle, work).await;
        drop(end);
        output
    }

    fn add(&self, name: &'static str, patience: Duration) -> usize {
        let heartbeat = self.now();
        let mut list = self.list();
        let state = TaskState::Running;
        list.push(Task { name, step: "starting", heartbeat, patience, rest: Duration::ZERO, state });
        list.len() - 1
    }

    /// The tasks that no longer get on, in the order in which they were started.
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

    /// The names of all tasks with what each does, in the order in which they were started.
    pub fn all(&self) -> Vec<(&'static str, &'static str)> {
        self.list().iter().map(|task| (task.name, task.step)).collect()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Task>> {
        // Nothing in here can be left half changed by a panic.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    fn is_stuck(&self, now: Duration) -> bool {
        match self.state {
            TaskState::Running => now.saturating_sub(self.heartbeat) > self.patience + self.rest,
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

/// Notes how a task came to its end, also by a panic.
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

    /// Tasks on a clock that is set by hand, in seconds.
    pub(crate) fn by_hand() -> (Tasks, Arc<AtomicU64>) {
        let seconds = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&seconds);
        let tasks = Tasks::with_clock(Arc::new(move || Duration::from_secs(clock.load(Ordering::Relaxed))));
        (tasks, seconds)
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_task_that_goes_silent_is_named_with_its_step() {
        let (tasks, clock) = by_hand();
        let stop = CancellationToken::new();
        let work = async {
            step("polling");
            clock.store(60, Ordering::Relaxed);
            assert_eq!(tasks.stuck(), [], "as long as it may be");
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
    async fn a_rest_may_be_as_long_as_it_was_said_to_be() {
        let (tasks, clock) = by_hand();
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
        let (tasks, _) = by_hand();
        let stop = CancellationToken::new();
        let watched = tasks.clone();
        let token = stop.clone();
        let panics = tokio::spawn(async move {
            watched.watch("editors", MINUTE, &token, async { panic!("in this test") }).await
        });
        assert!(panics.await.is_err());
        tasks.watch("web server", MINUTE, &stop, async {}).await;
        let told: Vec<String> = tasks.stuck().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["editors ended unexpectedly while starting", "web server ended unexpectedly while starting"]
        );
    }

    #[test]
    fn outside_of_a_task_nothing_happens() {
        heartbeat();
        step("polling");
        rest("resting", MINUTE);
    }
}
