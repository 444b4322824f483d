//! Writes the record files that changed, after announcing them to the store.

use std::{collections::HashSet, fs, io, path::Path};

use courant_formats::record;
use courant_model::{ArticleId, Item, RecordPath};
use courant_render::Snapshot;
use courant_site::files::write_atomically_through;
use courant_store::{RecordVersion, Revision, StoreError};

use crate::{
    context::Context,
    editor::record_edits::{self, RecordEdits},
    publish::{
        record_files::{FileStamp, RecordFiles},
        summary::PublishSummary,
    },
    tasks,
};

/// Records that are announced to the store and written together.
const WRITE_BATCH: usize = 256;

struct ChangedRecord {
    path: RecordPath,
    article: ArticleId,
    version: RecordVersion,
    bytes: Vec<u8>,
    /// Whether readers see a difference.
    is_visible: bool,
}

/// Writes the `wanted` records of a snapshot, or of a part of one, that differ from what was last
/// written. Articles that are not in it (`absent`) need no writing. A file that cannot be written
/// is noted with the reason; the others are written, and the next round tries it again.
pub(crate) async fn write_records(
    context: &Context,
    (snapshot, absent): (&Snapshot, Vec<ArticleId>),
    mark: Revision,
    edits: &RecordEdits,
    record_files: &mut RecordFiles,
    wanted: impl Fn(&Item) -> bool,
) -> PublishSummary {
    let mut summary = PublishSummary::default();
    let mut changed = Vec::new();
    let mut clean = absent;
    for &article in &clean {
        record_files.unwritten.forget(article);
    }
    for (item, record) in courant_render::records_of(snapshot, wanted) {
        if record_files.is_broken(&item.path) {
            continue;
        }
        record_files.unwritten.forget(item.id);
        let bytes = record::write(&record).into_bytes();
        let known = edits.known.get(&item.path);
        let before = known.and_then(|known| known.written.as_ref()).map(|version| version.hash);
        if before == Some(record_edits::hash(&bytes)) && !edits.stale.contains(&item.path) {
            clean.push(item.id);
            summary.unchanged += 1;
            continue;
        }
        if known.is_none() {
            match is_foreign(&context.site.records_dir().join(item.path.as_str()), &bytes) {
                Ok(false) => {}
                Ok(true) => {
                    let reason = "Courant did not write the file at this path, so it is left as it is";
                    summary.broken.push((item.path.to_string(), reason.to_owned()));
                    continue;
                }
                Err(error) => {
                    record_files.unwritten.note(item.id, &item.path, &error.to_string());
                    continue;
                }
            }
        }
        if known.is_some() && !record_files.is_unchanged(&context.site.records_dir(), &item.path) {
            // Somebody has just edited it: the next round reads the edit, and the record stays
            // dirty until then.
            continue;
        }
        let version = record_edits::version(&record, &bytes);
        let tried = known.and_then(|known| known.intended.as_ref());
        summary.changed += u64::from(tried.is_none_or(|tried| tried.hash != version.hash));
        let known = known.and_then(|known| known.written.as_ref());
        let is_visible = is_visible_change(record.published, known, &version);
        changed.push(ChangedRecord { path: item.path.clone(), article: item.id, version, bytes, is_visible });
        if changed.len() == WRITE_BATCH {
            write_batch(context, &mut changed, mark, &mut summary, record_files).await;
        }
    }
    write_batch(context, &mut changed, mark, &mut summary, record_files).await;
    if let Err(error) = mark_clean(context, mark, clean).await {
        // They stay dirty, and the next round handles them again.
        tracing::error!(%error, "cannot store which records are up to date");
    }
    summary.unwritten.clone_from(&record_files.unwritten);
    summary
}

/// Stores that the records of these articles are up to date; most of them were clean before.
async fn mark_clean(
    context: &Context,
    mark: Revision,
    mut articles: Vec<ArticleId>,
) -> courant_store::Result<()> {
    let dirty: HashSet<ArticleId> = context.store.dirty_articles().await?.into_iter().collect();
    articles.retain(|article| dirty.contains(article));
    if articles.is_empty() {
        return Ok(());
    }
    context.store.records_clean(mark, &articles).await
}

/// Announces these records to the store, and writes them.
async fn write_batch(
    context: &Context,
    changed: &mut Vec<ChangedRecord>,
    mark: Revision,
    summary: &mut PublishSummary,
    record_files: &mut RecordFiles,
) {
    tasks::heartbeat();
    let files = std::mem::take(changed);
    let announced: Vec<(ArticleId, RecordVersion)> =
        files.iter().map(|file| (file.article, file.version.clone())).collect();
    if announced.is_empty() {
        return;
    }
    if let Err(error) = context.store.announce_records(&announced).await {
        // A file that the store does not know would be taken for an edit.
        note_all(&files, &error, record_files);
        return;
    }
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        let place = context.site.records_dir().join(file.path.as_str());
        match write_atomically_through(&context.site.records_dir(), &place, &file.bytes) {
            Ok(()) => {
                record_files.note(
                    &file.path,
                    file.article,
                    FileStamp::of(&place, crate::clock::file_time()).ok(),
                );
                written.push(file);
            }
            Err(error) => record_files.unwritten.note(file.article, &file.path, &error.to_string()),
        }
    }
    let articles: Vec<ArticleId> = written.iter().map(|file| file.article).collect();
    if articles.is_empty() {
        return;
    }
    if let Err(error) = context.store.records_written(mark, &articles).await {
        note_all(&written, &error, record_files);
        return;
    }
    summary.written += written.len() as u64;
    summary.visible += written.iter().filter(|file| file.is_visible).count() as u64;
}

fn note_all(files: &[ChangedRecord], error: &StoreError, record_files: &mut RecordFiles) {
    for file in files {
        record_files.unwritten.note(file.article, &file.path, &error.to_string());
    }
}

/// Whether readers see a difference in a record: it is or was published, and more has changed than
/// its heat, which cools all the time, and the sealed part.
fn is_visible_change(published: Option<bool>, before: Option<&RecordVersion>, after: &RecordVersion) -> bool {
    let Some(before) = before else { return published == Some(true) };
    let changed = record_edits::changed_fields(before, after);
    let is_public = published == Some(true) || changed.iter().any(|field| field == "published");
    is_public && changed.iter().any(|field| !matches!(field.as_str(), "heat" | "secured"))
}

/// Whether there is a file with other content at the path of a new record.
fn is_foreign(file: &Path, bytes: &[u8]) -> io::Result<bool> {
    match fs::read(file) {
        Ok(there) => Ok(there != bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use courant_model::Record;

    use super::*;

    fn version(title: &str, heat: i64, published: bool) -> (Option<bool>, RecordVersion) {
        let record = Record {
            category: "news".into(),
            title: title.into(),
            heat: Some(heat),
            published: Some(published),
            ..Record::default()
        };
        (record.published, record_edits::version(&record, b""))
    }

    #[test]
    fn changes_of_published_records_are_visible_except_cooling() {
        let before = version("One", 90, true).1;
        for (title, heat, published, shows) in
            [("One", 80, true, false), ("Two", 80, true, true), ("One", 60, false, true)]
        {
            let (published, after) = version(title, heat, published);
            assert_eq!(
                is_visible_change(published, Some(&before), &after),
                shows,
                "{title} {heat} {published:?}"
            );
        }
        let (held, after) = version("Two", 10, false);
        assert!(!is_visible_change(held, Some(&version("One", 10, false).1), &after));
        assert!(!is_visible_change(held, None, &after));
        assert!(is_visible_change(Some(true), None, &before));
    }
}
