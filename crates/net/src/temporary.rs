//! Atomic writes: files are written under a temporary name, then renamed.
//!
//! A run that is killed in between leaves such a file behind. Its name identifies the run, so that
//! the next run can remove exactly these files.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, Hasher, RandomState},
    io,
    path::Path,
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

const PREFIX: &str = ".courant-new-";

/// Identifies this run, also among runs with the same process id.
static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A unique file name: `.courant-new-PROCESS-RUN-NUMBER`.
pub fn temporary_name() -> String {
    format!("{PREFIX}{}-{:016x}-{}", process::id(), *RUN, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Creates a file at `new`, fills it with `write`, and renames it to `path`, so that the file at
/// `path` is always complete. On Unix the file gets `mode` before its content, whatever the umask;
/// `None` is the default mode.
///
/// # Errors
/// If one of the steps fails. Then `new` is removed, so that it does not keep a full disk full.
pub fn write_and_rename(
    new: &Path,
    path: &Path,
    mode: Option<u32>,
    write: impl FnOnce(File) -> io::Result<()>,
) -> io::Result<()> {
    let outcome = create(new, mode).and_then(write).and_then(|()| fs::rename(new, path));
    if outcome.is_err() {
        // The first error is more useful than one from removing the file.
        let _ = fs::remove_file(new);
    }
    outcome
}

#[cfg_attr(not(unix), allow(unused_variables))]
fn create(path: &Path, mode: Option<u32>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if let Some(mode) = mode {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(mode).open(path)?;
        // The umask may have removed permissions.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        return Ok(file);
    }
    options.open(path)
}

/// Removes the temporary files in `folder` (not in subfolders) of runs that have ended, and returns
/// their number. Only regular files with names as from [`temporary_name`] are removed. A folder
/// that does not exist has none.
///
/// # Errors
/// If the folder cannot be read, or a file cannot be removed.
pub fn sweep_temporary_files(folder: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let is_stale = entry.file_name().to_str().is_some_and(is_of_ended_run);
        if is_stale && entry.file_type()?.is_file() {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => removed += 1,
            }
        }
    }
    Ok(removed)
}

/// Whether a file with this name was written by a run that has ended.
fn is_of_ended_run(name: &str) -> bool {
    let Some((process, run)) = parts(name) else { return false };
    run != *RUN && (process == process::id() || !is_alive(process))
}

/// The process id and the run in a temporary name.
fn parts(name: &str) -> Option<(u32, u64)> {
    let mut parts = name.strip_prefix(PREFIX)?.split('-');
    let (process, run, number) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || run.len() != 16 || !is_number(process) || !is_number(number) {
        return None;
    }
    Some((process.parse().ok()?, u64::from_str_radix(run, 16).ok()?))
}

/// Whether a process with this id exists; true if the system does not say.
fn is_alive(process: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ended_runs_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        // Higher than any process id on Linux.
        let gone = 5_000_000;
        let own = process::id();
        let kept = [
            temporary_name(),
            format!("{PREFIX}1-00000000000000ab-0"),
            "article.md".to_owned(),
            ".article.md.new".to_owned(),
            format!("{PREFIX}notes"),
            format!("{PREFIX}{gone}-00ab-0"),
            format!("{PREFIX}{gone}-00000000000000ab-0.md"),
            format!("{PREFIX}{gone}-00000000000000ab-0-1"),
            format!("{PREFIX}+{gone}-00000000000000ab-0"),
        ];
        let removed =
            [format!("{PREFIX}{gone}-00000000000000ab-0"), format!("{PREFIX}{own}-00000000000000ab-17")];
        for name in kept.iter().chain(&removed) {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let folder = format!("{PREFIX}{gone}-00000000000000ac-0");
        fs::create_dir(dir.path().join(&folder)).unwrap();
        let expected = if Path::new("/proc/self").exists() { 2 } else { 1 };
        assert_eq!(sweep_temporary_files(dir.path()).unwrap(), expected);
        assert_eq!(sweep_temporary_files(dir.path()).unwrap(), 0);
        for name in kept.iter().chain([&folder]) {
            assert!(dir.path().join(name).exists(), "{name}");
        }
        assert_eq!(sweep_temporary_files(&dir.path().join("nowhere")).unwrap(), 0);
    }

    #[test]
    fn temporary_names_are_unique_and_recognised() {
        let (first, second) = (temporary_name(), temporary_name());
        assert_ne!(first, second);
        assert_eq!(parts(&first), Some((process::id(), *RUN)));
    }
}
