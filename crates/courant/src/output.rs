//! Output of the commands: log, progress, plain text and JSON.
//!
//! Nothing here panics if standard output or standard error cannot be written, and nothing is
//! printed in any other way: the macros of the standard library are banned in `clippy.toml`.

mod json;
mod progress;
mod redact;
mod stderr;
mod stdout;
mod words;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, IsTerminal},
    panic,
};

use serde::Serialize;

use self::stderr::LogWriter;
pub(crate) use self::{
    progress::Progress,
    stderr::{drain, tell},
    stdout::{Stdout, finish as finish_stdout, is_closed, say, say_plainly},
    words::{counted, time},
};

/// Starts the log on standard error: warnings and errors, with `-v` what is done, with `-vv` every
/// detail. `COURANT_LOG` (a `tracing` filter) overrides. Panics reach it too.
pub(crate) fn start_log(verbose: u8) {
    // Remarks of the parser about other people's markup, and of the database about waiting on a
    // busy machine, are of no use to a person.
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
    // The hook of the standard library would wait for standard error.
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
