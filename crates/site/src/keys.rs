//! The site's keys: read from files and the environment; only their owner can read the files.

use std::{
    env,
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
};

use courant_formats::sealed::{Key, KeyRing};
use zeroize::Zeroizing;

use crate::{config::KEY_FILE, error::SiteError, files::write_atomically, folder::Site, private};

/// Environment variable with keys, separated by spaces; they come before those in files. It is for
/// machines that should not have them on disk.
pub const KEYS_FROM_ENVIRONMENT: &str = "COURANT_SEAL_KEYS";

impl Site {
    /// The keys for the private part of records; the first one seals.
    pub fn keys(&self) -> KeyRing {
        KeyRing::new(self.named_keys().into_iter().map(|(_, key)| key).collect())
    }

    /// The keys, each with the name of its file or environment variable. A missing key is not an
    /// error: a warning is logged, and without any key records are published without their private
    /// part.
    pub fn named_keys(&self) -> Vec<(String, Key)> {
        let mut keys = Vec::new();
        let mut take = |from: String, text: Result<Zeroizing<String>, String>| match text
            .and_then(|text| Key::from_text(&text).map_err(|error| error.to_string()))
        {
            Ok(key) => keys.push((from, key)),
            Err(error) => {
                tracing::warn!(name = from, error, "a key cannot be used; what it sealed can't be opened");
            }
        };
        let given = Zeroizing::new(keys_in_environment());
        for text in given.split_whitespace() {
            take(KEYS_FROM_ENVIRONMENT.to_owned(), Ok(Zeroizing::new(text.to_owned())));
        }
        for name in &self.config.seal.keys {
            let file = self.dir.join(name);
            // Files elsewhere (/run/secrets) do not belong to the site.
            if name.is_relative() {
                private::close(&file, 0o600);
            }
            let text = fs::read_to_string(file);
            take(name.display().to_string(), text.map(Zeroizing::new).map_err(|error| error.to_string()));
        }
        keys
    }
}

/// Whether the key that seals is in the environment.
pub fn has_keys_in_environment() -> bool {
    !keys_in_environment().trim().is_empty()
}

/// The keys in the environment; empty if there are none.
#[expect(clippy::disallowed_methods, reason = "the one place that reads keys from the environment")]
fn keys_in_environment() -> String {
    env::var(KEYS_FROM_ENVIRONMENT).unwrap_or_default()
}

/// Writes a key to a new file that only its owner can read.
///
/// # Errors
/// If the file can't be written or already exists: a key is never overwritten.
pub fn write_key(path: &Path, key: &Key) -> Result<(), SiteError> {
    if let Some(folder) = path.parent() {
        private::folder(folder).map_err(|error| SiteError::io(folder, &error))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = Zeroizing::new(format!("{}\n", *key.to_text()));
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|error| SiteError::io(path, &error))
}

/// Adds a key file as the first in `[seal] keys` of the site's `courant.toml`; every other byte of
/// the file stays.
///
/// # Errors
/// If the file can't be read or written, or `[seal] keys` is not a list.
pub fn put_key_first(dir: &Path, file: &Path) -> Result<(), SiteError> {
    let path = dir.join("courant.toml");
    let text = fs::read_to_string(&path).map_err(|error| SiteError::io(&path, &error))?;
    let changed =
        with_key_first(&text, &file.to_string_lossy()).map_err(|error| SiteError::file(&path, error))?;
    write_atomically(&path, changed.as_bytes()).map_err(|error| SiteError::io(&path, &error))
}

fn with_key_first(text: &str, file: &str) -> Result<String, String> {
    use toml_edit::{Array, DocumentMut, Item, Table, value};
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let seal = document.entry("seal").or_insert_with(|| Item::Table(Table::new()));
    let seal = seal.as_table_like_mut().ok_or("[seal] must be a table")?;
    // Without the setting, its default applies: the file that `courant new` wrote.
    let default = || value(Array::from_iter([KEY_FILE]));
    let keys = seal
        .entry("keys")
        .or_insert_with(default)
        .as_array_mut()
        .ok_or("[seal] keys must be a list in brackets")?;
    keys.insert(0, file);
    if let Some(second) = keys
        .get_mut(1)
        .filter(|second| second.decor().prefix().is_none_or(|prefix| prefix.as_str() == Some("")))
    {
        second.decor_mut().set_prefix(" ");
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_put_first_and_nothing_else_changes() {
        let before = "# Mine.\n[seal]\n# Keys.\nkeys = [\"keys/site.key\"] # here\n\n[serve]\n";
        let after = with_key_first(before, "keys/b.key").unwrap();
        assert_eq!(after, before.replace("[\"keys", "[\"keys/b.key\", \"keys"));
        assert_eq!(
            with_key_first("[site]\n", "keys/b.key").unwrap(),
            "[site]\n\n[seal]\nkeys = [\"keys/b.key\", \"keys/site.key\"]\n"
        );
        assert!(with_key_first("seal = 3", "b").is_err());
    }

    #[test]
    fn a_key_is_private_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/a.key");
        write_key(&path, &Key::from_bytes([7; 32])).unwrap();
        assert!(write_key(&path, &Key::from_bytes([8; 32])).is_err());
        assert_eq!(Key::from_text(&fs::read_to_string(&path).unwrap()).unwrap(), Key::from_bytes([7; 32]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
