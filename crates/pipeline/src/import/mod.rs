//! `courant import`: imports the folder of an older site. News become articles; every other kind of
//! record is copied byte for byte into the site's folder, so that nothing is lost.
//!
//! `news` imports the news, `taxonomy` the topics and providers, and `collections` reads all other
//! kinds of records. `copy` writes the imported files.

pub(crate) mod collections;
mod copy;
mod news;
mod taxonomy;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use courant_classic::{RecordOrigin, Schema};
use courant_site::Site;
use serde::Serialize;

pub(crate) use news::IMPORT_AUTHOR;
pub use news::{read_news, settle_news};

use copy::{Copied, put};

use crate::import::collections::{files_below, files_of, read};

/// The outcome of an import for one kind of record.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KindSummary {
    /// The collection, `topics` or `providers`.
    pub kind: String,
    /// Files found.
    pub found: u64,
    /// Records that are new to the site.
    pub new: u64,
    /// Records that the site already has, with the same bytes.
    pub unchanged: u64,
    /// Records that replaced another version in the site.
    pub replaced: u64,
    /// Records that were skipped because the site has another version.
    pub kept: Vec<String>,
    /// Files that were not imported, with the reason.
    pub refused: Vec<(String, String)>,
    /// Files that were imported although they do not match the schema, with the problem.
    pub remarks: Vec<(String, String)>,
}

impl KindSummary {
    fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..Self::default() }
    }

    fn count(&mut self, path: &str, copied: Copied) {
        match copied {
            Copied::New => self.new += 1,
            Copied::Unchanged => self.unchanged += 1,
            Copied::Replaced => self.replaced += 1,
            Copied::Kept => self.kept.push(path.to_owned()),
        }
    }
}

/// The outcome of an import of files.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportSummary {
    /// The outcome for each kind; kinds without files are left out.
    pub kinds: Vec<KindSummary>,
    /// Folders of records that no collection describes.
    pub unknown: Vec<String>,
}

/// Copies everything but news from `dir` into the site's own folders. With `replace`, the imported
/// version of a record replaces the site's.
pub fn import_files(site: &Site, dir: &Path, replace: bool) -> anyhow::Result<ImportSummary> {
    if !fs::metadata(dir).with_context(|| format!("cannot read {}", dir.display()))?.is_dir() {
        bail!("{} is not a folder", dir.display());
    }
    let mut summary = ImportSummary::default();
    summary.kinds.push(taxonomy::topics(site, dir, replace)?);
    summary.kinds.push(taxonomy::providers(site, dir, replace)?);
    for schema in site.schemas.iter().filter(|schema| schema.source == RecordOrigin::Files) {
        summary.kinds.push(import_kind(site, dir, schema, replace)?);
    }
    summary.kinds.retain(|kind| kind.found > 0 || !kind.refused.is_empty());
    summary.unknown = unknown_folders(site, dir)?;
    Ok(summary)
}

fn import_kind(site: &Site, dir: &Path, schema: &Schema, replace: bool) -> anyhow::Result<KindSummary> {
    let mut summary = KindSummary::of(&schema.id);
    let from = dir.join(&schema.folder);
    let into = site.records_dir().join(&schema.id);
    let found = files_of(dir, &schema.folder);
    summary.found = found.files.len() as u64;
    summary.refused = found.refused;
    let mut stems = BTreeSet::new();
    for path in found.files {
        let (text, entry) = match read(&from, &path) {
            Ok(read) => read,
            Err(error) => {
                summary.refused.push((path, format!("{error:#}")));
                continue;
            }
        };
        if !stems.insert(entry.stem().to_owned()) {
            let reason = "another file has the same name with another extension, and so the same URL";
            summary.refused.push((path, reason.to_owned()));
            continue;
        }
        let remarks = courant_classic::remarks(schema, &entry);
        summary.remarks.extend(remarks.into_iter().map(|remark| (path.clone(), remark)));
        let copied = put(&into.join(&path), text.as_bytes(), replace)?;
        summary.count(&path, copied);
    }
    Ok(summary)
}

/// The folders of `dir` that begin with `_`, contain records and belong to no collection.
fn unknown_folders(site: &Site, dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut known: BTreeSet<&str> = site.schemas.iter().map(|schema| &*schema.folder).collect();
    known.insert(taxonomy::PROVIDERS_FOLDER);
    let leads_to = |path: &str| {
        known.iter().any(|known| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    };
    let mut queue: Vec<(String, PathBuf)> = vec![(String::new(), dir.to_owned())];
    let mut unknown = Vec::new();
    while let Some((below, folder)) = queue.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.file_type()?.is_dir() || (below.is_empty() && !name.starts_with('_')) {
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if leads_to(&path) {
                queue.push((path.clone(), entry.path()));
            }
            let holds_records =
                || files_below(&entry.path()).files.iter().any(|file| !file.ends_with(".html"));
            if !known.contains(&*path) && !leads_to(&path) && holds_records() {
                unknown.push(path);
            }
        }
    }
    unknown.sort();
    Ok(unknown)
}
