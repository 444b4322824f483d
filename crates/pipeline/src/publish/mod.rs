//! Publishing: turns the store into records, pages, feeds and the static site.
//!
//! `publisher` keeps the publication of a running program. `round` does one round: `round_state`
//! finds the stories that may have changed, `snapshot` scores them and makes a snapshot, `records`
//! writes the record files that differ, and `git` commits them. `record_files` notices edits of
//! record files, and `unwritten` lists those that could not be written. `static_site` writes the
//! pages as files. `summary` counts the outcome. After a round, `sweep` removes what the store no
//! longer keeps.

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
