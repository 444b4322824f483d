//! Helpers for the tests of several crates: optional data, a fake web, a hostile web server,
//! compressed bodies, generated articles, a sample publication.
//!
//! A test that needs something that a new machine may not have calls [`shared`] or [`skip`]. If it
//! is missing, the test prints one line and returns; with `COURANT_NO_SKIP=1` in the environment it
//! fails instead.

#![allow(clippy::disallowed_macros, reason = "tests print their progress")]
#![allow(clippy::disallowed_methods, reason = "a test is configured by its environment")]

pub mod fake_web;
pub mod generated;
pub mod hostile;
pub mod packing;
pub mod sample;

use std::{
    env, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Prints that a test is skipped because `what` is missing.
///
/// # Panics
/// If `COURANT_NO_SKIP` is set: the test was expected to run.
pub fn skip(what: &str) {
    assert!(
        env::var_os("COURANT_NO_SKIP").is_none(),
        "skipped although COURANT_NO_SKIP is set: {what} is missing"
    );
    eprintln!("skipped: {what} is missing");
}

/// The path of a file or folder of the shared data (such as `feeds/manifest.jsonl`). If it is
/// missing, prints that the test is skipped and returns `None`. The data is searched in
/// `$COURANT_SHARED`, or in `shared/data` beside the repository.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = env::var_os("COURANT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    skip(&format!("shared data {path}"));
    None
}

/// The bytes of a file, decompressed if its name ends in `.gz`.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain)?;
    Ok(plain)
}

/// The lines of a JSON Lines file, which may be compressed (`.gz`).
pub fn read_jsonl(path: &Path) -> io::Result<Vec<serde_json::Value>> {
    let text = String::from_utf8(read(path)?).map_err(io::Error::other)?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(Into::into))
        .collect()
}
