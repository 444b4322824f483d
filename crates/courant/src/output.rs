//! What the commands say: log, progress, plain and JSON output, exit codes.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::site::SiteError;

/// How a command ended. Documented in `courant --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The site's files are not in order.
    BadSite = 3,
    /// Done, but some items failed; they are listed.
    Partly = 4,
    /// `build --check` found differences.
    Differs = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit code that fits an error.
pub(crate) fn exit_code_of(error: &anyhow::Error) -> Exit {
    if error.chain().any(<dyn std::error::Error + 'static>::is::<SiteError>) {
        Exit::BadSite
    } else {
        Exit::Failed
    }
}

/// Starts the log on standard error: warnings and errors, with `-v` what is done, with `-vv` every detail.
/// `COURANT_LOG` (a `tracing` filter) overrides.
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
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints a line on standard output. Where nobody reads on (`courant sources list | head`), the line is lost and the
/// command goes on with what it does.
pub(crate) fn say(line: impl Display) {
    // There is nobody to tell.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A progress bar on a terminal, plain lines elsewhere.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    total: u64,
    next_line: u64,
}

impl Progress {
    /// Progress towards `total` (0: not known) of `what` (a plural: `pages`).
    pub(crate) fn new(what: &str, total: u64, quiet: bool) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar =
                ProgressBar::with_draw_target((total > 0).then_some(total), ProgressDrawTarget::stderr());
            let shape = if total > 0 { "{msg} {wide_bar} {percent} % {eta}" } else { "{spinner} {msg}" };
            bar.set_style(
                ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        let next_line = if quiet { u64::MAX } else { 1 };
        Self { bar, what: what.to_owned(), total, next_line }
    }

    /// States how far the work is; `done` counts things, `position` is measured like `total`.
    pub(crate) fn at(&mut self, done: u64, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{done} {}", self.what));
            bar.set_position(position);
        } else if done >= self.next_line {
            if self.total > 0 {
                eprintln!("{done} {} ({} %)", self.what, position * 100 / self.total.max(1));
            } else {
                eprintln!("{done} {}", self.what);
            }
            // Lines thin out as the count grows, so that a log of a long run stays short.
            self.next_line = (done * 2).max(100);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
