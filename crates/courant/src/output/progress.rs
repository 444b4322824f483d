//! Progress of long work.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::stderr::tell;

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

    /// Reports progress; `done` counts items, `position` has the unit of `total`.
    pub(crate) fn at(&mut self, done: u64, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{done} {}", self.what));
            bar.set_position(position);
        } else if done >= self.next_line {
            if self.total > 0 {
                tell(format_args!("{done} {} ({} %)", self.what, position * 100 / self.total.max(1)));
            } else {
                tell(format_args!("{done} {}", self.what));
            }
            // Lines become rarer as the count grows, so that the log of a long run stays short.
            self.next_line = (done * 2).max(100);
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
