//! One writer at a time: an advisory lock on a file beside the database.
//!
//! SQLite itself would let two processes write in turn without harm to the file, but claims of captures and
//! the grouping's memory belong to one pipeline. The lock is the operating system's (`flock`,
//! `LockFileEx`): it ends with the process, however that ends, so a crash leaves nothing to clean up.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
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
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: database.to_owned() }),
            // Some network file systems have no locks; the owner has chosen one and is told.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(file = %path.display(), "this file system has no locks: see that only one process writes");
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::unopened(database, &error)),
        }
        Ok(Self { _file: file })
    }
}

/// `courant.db` has its lock in `courant.db.lock`. The file stays: to remove it would open a gap in which
/// two processes hold locks on two files of the same name.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
