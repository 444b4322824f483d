//! What only the owner of the site may read: the folder `.courant`, what is in it, and the keys.
//!
//! Modes are set where a file is made and not left to the umask, which can only take rights away; those of files that
//! are there already are corrected, and the log says so.

use std::{fs, io, path::Path};

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

/// The most files of `.courant` whose mode is looked at when a site is opened: its folder is closed to others anyway.
#[cfg(unix)]
const MAX_FILES: usize = 10_000;

/// Takes care that a strange umask does not shut the owner out of what the program makes.
pub fn let_owner_in() {
    #[cfg(unix)]
    {
        use rustix::{fs::Mode, process::umask};
        let before = umask(Mode::RWXG | Mode::RWXO);
        umask(before & (Mode::RWXG | Mode::RWXO));
    }
}

/// Makes a folder that only its owner may open, with those above it, or closes one that is there to others.
pub fn folder(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    builder.mode(0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
            close(path, 0o700);
            Ok(())
        }
        made => made,
    }
}

/// Closes the files of a folder to others, and the folders in it; the log says how many were open.
pub fn files_in(folder: &Path) {
    #[cfg(unix)]
    {
        let mut folders = vec![folder.to_owned()];
        let (mut left, mut closed) = (MAX_FILES, 0_u64);
        while let Some(inside) = folders.pop() {
            let Ok(entries) = fs::read_dir(&inside) else { continue };
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                // A link leads to what is not ours.
                if left == 0 || !(kind.is_dir() || kind.is_file()) {
                    continue;
                }
                left -= 1;
                let path = entry.path();
                closed +=
                    u64::from(matches!(shut(&path, if kind.is_dir() { 0o700 } else { 0o600 }), Ok(Some(_))));
                if kind.is_dir() {
                    folders.push(path);
                }
            }
        }
        if closed > 0 {
            tracing::warn!(
                "{}: {closed} files and folders in it could be read by other users of this machine; now only by \
                 their owner",
                folder.display()
            );
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// Takes the rights of others on a file or folder away. Where that is not possible the log says so, and the work goes on.
pub fn close(path: &Path, wanted: u32) {
    #[cfg(unix)]
    {
        match shut(path, wanted) {
            Ok(None) => {}
            Ok(Some(mode)) => tracing::warn!(
                "{} could be read by other users of this machine (mode {mode:o}); its mode is {wanted:o} now",
                path.display()
            ),
            Err(error) => tracing::warn!(
                "{} can be read by other users of this machine, and that could not be changed: {error}; set its \
                 mode to {wanted:o}",
                path.display()
            ),
        }
    }
    #[cfg(not(unix))]
    let _ = (path, wanted);
}

/// Takes the rights of others away, where there are any; the mode with them.
#[cfg(unix)]
fn shut(path: &Path, wanted: u32) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o7777;
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Ok(None);
    }
    fs::set_permissions(path, fs::Permissions::from_mode(wanted))?;
    Ok(Some(mode))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_and_files_are_closed_to_others_whatever_they_were() {
        let place = tempfile::tempdir().unwrap();
        let state = place.path().join("a/state");
        folder(&state).unwrap();
        assert_eq!(mode(&state), 0o700);
        fs::create_dir(state.join("images")).unwrap();
        fs::write(state.join("images/one"), "x").unwrap();
        for (path, open) in [(state.clone(), 0o755), (state.join("images/one"), 0o664)] {
            fs::set_permissions(path, fs::Permissions::from_mode(open)).unwrap();
        }
        folder(&state).unwrap();
        files_in(&state);
        assert_eq!(
            [mode(&state), mode(&state.join("images")), mode(&state.join("images/one"))],
            [0o700, 0o700, 0o600]
        );
    }
}
