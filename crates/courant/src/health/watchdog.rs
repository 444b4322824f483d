//! A thread that watches the tasks: it finds stuck tasks even if the whole runtime is blocked,
//! names them in the log, keeps the status file, and sends watchdog messages to systemd while all
//! tasks make progress.

use std::{
    io,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use courant_pipeline::tasks::StuckTask;

use super::{
    journal::{Health, Program},
    status::Status,
    systemd::Notifier,
};
use crate::output::time;

/// Maximum interval between two checks.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts to watch the tasks of a program that is ready, and notifies systemd that it is.
    pub(crate) fn start(health: Health, program: Program, notifier: Option<Notifier>) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let mut watch = Watch::new(health, program, notifier);
        watch.check();
        let interval = watch.interval();
        let watching = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                watch.check();
            }
            watch.end();
        };
        let thread = thread::Builder::new().name("watchdog".to_owned()).spawn(watching)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it has been reported already.
            let _ = thread.join();
        }
    }
}

/// The state between checks.
struct Watch {
    health: Health,
    program: Program,
    notifier: Option<Notifier>,
    /// The tasks that were stuck at the last check.
    known: Vec<&'static str>,
    /// The status in the file.
    written: Option<Status>,
    /// The status line last sent to systemd.
    shown: String,
}

impl Watch {
    fn new(health: Health, program: Program, notifier: Option<Notifier>) -> Self {
        Self { health, program, notifier, known: Vec::new(), written: None, shown: String::new() }
    }

    /// The interval: half of the time after which systemd would restart the program, or shorter.
    fn interval(&self) -> Duration {
        let wanted = self.notifier.as_ref().and_then(Notifier::watchdog);
        wanted.map_or(MAX_INTERVAL, |wanted| (wanted / 2).min(MAX_INTERVAL))
    }

    /// Checks once.
    fn check(&mut self) {
        let stuck = self.health.tasks.stuck();
        self.log(&stuck);
        let status = self.health.status(&self.program);
        self.notify_systemd(&status, stuck.is_empty());
        if self.written.as_ref() != Some(&status) {
            // A full disk is reported elsewhere; the next check retries.
            self.written = status.write(self.health.folder()).is_ok().then_some(status);
        }
    }

    /// Logs each task once when it gets stuck, and once when it makes progress again.
    fn log(&mut self, stuck: &[StuckTask]) {
        for task in stuck.iter().filter(|task| !self.known.contains(&task.name)) {
            tracing::error!("stuck: {task}; restart the program if it stays stuck");
        }
        for name in self.known.iter().filter(|name| stuck.iter().all(|task| task.name != **name)) {
            tracing::warn!("no longer stuck: {name}");
        }
        self.known = stuck.iter().map(|task| task.name).collect();
    }

    fn notify_systemd(&mut self, status: &Status, is_well: bool) {
        let Some(notifier) = &self.notifier else { return };
        let line = status_line(status);
        let mut lines = Vec::new();
        if self.written.is_none() && self.shown.is_empty() {
            lines.push("READY=1".to_owned());
        }
        if line != self.shown {
            lines.push(format!("STATUS={line}"));
        }
        if is_well && notifier.watchdog().is_some() {
            lines.push("WATCHDOG=1".to_owned());
        }
        if !lines.is_empty() {
            notifier.send(&lines.join("\n"));
        }
        self.shown = line;
    }

    fn end(&self) {
        if let Some(notifier) = &self.notifier {
            notifier.send("STOPPING=1");
        }
        Status::remove(self.health.folder());
    }
}

/// The status in one line for `systemctl status`.
fn status_line(status: &Status) -> String {
    let round = status.last_round.map_or_else(String::new, |at| format!("; last round {}", time(at)));
    let listen = &status.listen;
    if status.problems.is_empty() {
        return format!("serving on {listen}{round}");
    }
    let failing: Vec<&str> = status.problems.iter().map(|problem| &*problem.what).collect();
    format!("serving on {listen}{round}; failing: {}", failing.join(", "))
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::atomic::Ordering};

    use courant_pipeline::clock::Clock;
    use tokio_util::sync::CancellationToken;

    use super::{super::journal::Step, *};
    use crate::health::{self, testing::by_hand};

    fn program(health: &Health) -> Program {
        Program {
            command: "courant run",
            works: true,
            started: health.mark(),
            listen: "http://127.0.0.1:80".to_owned(),
        }
    }

    #[test]
    fn the_status_file_lists_failures_and_is_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health::new(by_hand().0, Clock::new(None), folder.path());
        let mut watch = Watch::new(health.clone(), program(&health), None);
        watch.check();
        let read = || Status::read(folder.path()).unwrap();
        assert_eq!((read().process, read().problems.len()), (std::process::id(), 0));
        health.note(Step::Records, Err("Permission denied".to_owned()));
        watch.check();
        assert_eq!(read().problems[0].what, "records");
        health.note(Step::Records, Ok(()));
        watch.check();
        assert!(read().problems.is_empty());
        watch.end();
        assert_eq!(Status::read(folder.path()), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn systemd_gets_watchdog_messages_only_while_all_tasks_make_progress() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        manager.set_nonblocking(true).unwrap();
        let received = || {
            let mut bytes = [0; 512];
            let length = manager.recv(&mut bytes).unwrap_or_default();
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        };
        let (tasks, clock) = by_hand();
        let health = Health::new(tasks.clone(), Clock::new(None), folder.path());
        let notifier = Notifier::new(Some(path.as_os_str()), Some("60000000"), None);
        let mut watch = Watch::new(health.clone(), program(&health), notifier);
        let work = async {
            watch.check();
            let first = received();
            assert!(first.starts_with("READY=1\nSTATUS=serving on http://127.0.0.1:80"), "{first}");
            assert!(first.ends_with("\nWATCHDOG=1"), "{first}");
            watch.check();
            assert_eq!(received(), "WATCHDOG=1");
            clock.store(61, Ordering::Relaxed);
            watch.check();
            let stuck = received();
            assert!(stuck.ends_with("; failing: tasks") && !stuck.contains("WATCHDOG"), "{stuck}");
            watch.check();
            assert_eq!(received(), "", "nothing more is sent while it is stuck");
            health::heartbeat();
            watch.check();
            assert!(received().ends_with("\nWATCHDOG=1"));
            watch.end();
            assert_eq!(received(), "STOPPING=1");
        };
        tasks.watch("rounds", Duration::from_mins(1), &CancellationToken::new(), work).await;
    }

    #[test]
    fn the_thread_watches_without_any_runtime() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health::new(by_hand().0, Clock::new(None), folder.path());
        let started = Watchdog::start(health.clone(), program(&health), None).unwrap();
        assert!(Status::read(folder.path()).is_some(), "written before it returns");
        drop(started);
        assert_eq!(Status::read(folder.path()), None, "the thread has ended");
        let nowhere = Health::new(by_hand().0, Clock::new(None), Path::new("/dev/null/x"));
        drop(Watchdog::start(nowhere.clone(), program(&nowhere), None).unwrap());
    }
}
