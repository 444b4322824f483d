//! Files on their way to their place: written under a name of their own, then renamed.
//!
//! A run that is killed in between leaves such a file behind. The name tells which run of the program wrote it, so
//! that the next run can remove it, and nothing else.

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

/// Tells this run from others, also from those that had the same process number before.
static RUN: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A file name that nobody else uses: `.courant-new-PROCESS-RUN-NUMBER`.
pub fn temporary_name() -> String {
    format!("{PREFIX}{}-{:016x}-{}", process::id(), *RUN, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Makes a file at `new`, has `write` fill it, and renames it to `path`, so that nobody sees half of it. On Unix the file
/// has `mode` before it has its bytes, whatever the umask; without one it has the usual mode.
///
/// # Errors
/// Where one of the steps fails. Nothing is left at `new` then: a full disk must not be kept full by what could not be
/// written.
pub fn write_and_rename(
    new: &Path,
    path: &Path,
    mode: Option<u32>,
    write: impl FnOnce(File) -> io::Result<()>,
) -> io::Result<()> {
    let outcome = create(new, mode).and_then(write).and_then(|()| fs::rename(new, path));
    if outcome.is_err() {
        // The first error tells more than that of removing.
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
        // The umask may have taken something away.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        return Ok(file);
    }
    options.open(path)
}

/// Removes the files in `folder` (not below it) that runs of this program left there which are no more, and gives
/// their number. Only regular files that are named as [`temporary_name`] names them go. A folder that does not exist
/// holds none.
///
/// # Errors
/// Where the folder cannot be read, or a file not be removed.
pub fn sweep_temporary_files(folder: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let is_left = entry.file_name().to_str().is_some_and(is_left_behind);
        if is_left && entry.file_type()?.is_file() {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => removed += 1,
            }
        }
    }
    Ok(removed)
}

/// Whether a file of this name was written by a run that has ended.
fn is_left_behind(name: &str) -> bool {
    let Some((process, run)) = parts(name) else { return false };
    run != *RUN && (process == process::id() || !is_alive(process))
}

/// Process and run in a temporary name.
fn parts(name: &str) -> Option<(u32, u64)> {
    let mut parts = name.strip_prefix(PREFIX)?.split('-');
    let (process, run, number) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || run.len() != 16 || !is_number(process) || !is_number(number) {
        return None;
    }
    Some((process.parse().ok()?, u64::from_str_radix(run, 16).ok()?))
}

/// Whether there is a process of this number; where the system does not say, there may be.
fn is_alive(process: u32) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_runs_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        // Higher than any process number of Linux.
        let gone = 5_000_000;
        let own = process::id();
        let stay = [
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
        let go = [format!("{PREFIX}{gone}-00000000000000ab-0"), format!("{PREFIX}{own}-00000000000000ab-17")];
        for name in stay.iter().chain(&go) {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let folder = format!("{PREFIX}{gone}-00000000000000ac-0");
        fs::create_dir(dir.path().join(&folder)).unwrap();
        let wanted = if Path::new("/proc/self").exists() { 2 } else { 1 };
        assert_eq!(sweep_temporary_files(dir.path()).unwrap(), wanted);
        assert_eq!(sweep_temporary_files(dir.path()).unwrap(), 0);
        for name in stay.iter().chain([&folder]) {
            assert!(dir.path().join(name).exists(), "{name}");
        }
        assert_eq!(sweep_temporary_files(&dir.path().join("nowhere")).unwrap(), 0);
    }

    #[test]
    fn names_are_taken_once_and_recognised() {
        let (first, second) = (temporary_name(), temporary_name());
        assert_ne!(first, second);
        assert_eq!(parts(&first), Some((process::id(), *RUN)));
    }
}
