//! One writer at a time: an advisory lock on a file beside the database.
//!
//! SQLite itself would let two processes write in turn without damage to the file, but claims of
//! captures and the memory of the grouping belong to one pipeline. The lock belongs to the
//! operating system (`flock`, `LockFileEx`): it ends with the process, in whatever way that ends,
//! so a crash leaves nothing to clean up.

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
    /// Takes the lock of this database; [`StoreError::InUse`] if another process or store has it.
    pub(crate) fn take(database: &Path) -> Result<Self> {
        let path = lock_path(database);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| StoreError::unopened(database, &error))?;
        match file.try_lock() {
            // A process that could not write its id holds the lock without a name.
            Ok(()) => drop(write_holder(&file)),
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: database.to_owned(), process: holder(&path) });
            }
            // Some network file systems have no locks; the owner chose one and is warned.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(file = %path.display(), "this file system has no locks: make sure that only one process writes");
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::unopened(database, &error)),
        }
        Ok(Self { _file: file })
    }
}

/// Writes the id of this process into the lock, so that others can name it.
fn write_holder(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The process that has the lock, if it wrote its id.
fn holder(lock: &Path) -> Option<u32> {
    fs::read_to_string(lock).ok()?.trim().parse().ok()
}

/// `courant.db` has its lock in `courant.db.lock`. The file is never removed: between its removal
/// and its next use two processes could hold locks on two files of the same name.
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
