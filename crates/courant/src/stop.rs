//! Signals: Ctrl-C, SIGTERM and SIGHUP.
//!
//! A thread with its own runtime receives them, so that they work while the rest of the program is
//! busy, waits for standard error or hangs. The first Ctrl-C or SIGTERM ends the work after the
//! current step; a second one ends the program at once, which loses nothing that was acknowledged,
//! but a step may have to be repeated. SIGHUP makes a running site read its files again, and stops
//! every other command like SIGTERM. If it was ignored at the start (`nohup`), it stays ignored.

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

/// Signals within this time count as one: `timeout` sends a signal to the process and to its group.
const SAME_SIGNAL: Duration = Duration::from_millis(200);

/// The first signal that asked the program to stop; 0 if there was none.
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

    /// The exit code of a program that it ended, by the convention of shells.
    const fn exit_code(self) -> i32 {
        128 + self as i32
    }
}

/// The work was not done because a signal asked to stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped by {}; run the command again to continue", self.0.name())]
pub(crate) struct Stopped(pub(crate) Signal);

/// The signal that asked the program to stop, if any.
pub(crate) fn stopped_by() -> Option<Signal> {
    [Signal::Hangup, Signal::Interrupt, Signal::Terminate]
        .into_iter()
        .find(|signal| *signal as u8 == STOPPED_BY.load(Ordering::Relaxed))
}

/// An error if a signal asked the program to stop; for long work without awaits.
pub(crate) fn check() -> Result<(), Stopped> {
    stopped_by().map_or(Ok(()), |signal| Err(Stopped(signal)))
}

/// Does work that may be interrupted, until a signal asks to stop.
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

/// Requests by signals to a command.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignalRequests {
    /// Cancelled when the command is to end.
    pub(crate) stop: CancellationToken,
    /// Notified when a running site should read its files again.
    pub(crate) reload: Arc<Notify>,
}

/// A token that is cancelled by the first signal that asks the command to end.
pub(crate) fn on_signal() -> CancellationToken {
    listen(false).stop
}

/// Requests by signals to a site that runs until it is stopped.
pub(crate) fn while_serving() -> SignalRequests {
    listen(true)
}

fn listen(serving: bool) -> SignalRequests {
    let requests = SignalRequests::default();
    let terminal = has_terminal();
    let listener =
        Listener { requests: requests.clone(), serving, terminal, first: None, stopped_by: &STOPPED_BY };
    let (ready, is_ready) = mpsc::channel();
    let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Err(error) = listener.receive(&ready) {
            tracing::error!(%error, "signals will end the program at once, because they cannot be received");
        }
    });
    if let Err(error) = thread {
        tracing::error!(
            %error,
            "signals will end the program at once, because their thread could not be started"
        );
    }
    // Wait until the thread listens or has failed.
    let _ = is_ready.recv();
    requests
}

/// A signal as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Received {
    Signal(Signal),
    /// SIGUSR1 or SIGUSR2, which would end the program by default.
    Unused(&'static str),
}

struct Listener {
    requests: SignalRequests,
    serving: bool,
    /// Whether the program was started from a terminal.
    terminal: bool,
    /// When the first signal to stop arrived.
    first: Option<Instant>,
    /// The number of that signal, for the rest of the program.
    stopped_by: &'static AtomicU8,
}

impl Listener {
    fn receive(mut self, ready: &mpsc::Sender<()>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(async {
            let mut signals = Signals::new(self.serving)?;
            // The command may have ended already.
            let _ = ready.send(());
            loop {
                self.handle(signals.next().await, Instant::now());
            }
        })
    }

    /// Acts first, then reports.
    fn handle(&mut self, signal: Received, at: Instant) {
        match signal {
            Received::Unused(name) => {
                tell(format_args!("courant: {name} does nothing; SIGHUP reads the site's files again"));
            }
            // A closing terminal sends SIGHUP too, and then nobody could stop the site with Ctrl-C.
            Received::Signal(Signal::Hangup) if self.serving && (!self.terminal || has_terminal()) => {
                self.requests.reload.notify_one();
                tell("courant: SIGHUP: reading the site's files again after the current step");
            }
            Received::Signal(signal) => self.stop(signal, at),
        }
    }

    fn stop(&mut self, signal: Signal, at: Instant) {
        let Some(first) = self.first else {
            self.first = Some(at);
            self.stopped_by.store(signal as u8, Ordering::Relaxed);
            self.requests.stop.cancel();
            let hint = match signal {
                Signal::Interrupt => "Ctrl-C again quits now",
                Signal::Hangup | Signal::Terminate => "a second SIGTERM quits now",
            };
            tell(format_args!("courant: {}: finishing the current step ({hint})", signal.name()));
            return;
        };
        // A closing terminal and a service manager send SIGHUP in addition to the intended signal.
        if signal != Signal::Hangup && at.duration_since(first) > SAME_SIGNAL {
            std::process::exit(signal.exit_code());
        }
    }
}

/// Whether the program has a controlling terminal.
fn has_terminal() -> bool {
    cfg!(unix) && File::open("/dev/tty").is_ok()
}

/// Whether SIGHUP is ignored, as under `nohup`. Known only on Linux: elsewhere it takes unsafe code
/// to ask.
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

    async fn next(&mut self) -> Received {
        let [first, second] = match &mut self.users {
            Some([first, second]) => [Some(first), Some(second)],
            None => [None, None],
        };
        tokio::select! {
            () = received(Some(&mut self.terminate)) => Received::Signal(Signal::Terminate),
            () = received(Some(&mut self.interrupt)) => Received::Signal(Signal::Interrupt),
            () = received(self.hangup.as_mut()) => Received::Signal(Signal::Hangup),
            () = received(first) => Received::Unused("SIGUSR1"),
            () = received(second) => Received::Unused("SIGUSR2"),
        }
    }
}

/// Waits for a signal; forever if there is no listener.
#[cfg(unix)]
async fn received(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        // `None` would mean that no more signals can arrive.
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

    async fn next(&mut self) -> Received {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Received::Signal(Signal::Interrupt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(serving: bool) -> Listener {
        // Not that of the process, in which other tests run.
        static STOPPED_BY: AtomicU8 = AtomicU8::new(0);
        let requests = SignalRequests::default();
        Listener { requests, serving, terminal: false, first: None, stopped_by: &STOPPED_BY }
    }

    #[tokio::test]
    async fn a_hangup_reloads_a_site_and_user_signals_do_nothing() {
        let mut listener = listener(true);
        let now = Instant::now();
        listener.handle(Received::Unused("SIGUSR1"), now);
        listener.handle(Received::Signal(Signal::Hangup), now);
        listener.requests.reload.notified().await;
        assert!(!listener.requests.stop.is_cancelled() && listener.first.is_none());
    }

    #[test]
    fn a_hangup_together_with_a_stop_signal_is_not_a_second_stop() {
        let mut listener = listener(false);
        let now = Instant::now();
        listener.handle(Received::Signal(Signal::Hangup), now);
        assert!(listener.requests.stop.is_cancelled());
        // Each of these would end this test at once.
        listener.handle(Received::Signal(Signal::Hangup), now + SAME_SIGNAL * 10);
        listener.handle(Received::Signal(Signal::Terminate), now + SAME_SIGNAL);
    }
}
