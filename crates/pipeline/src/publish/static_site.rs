//! The site as files: written, or compared with the files in a folder.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use courant_render::{Invalidation, Publication};
use courant_site::files::{self, replace_through};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::tasks;

/// The file in a static build that lists the files of the build, so that the next build can remove
/// those that it no longer has.
const BUILD_LIST: &str = ".courant-build";

/// The outcome of a static build.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildSummary {
    /// Files that were written because they were missing or different.
    pub written: u64,
    /// Files that stayed as they were.
    pub unchanged: u64,
    /// Files of an earlier build that no longer belong to the site.
    pub removed: u64,
}

/// The differences between a folder and what would be written.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildCheck {
    /// Files with the right content.
    pub equal: u64,
    /// Missing files.
    pub missing: Vec<String>,
    /// Files with other content.
    pub differing: Vec<String>,
    /// Files that do not belong to the site.
    pub surplus: Vec<String>,
}

impl BuildCheck {
    /// Whether the folder is exactly what would be written.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.differing.is_empty() && self.surplus.is_empty()
    }
}

/// Writes every document of the publication, and the copies of its images, below `out`. Only files
/// that differ are written. Files of an earlier build that no longer belong to the site are
/// removed; other files are never touched.
///
/// Errors: `stop` was cancelled, which is checked between files, or a file could not be written.
/// The next build continues from there.
pub fn build_static(
    publication: &Publication,
    images: &Path,
    out: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<BuildSummary> {
    let mut summary = BuildSummary::default();
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    files::sweep(out);
    let fresh = out.join(format!("{BUILD_LIST}.new"));
    let mut list = io::BufWriter::new(
        fs::File::create(&fresh).with_context(|| format!("cannot write {}", fresh.display()))?,
    );
    let mut names = HashSet::new();
    each_file(publication, images, |name, bytes| {
        anyhow::ensure!(!stop.is_cancelled(), "stopped before all files were done");
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

/// Updates a folder that [`build_static`] has written to a publication in which only `touched` may
/// have changed since. The cost depends on how much that is.
pub fn update_static(
    publication: &Publication,
    touched: &Invalidation,
    images: &Path,
    out: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<BuildSummary> {
    if touched.all {
        return build_static(publication, images, out, stop);
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
    for image in &touched.images {
        if publication.has_image(image) {
            if let Some(bytes) = image_bytes(images, image) {
                summary.count(list.put(image, &bytes)?);
            }
        } else {
            summary.removed += u64::from(remove(out, image));
        }
    }
    Ok(summary)
}

/// The list of an earlier build, to which names are added. Names that are in it twice, or whose
/// file is missing, do no harm, so the rest of the list stays as it is.
struct BuildList<'a> {
    out: &'a Path,
    file: fs::File,
}

impl<'a> BuildList<'a> {
    fn open(out: &'a Path) -> anyhow::Result<Self> {
        let path = out.join(BUILD_LIST);
        let file = fs::OpenOptions::new().append(true).open(&path);
        let file = file.with_context(|| {
            format!("cannot add to {}: expected an earlier build in this folder", path.display())
        })?;
        Ok(Self { out, file })
    }

    /// Writes a file after adding its name to the list, because a file that is not in the list
    /// would never be removed.
    fn put(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<Put> {
        let file = self.out.join(name);
        if !file.exists() {
            writeln!(self.file, "{name}")?;
        }
        put(self.out, name, bytes)
    }
}

/// Compares the files in `dir` with what [`build_static`] would write there. Writes nothing.
pub fn check_static(
    publication: &Publication,
    images: &Path,
    dir: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<BuildCheck> {
    let mut check = BuildCheck::default();
    let mut surplus = files_in(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    surplus.remove(BUILD_LIST);
    each_file(publication, images, |name, bytes| {
        anyhow::ensure!(!stop.is_cancelled(), "stopped before all files were done");
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

/// Renders one file after the other and gives its name (its path below the site's root, with `/` as
/// separator) and content to `take`.
fn each_file(
    publication: &Publication,
    images: &Path,
    mut take: impl FnMut(String, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for path in publication.paths() {
        let document =
            publication.get(&path).with_context(|| format!("{path} is listed but does not exist"))??;
        take(file_name(&path), &document.body)?;
    }
    for image in publication.images() {
        if let Some(bytes) = image_bytes(images, &image) {
            take(image, &bytes)?;
        }
    }
    Ok(())
}

/// The site's copy of an image; `None`, and a log message, if it cannot be read.
fn image_bytes(images: &Path, image: &str) -> Option<Vec<u8>> {
    let name = image.trim_start_matches("images/");
    let source = images.join(name.get(..2).unwrap_or(name)).join(name);
    fs::read(&source)
        .inspect_err(|error| tracing::warn!(file = %source.display(), %error, "an image cannot be read"))
        .ok()
}

fn file_name(path: &str) -> String {
    let name = path.trim_start_matches('/');
    if name.is_empty() || name.ends_with('/') { format!("{name}index.html") } else { name.to_owned() }
}

/// Whether a file had to be written.
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

/// Writes a file unless it has this content already. An existing file is replaced as a whole, so
/// that no reader gets half of it. Nothing is synced: damage by a power failure is repaired by the
/// next full build.
fn put(out: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<Put> {
    tasks::heartbeat();
    let file = &out.join(name);
    let wrote = match fs::File::create_new(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(file.parent().unwrap_or(file))
                .and_then(|()| fs::write(file, bytes).inspect_err(|_| drop(fs::remove_file(file))))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // A symbolic link is replaced; its target is not written.
            let is_same_length = fs::symlink_metadata(file)
                .is_ok_and(|there| there.is_file() && there.len() == bytes.len() as u64);
            if is_same_length && fs::read(file).is_ok_and(|there| there == bytes) {
                return Ok(Put::Unchanged);
            }
            replace_through(out, file, bytes)
        }
        Err(error) => Err(error),
        // Otherwise readers would get half a file.
        Ok(mut new) => new.write_all(bytes).inspect_err(|_| drop(fs::remove_file(file))),
    };
    wrote.with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Put::Written)
}

/// Removes files of an earlier build that this one did not write, and folders that become empty.
/// Returns the number of files.
fn remove_stale(out: &Path, names: &HashSet<u64>) -> anyhow::Result<u64> {
    let list = match fs::File::open(out.join(BUILD_LIST)) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let mut removed = 0;
    for name in io::BufReader::new(list).lines() {
        let name = name?;
        let is_inside = !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if is_inside && !names.contains(&digest(&name)) {
            removed += u64::from(remove(out, &name));
        }
    }
    Ok(removed)
}

/// Removes a file, and folders above it that become empty. Returns whether the file existed.
fn remove(out: &Path, name: &str) -> bool {
    if fs::remove_file(out.join(name)).is_err() {
        return false;
    }
    let folders = Path::new(name).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    for folder in folders {
        // `remove_dir` only removes empty folders.
        if fs::remove_dir(out.join(folder)).is_err() {
            break;
        }
    }
    true
}

/// A 64-bit hash of a name, because a site with a hundred thousand articles has half a million
/// names. If two names had the same hash, a file might not be removed.
fn digest(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// All files below a folder, by name. Symbolic links count as files and are not followed.
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
