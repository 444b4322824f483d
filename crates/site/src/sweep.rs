//! Removing temporary files that killed runs left.

use crate::{files::sweep, folder::Site};

/// Removes temporary files that killed runs left in the folders of a site. If that fails, a warning
/// is logged.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn temporary_files_are_removed_and_other_files_stay() {
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
