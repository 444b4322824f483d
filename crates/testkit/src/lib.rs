//! What the tests of several rooms share: finding optional data, and saying what was skipped.
//!
//! A test that needs something which a fresh machine may lack asks here. Where it is missing the test prints
//! one line that names it and returns; with `COURANT_NO_SKIP=1` in the environment it fails instead.

#![allow(clippy::disallowed_macros, reason = "tests print where their output is wanted")]
#![allow(clippy::disallowed_methods, reason = "a test is configured by its environment")]

pub mod hostile;
pub mod packing;

use std::{
    env, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Says that a test is skipped for want of `what`.
///
/// # Panics
/// With `COURANT_NO_SKIP` set: there the test was expected to run.
pub fn skip(what: &str) {
    assert!(
        env::var_os("COURANT_NO_SKIP").is_none(),
        "skipped although COURANT_NO_SKIP is set: {what} is missing"
    );
    eprintln!("skipped: {what} is missing");
}

/// The path of a file or folder of the shared data (`feeds/manifest.jsonl`), or `None` after saying that the
/// test is skipped. The data is looked for in `$COURANT_SHARED`, else in `shared/data` beside the repository.
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

/// The bytes of a file, unpacked where its name ends in `.gz`.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    if path.extension().is_none_or(|ending| ending != "gz") {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain)?;
    Ok(plain)
}

/// The lines of a (packed) JSON Lines file.
pub fn read_jsonl(path: &Path) -> io::Result<Vec<serde_json::Value>> {
    let text = String::from_utf8(read(path)?).map_err(io::Error::other)?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(Into::into))
        .collect()
}
