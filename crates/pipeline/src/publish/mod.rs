//! Publishing: from the store to records, pages, feeds and the static site.

pub(crate) mod board;
pub(crate) mod build;
pub(crate) mod git;
pub(crate) mod presses;
pub(crate) mod records;
pub(crate) mod round;
pub(crate) mod snapshot;
pub(crate) mod sweep;
pub(crate) mod unwritten;
pub(crate) mod watch;
