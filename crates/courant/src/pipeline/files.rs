//! Writing files so that a crash leaves the old one or the new one, never half of one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use crate::private;

/// Puts `bytes` into `path`: written beside it, synced, then renamed over it. Folders are made. A file that is there
/// hands its mode on, so that one that its owner has closed to others stays closed.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(path, |mut beside| {
        beside.write_all(bytes)?;
        beside.sync_data()
    })
}

/// As [`write_atomically`], for a file that only its owner may read.
pub(crate) fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_with_mode(path, Some(PRIVATE), |mut beside| {
        beside.write_all(bytes)?;
        beside.sync_data()
    })
}

/// As [`write_atomically`], for files that can be made again: after a power cut the file may be empty.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(path, |mut beside| beside.write_all(bytes))
}

/// The folder of the program's own state.
const STATE: &str = ".courant";

/// The mode of a file that only its owner may read.
const PRIVATE: u32 = 0o600;

fn put_in_place(path: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    let is_private = path.parent().is_some_and(|folder| folder.ends_with(STATE));
    put_with_mode(path, if is_private { Some(PRIVATE) } else { mode_of(path) }, write)
}

/// `mode` is that of the new file; the usual one without it.
fn put_with_mode(
    path: &Path,
    mode: Option<u32>,
    write: impl FnOnce(File) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.ends_with(STATE) {
        private::folder(folder)?
    } else {
        fs::create_dir_all(folder)?
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("a file name was wanted"))?;
    let beside = folder.join(format!(".{}.new", name.to_string_lossy()));
    let outcome = create(&beside, mode).and_then(write).and_then(|()| fs::rename(&beside, path));
    if outcome.is_err() {
        // A full disk must not be kept full by what could not be written.
        let _ = fs::remove_file(&beside);
    }
    outcome
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

/// A new file, or an emptied one. It has its mode before it has its bytes.
#[cfg_attr(not(unix), allow(unused_variables))]
fn create(path: &Path, mode: Option<u32>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if let Some(mode) = mode {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(mode).open(path)?;
        // The umask may have taken something away, and a file that was left there has its own.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        return Ok(file);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_mode_and_the_state_of_the_program_is_private() {
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
        let full = put_in_place(&path, |mut beside| {
            beside.write_all(b"tw")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
