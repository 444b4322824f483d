//! Standard error: a queue that one thread writes.
//!
//! If it cannot be written (a log pipe without a reader, a full disk, a stopped terminal), the
//! program neither ends nor waits. Lines that cannot be written are dropped and counted, and the
//! count is written as soon as writing works again.

use std::{
    collections::VecDeque,
    fmt::Display,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::redact::redacted;

/// Maximum number of bytes that wait to be written.
const MAX_WAITING: usize = 1 << 20;

/// Maximum time that the end of the program waits for the last lines.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Lines that wait to be written, and how many were lost.
#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Lines lost since the last line that was written.
    lost: u64,
    /// Whether a line is being written now.
    writing: bool,
}

/// The queue and the condition variable for its changes.
#[derive(Debug, Default)]
struct Lines {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Lines {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds lines without waiting for anything.
    fn put(&self, lines: Vec<u8>) {
        let mut queue = self.queue();
        if queue.bytes + lines.len() > MAX_WAITING {
            queue.lost += 1;
            return;
        }
        queue.bytes += lines.len();
        queue.lines.push_back(lines);
        self.changed.notify_all();
    }

    /// Waits for a line and writes it, preceded by the number of lines lost before it.
    fn write_next(&self, out: &mut impl Write) {
        let (line, lost) = self.take();
        let note = match lost {
            0 => Vec::new(),
            1 => b"courant: 1 line of the log was lost: standard error could not be written\n".to_vec(),
            lost => {
                format!("courant: {lost} lines of the log were lost: standard error could not be written\n")
                    .into()
            }
        };
        let written = out.write_all(&note).and_then(|()| out.write_all(&line)).and_then(|()| out.flush());
        let mut queue = self.queue();
        queue.writing = false;
        if written.is_err() {
            queue.lost += lost + 1;
        }
        self.changed.notify_all();
    }

    fn take(&self) -> (Vec<u8>, u64) {
        let mut queue = self.queue();
        loop {
            if let Some(line) = queue.lines.pop_front() {
                queue.bytes -= line.len();
                queue.writing = true;
                return (line, std::mem::take(&mut queue.lost));
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until everything is written, for `timeout` at most.
    fn drain(&self, timeout: Duration) {
        let until = Instant::now() + timeout;
        let mut queue = self.queue();
        while queue.writing || !queue.lines.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            queue = self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

static LINES: OnceLock<Arc<Lines>> = OnceLock::new();

/// The queue of this process; its thread is started with the first line.
fn lines() -> &'static Lines {
    LINES.get_or_init(|| {
        let lines = Arc::new(Lines::default());
        let writer = Arc::clone(&lines);
        let thread = thread::Builder::new().name("stderr".to_owned()).spawn(move || {
            let mut out = io::stderr();
            loop {
                writer.write_next(&mut out);
            }
        });
        // Without the thread nothing can be written, and there is no way to report that.
        drop(thread);
        lines
    })
}

/// Writes a line to standard error, with the secrets of URLs hidden. It neither waits nor fails.
pub(crate) fn tell(line: impl Display) {
    let mut line = redacted(&line.to_string()).into_owned();
    line.push('\n');
    lines().put(line.into_bytes());
}

/// Waits, for a second at most, until all lines are written.
pub(crate) fn drain() {
    if let Some(lines) = LINES.get() {
        lines.drain(DRAIN_TIMEOUT);
    }
}

/// Standard error as the log writes it: each call is a whole event.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(event) {
            Ok(text) => lines().put(redacted(text).into_owned().into_bytes()),
            Err(_) => lines().put(event.to_vec()),
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails the given number of times, then accepts everything.
    struct Failing {
        times: usize,
        written: Vec<u8>,
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.times > 0 {
                self.times -= 1;
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_the_count_is_written_later() {
        let lines = Lines::default();
        let mut out = Failing { times: 2, written: Vec::new() };
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            lines.put(line.into());
            lines.write_next(&mut out);
        }
        assert_eq!(
            String::from_utf8(out.written).unwrap(),
            "courant: 2 lines of the log were lost: standard error could not be written\nthree\nfour\n"
        );
    }

    #[test]
    fn a_writer_that_never_returns_costs_a_bounded_queue_and_no_waiting() {
        let lines = Lines::default();
        // No line is taken, as with a pipe that nobody reads.
        for _ in 0..3 * MAX_WAITING / 1024 {
            lines.put(vec![b'x'; 1024]);
        }
        // Returns at once; otherwise this test would not end.
        lines.drain(Duration::ZERO);
        let queue = lines.queue();
        assert_eq!((queue.bytes, queue.lost), (MAX_WAITING, 2 * MAX_WAITING as u64 / 1024));
        assert_eq!(queue.lines.len(), MAX_WAITING / 1024);
    }
}
