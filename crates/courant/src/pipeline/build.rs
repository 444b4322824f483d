//! The site as files: written, or compared with what stands in a folder.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use courant_render::{Invalidation, Publication};
use serde::Serialize;

use super::files::{self, replace_through};
use crate::{health, stop};

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
/// never touched. A signal that asks to stop ends it between two files; the next build goes on from there.
pub(crate) fn build_static(
    publication: &Publication,
    images: &Path,
    out: &Path,
) -> anyhow::Result<BuildSummary> {
    let mut summary = BuildSummary::default();
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    files::sweep(out);
    let fresh = out.join(format!("{BUILD_LIST}.new"));
    let mut list = io::BufWriter::new(
        fs::File::create(&fresh).with_context(|| format!("cannot write {}", fresh.display()))?,
    );
    let mut names = HashSet::new();
    each_file(publication, images, |name, bytes| {
        stop::check()?;
        summary.count(put(out, &name, bytes)?);
        writeln!(list, "{name}")?;
        names.insert(digest(&name));
        Ok(())
    })?;
    list.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
    summary.removed = remove_stale(out, &names)?;
    let list = out.join(BUILD_LIST);
    if fs::read(&list).is_ok_and(|before| fs::read(&fresh).is_ok_and(|now| now == before)) {
        fs::remove_file(&fresh)?;
    } else {
        fs::rename(&fresh, &list)?;
    }
    Ok(summary)
}

/// Brings a folder that [`build_static`] has written up to date with a publication in which only `touched` may
/// have changed since. What this costs depends on how much that is.
pub(crate) fn update_static(
    publication: &Publication,
    touched: &Invalidation,
    images: &Path,
    out: &Path,
) -> anyhow::Result<BuildSummary> {
    if touched.all {
        return build_static(publication, images, out);
    }
    let mut summary = BuildSummary::default();
    let mut list = BuildList::open(out)?;
    for path in &touched.paths {
        let name = file_name(path);
        match publication.get(path) {
            Some(document) => summary.count(list.put(&name, &document?.body)?),
            None => summary.removed += u64::from(remove(out, &name)),
        }
    }
    for picture in &touched.images {
        if publication.has_image(picture) {
            if let Some(bytes) = picture_bytes(images, picture) {
                summary.count(list.put(picture, &bytes)?);
            }
        } else {
            summary.removed += u64::from(remove(out, picture));
        }
    }
    Ok(summary)
}

/// The list of an earlier build, to which names are added: a name that is there twice, or whose file is gone,
/// does no harm, so nothing else of it need be touched.
struct BuildList<'a> {
    out: &'a Path,
    file: fs::File,
}

impl<'a> BuildList<'a> {
    fn open(out: &'a Path) -> anyhow::Result<Self> {
        let path = out.join(BUILD_LIST);
        let file = fs::OpenOptions::new().append(true).open(&path);
        let file = file.with_context(|| format!("cannot add to {}: no build stands here", path.display()))?;
        Ok(Self { out, file })
    }

    /// Writes a file whose name is noted first: a file that no list names would never be removed.
    fn put(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<Put> {
        let file = self.out.join(name);
        if !file.exists() {
            writeln!(self.file, "{name}")?;
        }
        put(self.out, name, bytes)
    }
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
        stop::check()?;
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
    for picture in publication.images() {
        if let Some(bytes) = picture_bytes(images, &picture) {
            take(picture, &bytes)?;
        }
    }
    Ok(())
}

/// The site's copy of a picture; one that cannot be read is logged and left out.
fn picture_bytes(images: &Path, picture: &str) -> Option<Vec<u8>> {
    let name = picture.trim_start_matches("images/");
    let source = images.join(name.get(..2).unwrap_or(name)).join(name);
    fs::read(&source).inspect_err(|error| tracing::warn!("{}: {error}", source.display())).ok()
}

fn file_name(path: &str) -> String {
    let name = path.trim_start_matches('/');
    if name.is_empty() || name.ends_with('/') { format!("{name}index.html") } else { name.to_owned() }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    Written,
    Unchanged,
}

impl BuildSummary {
    fn count(&mut self, put: Put) {
        match put {
            Put::Written => self.written += 1,
            Put::Unchanged => self.unchanged += 1,
        }
    }
}

/// Writes a file unless it holds these bytes already. A new file is written in its place, one that exists is
/// replaced whole, so that no reader sees half of it. Nothing is synced: what a power cut spoils, the next full
/// build finds and mends.
fn put(out: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<Put> {
    health::heartbeat();
    let file = &out.join(name);
    let wrote = match fs::File::create_new(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(file.parent().unwrap_or(file))
                .and_then(|()| fs::write(file, bytes).inspect_err(|_| drop(fs::remove_file(file))))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // A link is replaced and never written through.
            let plain = fs::symlink_metadata(file)
                .is_ok_and(|there| there.is_file() && there.len() == bytes.len() as u64);
            if plain && fs::read(file).is_ok_and(|there| there == bytes) {
                return Ok(Put::Unchanged);
            }
            replace_through(out, file, bytes)
        }
        Err(error) => Err(error),
        // Half a file would be shown to readers.
        Ok(mut new) => new.write_all(bytes).inspect_err(|_| drop(fs::remove_file(file))),
    };
    wrote.with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Put::Written)
}

/// Removes what an earlier build wrote and this one did not, and folders that are empty then; how many files.
fn remove_stale(out: &Path, names: &HashSet<u64>) -> anyhow::Result<u64> {
    let list = match fs::File::open(out.join(BUILD_LIST)) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let mut removed = 0;
    for name in io::BufReader::new(list).lines() {
        let name = name?;
        let inside = !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if inside && !names.contains(&digest(&name)) {
            removed += u64::from(remove(out, &name));
        }
    }
    Ok(removed)
}

/// Removes a file, and the folders above it that are empty then; whether it was there.
fn remove(out: &Path, name: &str) -> bool {
    if fs::remove_file(out.join(name)).is_err() {
        return false;
    }
    let folders = Path::new(name).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    for folder in folders {
        // Only an empty folder can be removed so.
        if fs::remove_dir(out.join(folder)).is_err() {
            break;
        }
    }
    true
}

/// A name in 64 bits: a hundred thousand articles have half a million names. Should two ever agree, a file
/// stays that could have gone.
fn digest(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
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
