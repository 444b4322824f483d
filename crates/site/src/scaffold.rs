//! Creating the folder of a new site.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use courant_formats::sealed::Key;
use include_dir::{Dir, DirEntry, include_dir};

use crate::{
    config::{Config, KEY_FILE, SiteConfig},
    error::SiteError,
    keys::write_key,
};

/// A subject whose topics and sources come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Artificial intelligence.
    Ai,
}

static AI_SITE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/ai");

const IGNORED: &str =
    "# The program's own state and its keys do not belong in a repository.\n/.courant/\n/keys/\n";

/// The files of the example site for a subject.
pub(crate) fn example(subject: Subject) -> &'static Dir<'static> {
    match subject {
        Subject::Ai => &AI_SITE,
    }
}

/// Creates a site in `dir` and gives the files written. `key` seals the private part of its
/// records.
///
/// # Errors
/// If `dir` is neither empty nor missing, or a file can't be written.
pub fn create(dir: &Path, subject: Option<Subject>, key: &Key) -> Result<Vec<PathBuf>, SiteError> {
    refuse_unless_empty(dir)?;
    let mut written = Vec::new();
    if let Some(subject) = subject {
        copy(example(subject), dir, &mut written)?;
    } else {
        let site = SiteConfig::default();
        let text = Config::new_file(&site.title, &site.description);
        write(dir, "courant.toml", &text, &mut written)?;
        write(dir, "sources.opml", include_str!("sources.opml"), &mut written)?;
        write(dir, "topics/README.md", include_str!("topics.md"), &mut written)?;
        write(dir, "providers/README.md", include_str!("providers.md"), &mut written)?;
    }
    write(dir, ".gitignore", IGNORED, &mut written)?;
    let key_file = dir.join(KEY_FILE);
    write_key(&key_file, key)?;
    written.push(key_file);
    Ok(written)
}

fn refuse_unless_empty(dir: &Path) -> Result<(), SiteError> {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(SiteError::file(dir, "the folder is not empty; choose an empty or new folder")),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SiteError::io(dir, &error)),
    }
}

fn copy(from: &Dir<'_>, dir: &Path, written: &mut Vec<PathBuf>) -> Result<(), SiteError> {
    let mut pending: Vec<&DirEntry<'_>> = from.entries().iter().collect();
    while let Some(entry) = pending.pop() {
        match entry {
            DirEntry::Dir(folder) => pending.extend(folder.entries()),
            DirEntry::File(file) => {
                let path = dir.join(file.path());
                write_bytes(&path, file.contents())?;
                written.push(path);
            }
        }
    }
    written.sort();
    Ok(())
}

fn write(dir: &Path, name: &str, text: &str, written: &mut Vec<PathBuf>) -> Result<(), SiteError> {
    let path = dir.join(name);
    write_bytes(&path, text.as_bytes())?;
    written.push(path);
    Ok(())
}

fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), SiteError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| SiteError::io(folder, &error))?;
    }
    fs::write(path, bytes).map_err(|error| SiteError::io(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Site;

    #[test]
    fn a_new_site_is_valid() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("site");
        create(&dir, None, &Key::from_bytes([7; 32])).unwrap();
        let site = Site::open(&dir).unwrap();
        assert!(site.topics.is_empty() && site.sources.is_empty());
        assert!(create(&dir, None, &Key::from_bytes([7; 32])).is_err(), "a folder with files is refused");
    }

    #[test]
    fn the_ai_site_is_valid_and_equals_the_example() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("site");
        create(&dir, Some(Subject::Ai), &Key::from_bytes([7; 32])).unwrap();
        let site = Site::open(&dir).unwrap();
        assert!(site.sources.len() >= 40, "{} sources", site.sources.len());
        assert!(site.topics.len() >= 12 && site.providers.len() >= 20);
        let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ai");
        for file in ["courant.toml", "sources.opml"] {
            assert_eq!(fs::read(dir.join(file)).unwrap(), fs::read(checked_in.join(file)).unwrap(), "{file}");
        }
    }

    /// With `COURANT_WRITE_EXAMPLE=1`, it writes the file of the example again.
    #[test]
    fn the_settings_of_the_ai_site_are_those_of_a_new_site() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ai/courant.toml");
        let text = fs::read_to_string(&file).unwrap();
        let site = Config::parse(&text, &file).unwrap().site;
        let expected = Config::new_file(&site.title, &site.description);
        #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
        let writes = std::env::var_os("COURANT_WRITE_EXAMPLE").is_some();
        if writes {
            fs::write(&file, &expected).unwrap();
        } else {
            assert_eq!(text, expected, "run this test with COURANT_WRITE_EXAMPLE=1");
        }
    }
}
