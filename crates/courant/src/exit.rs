//! Exit codes, and reporting the outcome of a command.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use courant_site::SiteError;

use crate::{
    output::{drain, finish_stdout, say_plainly, tell},
    stop::{self, Signal, Stopped},
};

/// How a command ended. Documented in `courant --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line was not understood.
    Usage = 2,
    /// A file of the site has an error.
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
    /// This, unless a signal ended the work early.
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

/// The exit code for an error.
fn exit_code_of(error: &anyhow::Error) -> Exit {
    if let Some(stopped) = error.chain().find_map(|error| error.downcast_ref::<Stopped>()) {
        stopped.0.into()
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<SiteError>) {
        Exit::BadSite
    } else {
        Exit::Failed
    }
}

/// Reports an error, flushes the output and gives the exit code. A command that did its work but
/// could not print its result has failed.
pub(crate) fn finish(outcome: anyhow::Result<Exit>) -> ExitCode {
    let mut exit = outcome.unwrap_or_else(|error| {
        tell(format_args!("courant: {error:#}"));
        exit_code_of(&error)
    });
    if let Err(error) = finish_stdout() {
        tell(format_args!("courant: {error}"));
        exit = Exit::Failed;
    }
    drain();
    exit.into()
}

/// Prints the help, the version, or the error in the command line.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render();
    #[expect(clippy::disallowed_methods, reason = "how help looks is decided before settings are read")]
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
