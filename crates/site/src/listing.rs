//! The files of a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::SiteError;

/// The files with these extensions in a folder, sorted by name; none if the folder is missing. A
/// `README.md` explains the folder to people and is left out.
pub(crate) fn files_with_extensions(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, SiteError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(SiteError::io(dir, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| SiteError::io(dir, &error))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_readme = path.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("readme"));
        if !is_readme && extension.is_some_and(|extension| extensions.contains(&extension)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
