//! Writing files so that a crash leaves the old or the new file, never half of one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use courant_net::temporary::{sweep_temporary_files, temporary_name, write_and_rename};

use crate::private;

/// The folder of the program's own state.
const STATE: &str = ".courant";

/// The mode of a file that only its owner can read.
const PRIVATE: u32 = 0o600;

/// Writes `bytes` to `path`: into a file beside it that is synced and then renamed. Missing folders
/// are created. The new file has the mode of the old one, so that a private file stays private.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomically_through(parent(path), path, bytes)
}

/// As [`write_atomically`], with the temporary file in `through` instead of beside `path`: one
/// folder above many files is swept quickly after a crash.
pub fn write_atomically_through(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(through, path, mode_for(path), |new| write_synced(new, bytes))
}

/// As [`write_atomically`], for a file that only its owner can read.
pub fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(parent(path), path, Some(PRIVATE), |new| write_synced(new, bytes))
}

/// As [`write_atomically`], for files that can be generated again: the file may be empty after a
/// power cut.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_through(parent(path), path, bytes)
}

/// As [`write_atomically_through`], for files that can be generated again: the file may be empty
/// after a power cut.
pub fn replace_through(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(through, path, mode_for(path), |mut new| new.write_all(bytes))
}

/// Removes temporary files that killed runs left in a folder. If that fails, a warning is logged.
pub fn sweep(folder: &Path) {
    match sweep_temporary_files(folder) {
        Ok(0) => {}
        Ok(removed) => {
            tracing::info!(removed, folder = %folder.display(), "removed temporary files of a run that was killed");
        }
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "temporary files of killed runs can't be removed");
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn mode_for(path: &Path) -> Option<u32> {
    if parent(path).ends_with(STATE) { Some(PRIVATE) } else { mode_of(path) }
}

/// `mode` is that of the new file; `None` for the usual one.
fn put_in_place(
    through: &Path,
    path: &Path,
    mode: Option<u32>,
    write: impl Fn(File) -> io::Result<()>,
) -> io::Result<()> {
    let folder = parent(path);
    if folder.ends_with(STATE) {
        private::folder(folder)?;
    } else {
        fs::create_dir_all(folder)?;
    }
    path.file_name().ok_or_else(|| io::Error::other("the path has no file name"))?;
    match write_and_rename(&through.join(temporary_name()), path, mode, &write) {
        // The folder of the file is on another disk, or is the only one that can be written.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::PermissionDenied) =>
        {
            write_and_rename(&folder.join(temporary_name()), path, mode, &write)
        }
        outcome => outcome,
    }
}

fn write_synced(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_data()
}

#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|there| there.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        write_atomically_through(dir.path(), &path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no file is left beside it");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nor above it");
    }

    #[test]
    fn a_failed_write_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("taken");
        fs::create_dir_all(taken.join("full")).unwrap();
        assert!(write_atomically(&taken, b"one").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_mode_and_files_in_the_state_folder_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        let list = dir.path().join("sources.opml");
        fs::write(&list, "one").unwrap();
        fs::set_permissions(&list, fs::Permissions::from_mode(0o640)).unwrap();
        write_atomically(&list, b"two").unwrap();
        write_privately(&dir.path().join("backup"), b"two").unwrap();
        write_atomically(&dir.path().join(".courant/probe"), b"two").unwrap();
        let names = ["sources.opml", "backup", ".courant", ".courant/probe"];
        assert_eq!(names.map(mode), [0o640, 0o600, 0o700, 0o600]);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        write_atomically(&path, b"one").unwrap();
        let full = put_in_place(dir.path(), &path, None, |mut beside| {
            beside.write_all(b"tw")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no file is left beside it");
    }
}
