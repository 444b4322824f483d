//! What the commands say: log, progress, plain and JSON output, exit codes.
//!
//! Nothing here panics where standard output or standard error cannot be written, and nothing is printed by any other
//! way: the macros of the standard library are banned in `clippy.toml`.

mod json;
mod progress;
mod stderr;
mod stdout;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    borrow::Cow,
    io::{self, IsTerminal},
    panic,
    process::ExitCode,
};

use courant_site::SiteError;
use serde::Serialize;

use self::stderr::{LogWriter, drain};
pub(crate) use self::{
    progress::Progress,
    stderr::tell,
    stdout::{Stdout, is_closed, say, say_plainly},
};
use crate::stop::{self, Signal, Stopped};

/// How a command ended. Documented in `courant --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line was not understood.
    Usage = 2,
    /// The site's files are not in order.
    BadSite = 3,
    /// Done, but some items failed; they are listed.
    Partly = 4,
    /// `build --check` found differences.
    Differs = 5,
    /// Stopped by SIGHUP before everything was done.
    HungUp = 129,
    /// Stopped by Ctrl-C before everything was done.
    Interrupted = 130,
    /// Stopped by SIGTERM before everything was done.
    Terminated = 143,
}

impl Exit {
    /// This, unless a signal has ended the work before.
    pub(crate) fn unless_stopped(self) -> Self {
        stop::stopped_by().map_or(self, Self::from)
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Hangup => Self::HungUp,
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit code that fits an error.
fn exit_code_of(error: &anyhow::Error) -> Exit {
    if let Some(stopped) = error.chain().find_map(|error| error.downcast_ref::<Stopped>()) {
        stopped.0.into()
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<SiteError>) {
        Exit::BadSite
    } else {
        Exit::Failed
    }
}

/// Tells an error, writes out what is left and gives the exit code. A command that did its work but could not print what
/// it had to say has failed.
pub(crate) fn finish(outcome: anyhow::Result<Exit>) -> ExitCode {
    let mut exit = outcome.unwrap_or_else(|error| {
        tell(format_args!("courant: {error:#}"));
        exit_code_of(&error)
    });
    if let Err(error) = stdout::finish() {
        tell(format_args!("courant: {error}"));
        exit = Exit::Failed;
    }
    drain();
    exit.into()
}

/// Prints the help or the version that was asked for, or what is wrong with the command line.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render();
    #[expect(clippy::disallowed_methods, reason = "a convention of terminals, read before any setting")]
    let plain = std::env::var_os("NO_COLOR").is_some();
    let shown = |is_terminal: bool| {
        if is_terminal && !plain { text.ansi().to_string() } else { text.to_string() }
    };
    if error.use_stderr() {
        tell(shown(io::stderr().is_terminal()).trim_end());
        return finish(Ok(Exit::Usage));
    }
    say_plainly(shown(io::stdout().is_terminal()).trim_end());
    finish(Ok(Exit::Done))
}

/// Starts the log on standard error: warnings and errors, with `-v` what is done, with `-vv` every detail.
/// `COURANT_LOG` (a `tracing` filter) overrides. Panics reach it too.
pub(crate) fn start_log(verbose: u8) {
    // What the parser thinks of other people's markup, and how long a connection was waited for on a busy
    // machine, is nothing that a person should look at.
    let level = match verbose {
        0 => "warn,html5ever=error,sqlx=error",
        1 => "info,html5ever=error,sqlx=error",
        _ => "debug,sqlx=warn,hyper=info,reqwest=info,html5ever=info,selectors=info",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("COURANT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| LogWriter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .log_internal_errors(false)
        .init();
    // The hook of the standard library would wait for whatever is behind standard error.
    panic::set_hook(Box::new(|panic| {
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            tracing::error!("internal error, please report it: {panic}\n{trace}");
        } else {
            tracing::error!("internal error, please report it: {panic}");
        }
    }));
}

/// Prints a value as indented JSON, with the secrets of URLs hidden.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    say_plainly(json::text(value)?);
    Ok(())
}

/// A text with the passwords and tokens in its URLs hidden.
fn redacted(text: &str) -> Cow<'_, str> {
    if text.contains("://") { Cow::Owned(courant_model::redacted_text(text)) } else { Cow::Borrowed(text) }
}
