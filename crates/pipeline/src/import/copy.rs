//! Writes one imported file into the site's folder.

use std::{fs, io, path::Path};

use anyhow::{Context as _, bail};
use courant_site::files::write_atomically;

/// The outcome for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copied {
    New,
    Unchanged,
    Replaced,
    /// The site has another version, which was kept.
    Kept,
}

/// Writes `bytes` to `file`. An existing file with other bytes is replaced only with `replace`.
///
/// Errors: a file that cannot be read or written, or a path that is not a regular file.
pub(crate) fn put(file: &Path, bytes: &[u8], replace: bool) -> anyhow::Result<Copied> {
    let outcome = match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Copied::New,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        Ok(found) if !found.is_file() => bail!("cannot replace {}: not a regular file", file.display()),
        Ok(_) if fs::read(file).is_ok_and(|old| old == bytes) => return Ok(Copied::Unchanged),
        Ok(_) if replace => Copied::Replaced,
        Ok(_) => return Ok(Copied::Kept),
    };
    write_atomically(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(outcome)
}
