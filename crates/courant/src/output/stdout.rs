//! Standard output: every write is checked; a command does not fail when its reader stops reading.

use std::{
    fmt::Display,
    io::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::redact::redacted;

/// Whether the reader has closed the pipe (`courant sources list | head`): later output is dropped.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// The first error of a line that could not be printed; reported at the end, where it decides the
/// exit code.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Standard output for output in pieces. A closed pipe is not an error; other errors name standard
/// output, and the caller must return them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if is_closed() {
            return Ok(bytes.len());
        }
        checked(io::stdout().lock().write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if is_closed() { Ok(()) } else { checked(io::stdout().lock().flush(), ()) }
    }
}

/// Whether the reader has closed standard output, so that the rest need not be computed.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Gives `without_reader` if the pipe is closed.
fn checked<T>(written: io::Result<T>, without_reader: T) -> io::Result<T> {
    written.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(without_reader)
        }
        // `write_all` calls again.
        io::ErrorKind::Interrupted => Err(error),
        kind => Err(io::Error::new(kind, format!("cannot write to standard output: {error}"))),
    })
}

/// Prints a line, with the secrets of URLs hidden. If the pipe is closed, the line is dropped and
/// the command continues; any other error makes it fail at its end.
pub(crate) fn say(line: impl Display) {
    say_plainly(redacted(&line.to_string()));
}

/// Prints a line unchanged: a key, a payload, a list for another program.
pub(crate) fn say_plainly(line: impl Display) {
    if has_failed() {
        return;
    }
    // The line in one write: another thread must not print in between.
    let line = format!("{line}\n");
    if let Err(error) = Stdout.write_all(line.as_bytes()) {
        *failed() = Some(error);
    }
}

fn has_failed() -> bool {
    failed().is_some()
}

fn failed() -> std::sync::MutexGuard<'static, Option<io::Error>> {
    FAILED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Flushes, and gives the first error of anything that could not be printed.
pub(crate) fn finish() -> io::Result<()> {
    let flushed = Stdout.flush();
    failed().take().map_or(flushed, Err)
}
