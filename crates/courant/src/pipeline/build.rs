//! The site as files: written, or compared with what stands in a folder.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use courant_render::Publication;
use serde::Serialize;

use super::write_atomically;

/// The file in a static build that lists what the build wrote, so that the next one can clean up after it.
const BUILD_LIST: &str = ".courant-build";

/// What a static build did.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildSummary {
    /// Files written because they were missing or different.
    pub(crate) written: u64,
    /// Files that stayed as they were.
    pub(crate) unchanged: u64,
    /// Files of an earlier build that no longer belong to the site.
    pub(crate) removed: u64,
}

/// How a folder differs from what would be written.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuildCheck {
    /// Files that are as they should be.
    pub(crate) equal: u64,
    /// Files that are not there.
    pub(crate) missing: Vec<String>,
    /// Files with other bytes.
    pub(crate) differing: Vec<String>,
    /// Files that do not belong to the site.
    pub(crate) surplus: Vec<String>,
}

impl BuildCheck {
    /// Whether the folder is just what would be written.
    pub(crate) fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.differing.is_empty() && self.surplus.is_empty()
    }
}

/// Writes every document of the publication, and the copies of its pictures, below `out`. Only files that
/// differ are written; files that an earlier build wrote and that no longer exist are removed, others are
/// never touched.
pub(crate) fn build_static(
    publication: &Publication,
    images: &Path,
    out: &Path,
) -> anyhow::Result<BuildSummary> {
    let mut summary = BuildSummary::default();
    let mut files: Vec<String> = Vec::new();
    each_file(publication, images, |name, bytes| {
        if put(&out.join(&name), bytes)? {
            summary.written += 1;
        } else {
            summary.unchanged += 1;
        }
        files.push(name);
        Ok(())
    })?;
    files.sort();
    summary.removed = remove_stale(out, &files)?;
    put(&out.join(BUILD_LIST), (files.join("\n") + "\n").as_bytes())?;
    Ok(summary)
}

/// Compares what stands in `dir` with what [`build_static`] would write there. Nothing is written.
pub(crate) fn check_static(
    publication: &Publication,
    images: &Path,
    dir: &Path,
) -> anyhow::Result<BuildCheck> {
    let mut check = BuildCheck::default();
    let mut surplus = files_in(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    surplus.remove(BUILD_LIST);
    each_file(publication, images, |name, bytes| {
        let file = dir.join(&name);
        surplus.remove(&name);
        match fs::read(&file) {
            Ok(there) if there == bytes => check.equal += 1,
            Ok(_) => check.differing.push(name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => check.missing.push(name),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
        Ok(())
    })?;
    check.missing.sort();
    check.differing.sort();
    check.surplus = surplus.into_iter().collect();
    Ok(check)
}

/// Renders one file after the other: its name below the site's root, with `/` between the parts, and its bytes.
fn each_file(
    publication: &Publication,
    images: &Path,
    mut take: impl FnMut(String, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for path in publication.paths() {
        let document =
            publication.get(&path).with_context(|| format!("{path} is listed but not there"))??;
        take(file_name(&path), &document.body)?;
    }
    for picture in publication.pictures() {
        let name = picture.trim_start_matches("images/");
        let source = images.join(name.get(..2).unwrap_or(name)).join(name);
        match fs::read(&source) {
            Ok(bytes) => take(picture, &bytes)?,
            Err(error) => tracing::warn!("{}: {error}", source.display()),
        }
    }
    Ok(())
}

fn file_name(path: &str) -> String {
    let name = path.trim_start_matches('/');
    if name.is_empty() || name.ends_with('/') { format!("{name}index.html") } else { name.to_owned() }
}

/// Writes a file unless it holds these bytes already; whether it was written.
fn put(file: &Path, bytes: &[u8]) -> anyhow::Result<bool> {
    // A link is replaced and never written through.
    let plain =
        fs::symlink_metadata(file).is_ok_and(|there| there.is_file() && there.len() == bytes.len() as u64);
    if plain && fs::read(file).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    write_atomically(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(true)
}

/// Removes what an earlier build wrote and this one did not, and folders that are empty then; how many files.
fn remove_stale(out: &Path, files: &[String]) -> anyhow::Result<u64> {
    let list = match fs::read_to_string(out.join(BUILD_LIST)) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let inside =
        |name: &&str| !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let mut removed = 0;
    for name in list.lines().filter(inside) {
        if files.binary_search_by(|file| file.as_str().cmp(name)).is_err()
            && fs::remove_file(out.join(name)).is_ok()
        {
            removed += 1;
            let folders = Path::new(name).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
            for folder in folders {
                // Only an empty folder can be removed so.
                if fs::remove_dir(out.join(folder)).is_err() {
                    break;
                }
            }
        }
    }
    Ok(removed)
}

/// All files below a folder, by name; links are files here, and not followed.
fn files_in(dir: &Path) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, Cow<'static, str>)> = vec![(dir.to_owned(), Cow::Borrowed(""))];
    while let Some((folder, below)) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                waiting.push((entry.path(), Cow::Owned(format!("{name}/"))));
            } else {
                found.insert(name);
            }
        }
    }
    Ok(found)
}
