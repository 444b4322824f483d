//! Writing files so that a crash leaves the old one or the new one, never half of one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use courant_net::temporary::{sweep_temporary_files, temporary_name};

use crate::site::Site;

/// Puts `bytes` into `path`: written beside it, synced, then renamed over it. Folders are made.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomically_through(parent(path), path, bytes)
}

/// As [`write_atomically`], written in `through` instead of beside `path`: one folder above many files is swept
/// quickly after a crash.
pub(crate) fn write_atomically_through(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(through, path, |new| write_synced(new, bytes))
}

/// As [`write_atomically_through`], for files that can be made again: after a power cut the file may be empty.
pub(crate) fn replace_through(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_in_place(through, path, |new| fs::write(new, bytes))
}

/// Removes what killed runs left in the folders of a site. That it cannot be removed is no reason to stop.
pub(super) fn sweep_site(site: &Site) {
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
pub(super) fn sweep(folder: &Path) {
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

fn put_in_place(through: &Path, path: &Path, write: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = parent(path);
    fs::create_dir_all(folder)?;
    path.file_name().ok_or_else(|| io::Error::other("a file name was wanted"))?;
    match rename_new(&through.join(temporary_name()), path, &write) {
        // The folder of the file is on another disk.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            rename_new(&folder.join(temporary_name()), path, &write)
        }
        outcome => outcome,
    }
}

fn rename_new(new: &Path, path: &Path, write: &impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let outcome = write(new).and_then(|()| fs::rename(new, path));
    if outcome.is_err() {
        // A full disk must not be kept full by what could not be written.
        let _ = fs::remove_file(new);
    }
    outcome
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_data()
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
}
