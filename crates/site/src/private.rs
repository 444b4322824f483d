//! Files that only the owner of the site can read: the folder `.courant`, all in it, and the keys.
//!
//! New files get their mode when they are created and not from the umask, which can only take
//! permissions away. The modes of existing files are corrected, with a warning in the log.

use std::{fs, io, path::Path};

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

/// Maximum number of files in `.courant` whose modes are checked when a site is opened. The folder
/// itself is private anyway.
#[cfg(unix)]
const MAX_FILES: usize = 10_000;

/// Changes the umask so that the owner keeps all permissions on files that the program creates.
pub fn let_owner_in() {
    #[cfg(unix)]
    {
        use rustix::{fs::Mode, process::umask};
        let before = umask(Mode::RWXG | Mode::RWXO);
        umask(before & (Mode::RWXG | Mode::RWXO));
    }
}

/// Creates a folder that only its owner can open, and missing folders above it; an existing folder
/// is made private.
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

/// Makes all files and folders in a folder private; the log says how many others could read.
pub fn files_in(folder: &Path) {
    #[cfg(unix)]
    {
        let mut folders = vec![folder.to_owned()];
        let (mut left, mut closed) = (MAX_FILES, 0_u64);
        while let Some(inside) = folders.pop() {
            let Ok(entries) = fs::read_dir(&inside) else { continue };
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                // Links may point to files of others.
                if left == 0 || !(kind.is_dir() || kind.is_file()) {
                    continue;
                }
                left -= 1;
                let path = entry.path();
                closed += u64::from(matches!(
                    make_private(&path, if kind.is_dir() { 0o700 } else { 0o600 }),
                    Ok(Some(_))
                ));
                if kind.is_dir() {
                    folders.push(path);
                }
            }
        }
        if closed > 0 {
            tracing::warn!(
                "{}: other users of this machine could read files and folders in it ({closed}); now only their \
                 owner can",
                folder.display()
            );
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// Makes a file or folder private. If that fails, a warning is logged.
pub fn close(path: &Path, wanted: u32) {
    #[cfg(unix)]
    {
        match make_private(path, wanted) {
            Ok(None) => {}
            Ok(Some(mode)) => tracing::warn!(
                "{} could be read by other users of this machine (mode {mode:o}); its mode is now {wanted:o}",
                path.display()
            ),
            Err(error) => tracing::warn!(
                %error,
                "{} can be read by other users of this machine, and its mode can't be changed; set it to \
                 {wanted:o}",
                path.display()
            ),
        }
    }
    #[cfg(not(unix))]
    let _ = (path, wanted);
}

/// Removes the permissions of other users, if there are any, and gives the mode before.
#[cfg(unix)]
fn make_private(path: &Path, wanted: u32) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o7777;
    let others = mode & 0o077;
    if others == 0 {
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
    fn folders_and_files_become_private_whatever_their_modes() {
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
