//! Standard output: every write is checked, and nobody who stops reading makes a command fail.

use std::{
    fmt::Display,
    io::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::redact::redacted;

/// Whether the reader is gone (`courant sources list | head`): what is printed from then on goes nowhere.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// The first error of a line that could not be printed; it is told, and decides the exit code, at the end.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Standard output, for what is written in pieces. A closed pipe is not an error; other errors name standard output, and
/// the caller must return them.
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

/// Whether the reader of standard output is gone, so that nothing need be made for it any more.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// `without_reader` where nobody reads on.
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

/// Prints a line, with the secrets of URLs hidden. Where nobody reads on, the line is lost and the command goes on with
/// what it does; any other error makes it fail at its end.
pub(crate) fn say(line: impl Display) {
    say_plainly(redacted(&line.to_string()));
}

/// Prints a line as it is: a key, a payload, a list that is to be read by a program.
pub(crate) fn say_plainly(line: impl Display) {
    if has_failed() {
        return;
    }
    // A line in one piece: another thread must not get in between.
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

/// Writes out what is left, and gives the error of anything that could not be printed.
pub(crate) fn finish() -> io::Result<()> {
    let flushed = Stdout.flush();
    failed().take().map_or(flushed, Err)
}
