//! Writing files so that a crash leaves the old one or the new one, never half of one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use courant_net::temporary::{sweep_temporary_files, temporary_name, write_and_rename};

use crate::{Site, private};

/// The folder of the program's own state.
const STATE: &str = ".courant";

/// The mode of a file that only its owner may read.
const PRIVATE: u32 = 0o600;

/// Puts `bytes` into `path`: written beside it, synced, then renamed over it. Folders are made. A file that is there
/// hands its mode on, so that one that its owner has closed to others stays closed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomically_through(parent(path), path, bytes)
}

/// As [`write_atomically`], written in `through` instead of beside `path`: one folder above many files is swept
/// quickly after a crash.
pub fn write_atomically_through(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(through, path, mode_for(path), |new| write_synced(new, bytes))
}

/// As [`write_atomically`], for a file that only its owner may read.
pub fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(parent(path), path, Some(PRIVATE), |new| write_synced(new, bytes))
}

/// As [`write_atomically`], for files that can be made again: after a power cut the file may be empty.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_through(parent(path), path, bytes)
}

/// As [`write_atomically_through`], for files that can be made again: after a power cut the file may be empty.
pub fn replace_through(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(through, path, mode_for(path), |mut new| new.write_all(bytes))
}

/// Removes temporary files that killed runs left in the folders of a site. Where that fails, a warning is logged.
pub fn sweep_site(site: &Site) {
    let folders = [
        site.dir.clone(),
        site.dir.join("topics"),
        site.dir.join("providers"),
        site.records_dir(),
        site.state_dir(),
        site.images_dir(),
    ];
    for folder in folders {
        sweep(&folder);
    }
}

/// Removes what killed runs left in a folder.
pub fn sweep(folder: &Path) {
    match sweep_temporary_files(folder) {
        Ok(0) => {}
        Ok(removed) => {
            tracing::info!(removed, folder = %folder.display(), "removed temporary files of a run that was killed");
        }
        Err(error) => {
            tracing::warn!(folder = %folder.display(), "temporary files of killed runs stay: {error}");
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn mode_for(path: &Path) -> Option<u32> {
    if parent(path).ends_with(STATE) { Some(PRIVATE) } else { mode_of(path) }
}

/// `mode` is that of the new file; the usual one without it.
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
        // The folder of the file is on another disk, or it alone may be written.
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
    fn a_file_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        write_atomically_through(dir.path(), &path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nor above it");
    }

    #[test]
    fn what_cannot_be_put_in_its_place_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("taken");
        fs::create_dir_all(taken.join("full")).unwrap();
        assert!(write_atomically(&taken, b"one").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_site_is_swept_of_what_killed_runs_left() {
        let dir = tempfile::tempdir().unwrap();
        let site = Site { dir: dir.path().to_owned(), ..Site::bare() };
        fs::create_dir_all(site.images_dir()).unwrap();
        fs::create_dir_all(site.records_dir()).unwrap();
        let left = format!(".courant-new-{}-00000000000000ab-0", std::process::id());
        for folder in [&site.dir, &site.images_dir(), &site.records_dir(), &site.state_dir()] {
            fs::write(folder.join(&left), "half").unwrap();
        }
        fs::write(site.records_dir().join("notes.new"), "an owner's").unwrap();
        sweep_site(&site);
        for folder in [&site.dir, &site.images_dir(), &site.records_dir(), &site.state_dir()] {
            assert!(!folder.join(&left).exists(), "{}", folder.display());
        }
        assert!(site.records_dir().join("notes.new").exists());
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
        let full = put_in_place(dir.path(), &path, None, |mut beside| {
            beside.write_all(b"tw")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
