//! One imported file into its place.

use std::{fs, io, path::Path};

use anyhow::{Context as _, bail};
use courant_site::files::write_atomically;

/// What came of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copied {
    New,
    Unchanged,
    Replaced,
    /// The site has another version, which stays.
    Kept,
}

/// Puts `bytes` into `file` unless the site has a version of its own there and `replace` is not asked for.
pub(crate) fn put(file: &Path, bytes: &[u8], replace: bool) -> anyhow::Result<Copied> {
    let outcome = match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Copied::New,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        Ok(there) if !there.is_file() => bail!("{} is in the way", file.display()),
        Ok(_) if fs::read(file).is_ok_and(|there| there == bytes) => return Ok(Copied::Unchanged),
        Ok(_) if replace => Copied::Replaced,
        Ok(_) => return Ok(Copied::Kept),
    };
    write_atomically(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(outcome)
}
