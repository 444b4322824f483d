//! One writer at a time: an advisory lock on a file beside the database.
//!
//! SQLite itself would let two processes write in turn without harm to the file, but claims of captures and
//! the grouping's memory belong to one pipeline. The lock is the operating system's (`flock`,
//! `LockFileEx`): it ends with the process, however that ends, so a crash leaves nothing to clean up.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{Result, StoreError};

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// The lock for this database; [`StoreError::InUse`] where another has it.
    pub(crate) fn take(database: &Path) -> Result<Self> {
        let path = lock_path(database);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| StoreError::unopened(database, &error))?;
        match file.try_lock() {
            // Who could not write its id is in use without it.
            Ok(()) => drop(name_holder(&file)),
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: database.to_owned(), process: holder(&path) });
            }
            // Some network file systems have no locks; the owner has chosen one and is told.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(file = %path.display(), "this file system has no locks: see that only one process writes");
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::unopened(database, &error)),
        }
        Ok(Self { _file: file })
    }
}

/// Writes the id of this process into the lock, so that others can name it.
fn name_holder(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The process that has the lock, as far as it has said so.
fn holder(lock: &Path) -> Option<u32> {
    fs::read_to_string(lock).ok()?.trim().parse().ok()
}

/// `courant.db` has its lock in `courant.db.lock`. The file stays: to remove it would open a gap in which
/// two processes hold locks on two files of the same name.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_process_that_has_the_lock() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("courant.db");
        let held = WriterLock::take(&database).unwrap();
        let refused = WriterLock::take(&database).unwrap_err();
        let me = std::process::id();
        assert!(matches!(refused, StoreError::InUse { process: Some(id), .. } if id == me), "{refused:?}");
        assert!(refused.to_string().ends_with(&format!("is in use by process {me}")), "{refused}");
        fs::write(lock_path(&database), "").unwrap();
        let refused = WriterLock::take(&database).unwrap_err();
        assert!(refused.to_string().ends_with("is in use by another process"), "{refused}");
        drop(held);
        WriterLock::take(&database).unwrap();
    }
}
