//! Checks the folders that Courant writes to: whether they exist, are writable, and have free disk
//! space.

use std::path::{Path, PathBuf};

use courant_site::Site;

use super::finding::Finding;
use crate::health::free_bytes;

/// A finding for each folder with a problem, and one on free disk space.
pub(super) fn look(site: &Site) -> Vec<Finding> {
    let mut folders = vec![site.records_dir(), site.records_dir().join("news")];
    folders.extend(site.config.images.cache.then(|| site.images_dir()));
    let mut findings: Vec<Finding> = folders.iter().filter_map(|folder| fault(folder)).collect();
    findings.push(room(site));
    findings
}

fn fault(folder: &Path) -> Option<Finding> {
    if !folder.exists() {
        // It is created when needed.
        return None;
    }
    let name = folder.display();
    if !folder.is_dir() {
        let todo = "move it away, or restore the folder; nothing can be written there";
        return Some(Finding::fail("folders", format!("{name} is not a folder"), todo));
    }
    let may = may_write(folder);
    (!may).then(|| {
        let todo = "check its owner (ls -ld) and give this user the right to write there (chown)";
        Finding::fail("folders", format!("{name} cannot be written by this user"), todo)
    })
}

#[cfg(unix)]
fn may_write(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_write(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|data| !data.permissions().readonly())
}

fn room(site: &Site) -> Finding {
    let minimum = site.config.health.min_free_mb.0;
    let places = [site.state_dir(), site.records_dir()];
    let free = |place: &PathBuf| Some((place.clone(), free_bytes(place)? / 1_000_000));
    let mut known: Vec<(PathBuf, u64)> = places.iter().filter_map(free).collect();
    // Usually both are on one disk, with the same space.
    known.dedup_by_key(|(_, free)| *free);
    let text = |(place, free): &(PathBuf, u64)| format!("{free} MB free at {}", place.display());
    let all = known.iter().map(text).collect::<Vec<_>>().join(", ");
    if known.iter().any(|(_, free)| *free < minimum) {
        let todo = "free disk space, or lower [health] min_free_mb in courant.toml";
        return Finding::fail("space", format!("{all}; minimum {minimum} MB"), todo);
    }
    Finding::ok("space", all)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_instead_of_a_folder_and_a_nearly_full_disk_are_reported() {
        let place = tempfile::tempdir().unwrap();
        let mut site = Site::bare();
        place.path().clone_into(&mut site.dir);
        let told = |site: &Site| -> Vec<&'static str> {
            let found = look(site).into_iter().filter(|found| found.todo.is_some());
            found.map(|found| found.what).collect()
        };
        assert_eq!(told(&site), [] as [&str; 0], "missing folders are created when needed");
        fs::create_dir(site.records_dir()).unwrap();
        fs::write(site.records_dir().join("news"), "").unwrap();
        assert_eq!(told(&site), ["folders"]);
        site.config.health.min_free_mb = courant_site::Megabytes(u64::MAX / 1_000_000);
        assert_eq!(told(&site), if cfg!(unix) { vec!["folders", "space"] } else { vec!["folders"] });
    }
}
