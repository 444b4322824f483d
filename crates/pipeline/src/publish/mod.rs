//! Publishing: from the store to records, pages, feeds and the static site.

pub(crate) mod git;
pub(crate) mod publisher;
pub(crate) mod record_files;
pub(crate) mod records;
pub(crate) mod round;
pub(crate) mod round_state;
pub(crate) mod snapshot;
pub(crate) mod static_site;
pub(crate) mod summary;
pub(crate) mod sweep;
pub(crate) mod unwritten;
