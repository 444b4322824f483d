//! A thread of the operating system that looks after the tasks: it finds those that no longer get on even where the whole
//! runtime is blocked, names them in the log, keeps the status file, and gives systemd signs of life while all get on.

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

/// How often it looks, at the longest.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The thread; it ends with this.
#[derive(Debug)]
pub(crate) struct Watchdog {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts to look after the tasks of a program that is ready, and says so to systemd.
    pub(crate) fn start(health: Health, program: Program, notifier: Option<Notifier>) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let mut watch = Look::new(health, program, notifier);
        watch.look();
        let pause = watch.pause();
        let looking = move || {
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                watch.look();
            }
            watch.end();
        };
        let thread = thread::Builder::new().name("watchdog".to_owned()).spawn(looking)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was reported by itself.
            let _ = thread.join();
        }
    }
}

/// What it knows from one look to the next.
struct Look {
    health: Health,
    program: Program,
    notifier: Option<Notifier>,
    /// The tasks that were stuck when it last looked.
    known: Vec<&'static str>,
    /// What the status file says.
    told: Option<Status>,
    /// What systemd was last told to show.
    shown: String,
}

impl Look {
    fn new(health: Health, program: Program, notifier: Option<Notifier>) -> Self {
        Self { health, program, notifier, known: Vec::new(), told: None, shown: String::new() }
    }

    /// Between two looks: half of the time after which systemd would restart the program, or shorter.
    fn pause(&self) -> Duration {
        let wanted = self.notifier.as_ref().and_then(Notifier::watchdog);
        wanted.map_or(LOOK_EVERY, |wanted| (wanted / 2).min(LOOK_EVERY))
    }

    /// Looks once.
    fn look(&mut self) {
        let stuck = self.health.tasks.stuck();
        self.log(&stuck);
        let status = self.health.status(&self.program);
        self.tell_systemd(&status, stuck.is_empty());
        if self.told.as_ref() != Some(&status) {
            // A full disk is told of in other places; the next look tries again.
            self.told = status.write(self.health.folder()).is_ok().then_some(status);
        }
    }

    /// Names each task once when it gets stuck, and once when it moves again.
    fn log(&mut self, stuck: &[StuckTask]) {
        for task in stuck.iter().filter(|task| !self.known.contains(&task.name)) {
            tracing::error!("stuck: {task}; restart the program if it does not go on");
        }
        for name in self.known.iter().filter(|name| stuck.iter().all(|task| task.name != **name)) {
            tracing::warn!("no longer stuck: {name}");
        }
        self.known = stuck.iter().map(|task| task.name).collect();
    }

    fn tell_systemd(&mut self, status: &Status, gets_on: bool) {
        let Some(notifier) = &self.notifier else { return };
        let line = status_line(status);
        let mut lines = Vec::new();
        if self.told.is_none() && self.shown.is_empty() {
            lines.push("READY=1".to_owned());
        }
        if line != self.shown {
            lines.push(format!("STATUS={line}"));
        }
        if gets_on && notifier.watchdog().is_some() {
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

/// The state in one line, as `systemctl status` shows it.
fn status_line(status: &Status) -> String {
    let round = status.last_round.map_or_else(String::new, |at| format!("; last round {at}"));
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
    fn the_status_file_follows_what_fails_and_goes_with_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health::new(by_hand().0, Clock::new(None), folder.path());
        let mut watch = Look::new(health.clone(), program(&health), None);
        watch.look();
        let read = || Status::read(folder.path()).unwrap();
        assert_eq!((read().process, read().problems.len()), (std::process::id(), 0));
        health.note(Step::Records, Err("Permission denied".to_owned()));
        watch.look();
        assert_eq!(read().problems[0].what, "records");
        health.note(Step::Records, Ok(()));
        watch.look();
        assert!(read().problems.is_empty());
        watch.end();
        assert_eq!(Status::read(folder.path()), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn systemd_gets_signs_of_life_only_while_all_tasks_get_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        manager.set_nonblocking(true).unwrap();
        let heard = || {
            let mut bytes = [0; 512];
            let length = manager.recv(&mut bytes).unwrap_or_default();
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        };
        let (tasks, clock) = by_hand();
        let health = Health::new(tasks.clone(), Clock::new(None), folder.path());
        let notifier = Notifier::new(Some(path.as_os_str()), Some("60000000"), None);
        let mut watch = Look::new(health.clone(), program(&health), notifier);
        let work = async {
            watch.look();
            let first = heard();
            assert!(first.starts_with("READY=1\nSTATUS=serving on http://127.0.0.1:80"), "{first}");
            assert!(first.ends_with("\nWATCHDOG=1"), "{first}");
            watch.look();
            assert_eq!(heard(), "WATCHDOG=1");
            clock.store(61, Ordering::Relaxed);
            watch.look();
            let stuck = heard();
            assert!(stuck.ends_with("; failing: tasks") && !stuck.contains("WATCHDOG"), "{stuck}");
            watch.look();
            assert_eq!(heard(), "", "nothing more is said while it is stuck");
            health::heartbeat();
            watch.look();
            assert!(heard().ends_with("\nWATCHDOG=1"));
            watch.end();
            assert_eq!(heard(), "STOPPING=1");
        };
        tasks.watch("rounds", Duration::from_mins(1), &CancellationToken::new(), work).await;
    }

    #[test]
    fn the_thread_looks_without_any_runtime() {
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
