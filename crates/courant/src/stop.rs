//! Signals: Ctrl-C, SIGTERM and SIGHUP.
//!
//! A thread with a runtime of its own receives them, so that they work while the rest of the program is busy, waits for
//! standard error or hangs. The first Ctrl-C or SIGTERM asks the work to end after the step in hand; a second one ends
//! the program at once, which loses nothing that was acknowledged but may leave a step to be done again. SIGHUP makes a
//! running site read its files again, and stops every other command as SIGTERM does. Where it was ignored from the
//! beginning (`nohup`), it stays ignored.

use std::{
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::output::tell;

/// Two signals within this time are one: `timeout` sends a signal to the process and to its group.
const TOGETHER: Duration = Duration::from_millis(200);

/// The first signal that asked the program to stop; 0 while none has.
static STOPPED_BY: AtomicU8 = AtomicU8::new(0);

/// A signal that can end the program, with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGHUP.
    Hangup = 1,
    /// SIGINT: Ctrl-C.
    Interrupt = 2,
    /// SIGTERM.
    Terminate = 15,
}

impl Signal {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        }
    }

    /// The exit code of what it has ended, as shells count.
    const fn exit_code(self) -> i32 {
        128 + self as i32
    }
}

/// The work was not done because a signal asked to stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped by {}; run the command again to go on", self.0.name())]
pub(crate) struct Stopped(pub(crate) Signal);

/// The signal that asked the program to stop, where one has.
pub(crate) fn stopped_by() -> Option<Signal> {
    [Signal::Hangup, Signal::Interrupt, Signal::Terminate]
        .into_iter()
        .find(|signal| *signal as u8 == STOPPED_BY.load(Ordering::Relaxed))
}

/// An error where a signal has asked the program to stop: for long work that waits for nothing.
pub(crate) fn check() -> Result<(), Stopped> {
    stopped_by().map_or(Ok(()), |signal| Err(Stopped(signal)))
}

/// Does what can be left half-way, until a signal asks to stop.
pub(crate) async fn unless_stopped<T>(
    stop: &CancellationToken,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(Stopped(stopped_by().unwrap_or(Signal::Terminate)).into()),
        done = work => done,
    }
}

/// What signals ask of a command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Cancelled when the command is to end.
    pub(crate) stop: CancellationToken,
    /// Told when a running site is to read its files again.
    pub(crate) reload: Arc<Notify>,
}

/// A token that is cancelled by the first signal that asks a command to end.
pub(crate) fn on_signal() -> CancellationToken {
    listen(false).stop
}

/// What signals ask of a site that runs until it is stopped.
pub(crate) fn while_serving() -> Asked {
    listen(true)
}

fn listen(serving: bool) -> Asked {
    let asked = Asked::default();
    let terminal = has_terminal();
    let listener = Listener { asked: asked.clone(), serving, terminal, first: None, stopped_by: &STOPPED_BY };
    let (ready, is_ready) = mpsc::channel();
    let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Err(error) = listener.receive(&ready) {
            tracing::error!("signals end the program at once: they cannot be received: {error}");
        }
    });
    if let Err(error) = thread {
        tracing::error!("signals end the program at once: no thread for them could be started: {error}");
    }
    // Until the thread listens, or has given up.
    let _ = is_ready.recv();
    asked
}

/// What has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Signal(Signal),
    /// SIGUSR1 or SIGUSR2, which would end the program by default.
    Nothing(&'static str),
}

struct Listener {
    asked: Asked,
    serving: bool,
    /// Whether the program was started from a terminal.
    terminal: bool,
    /// When the first signal came that asked to stop.
    first: Option<Instant>,
    /// Where the rest of the program sees it.
    stopped_by: &'static AtomicU8,
}

impl Listener {
    fn receive(mut self, ready: &mpsc::Sender<()>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(async {
            let mut signals = Signals::new(self.serving)?;
            // Nobody waits any more where the command has ended.
            let _ = ready.send(());
            loop {
                self.take(signals.next().await, Instant::now());
            }
        })
    }

    /// Acts first and tells then.
    fn take(&mut self, came: Came, at: Instant) {
        match came {
            Came::Nothing(name) => {
                tell(format_args!("courant: {name} does nothing; SIGHUP reads the site's files again"));
            }
            // A terminal that is closed sends SIGHUP too, and nobody could stop the site with Ctrl-C any more.
            Came::Signal(Signal::Hangup) if self.serving && (!self.terminal || has_terminal()) => {
                self.asked.reload.notify_one();
                tell("courant: SIGHUP: reading the site's files again after the current step");
            }
            Came::Signal(signal) => self.stop(signal, at),
        }
    }

    fn stop(&mut self, signal: Signal, at: Instant) {
        let Some(first) = self.first else {
            self.first = Some(at);
            self.stopped_by.store(signal as u8, Ordering::Relaxed);
            self.asked.stop.cancel();
            let again = match signal {
                Signal::Interrupt => "Ctrl-C again quits now",
                Signal::Hangup | Signal::Terminate => "a second SIGTERM quits now",
            };
            tell(format_args!("courant: {}: finishing the current step ({again})", signal.name()));
            return;
        };
        // A terminal that closes and a service manager send SIGHUP beside the signal that is meant.
        if signal != Signal::Hangup && at.duration_since(first) > TOGETHER {
            std::process::exit(signal.exit_code());
        }
    }
}

/// Whether there is a terminal from which the program can be reached.
fn has_terminal() -> bool {
    cfg!(unix) && File::open("/dev/tty").is_ok()
}

/// Whether SIGHUP is ignored, as `nohup` leaves it. Known on Linux only: elsewhere one cannot ask without unsafe code.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
    users: Option<[tokio::signal::unix::Signal; 2]>,
}

#[cfg(unix)]
impl Signals {
    fn new(serving: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let users =
            || io::Result::Ok([signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?]);
        Ok(Self {
            hangup: (!ignores_hangup()).then(|| signal(SignalKind::hangup())).transpose()?,
            users: serving.then(users).transpose()?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Came {
        let [first, second] = match &mut self.users {
            Some([first, second]) => [Some(first), Some(second)],
            None => [None, None],
        };
        tokio::select! {
            () = received(Some(&mut self.terminate)) => Came::Signal(Signal::Terminate),
            () = received(Some(&mut self.interrupt)) => Came::Signal(Signal::Interrupt),
            () = received(self.hangup.as_mut()) => Came::Signal(Signal::Hangup),
            () = received(first) => Came::Nothing("SIGUSR1"),
            () = received(second) => Came::Nothing("SIGUSR2"),
        }
    }
}

/// Waits for a signal; for ever where it is not listened to.
#[cfg(unix)]
async fn received(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        // `None` would mean that no signal can come any more.
        Some(signal) => {
            if signal.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new(_: bool) -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Came {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Came::Signal(Signal::Interrupt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(serving: bool) -> Listener {
        // Not the one of the process, in which other tests go on.
        static STOPPED_BY: AtomicU8 = AtomicU8::new(0);
        let asked = Asked::default();
        Listener { asked, serving, terminal: false, first: None, stopped_by: &STOPPED_BY }
    }

    #[tokio::test]
    async fn a_hangup_reloads_a_site_and_other_signals_of_users_do_nothing() {
        let mut listener = listener(true);
        let now = Instant::now();
        listener.take(Came::Nothing("SIGUSR1"), now);
        listener.take(Came::Signal(Signal::Hangup), now);
        listener.asked.reload.notified().await;
        assert!(!listener.asked.stop.is_cancelled() && listener.first.is_none());
    }

    #[test]
    fn a_hangup_beside_the_signal_that_stops_is_not_the_second_one() {
        let mut listener = listener(false);
        let now = Instant::now();
        listener.take(Came::Signal(Signal::Hangup), now);
        assert!(listener.asked.stop.is_cancelled());
        // Each of these would end this test at once.
        listener.take(Came::Signal(Signal::Hangup), now + TOGETHER * 10);
        listener.take(Came::Signal(Signal::Terminate), now + TOGETHER);
    }
}
