//! Record files: those that changed are announced to the store and written.

use std::{collections::HashSet, fs, io, path::Path};

use courant_formats::record;
use courant_model::{ArticleId, Item, RecordPath, Snapshot};
use courant_store::{RecordVersion, Revision, StoreError};

use super::{Look, PublishSummary, Watch};
use crate::{
    health,
    pipeline::{
        Desk,
        files::write_atomically_through,
        hand_edits::{self, HandEdits},
    },
};

/// Records that are announced to the store and written together.
const WRITE_BATCH: usize = 256;

struct ChangedRecord {
    path: RecordPath,
    article: ArticleId,
    version: RecordVersion,
    bytes: Vec<u8>,
    /// Whether readers see something new in it.
    is_visible: bool,
}

/// Writes those `wanted` records of a snapshot, or part of one, that differ from what was last written. For the articles
/// that have no place in it, nothing need be written. A file that cannot be written is noted with the reason and stops
/// nothing: the others are written, and the next round tries it again.
pub(super) async fn write_records(
    desk: &Desk,
    (snapshot, absent): (&Snapshot, Vec<ArticleId>),
    mark: Revision,
    edits: &HandEdits,
    watch: &mut Watch,
    wanted: impl Fn(&Item) -> bool,
) -> PublishSummary {
    let mut summary = PublishSummary::default();
    let mut changed = Vec::new();
    let mut clean = absent;
    for &article in &clean {
        watch.unwritten.forget(article);
    }
    for (item, record) in courant_render::records_of(snapshot, wanted) {
        if watch.is_broken(&item.path) {
            continue;
        }
        watch.unwritten.forget(item.id);
        let bytes = record::write(&record).into_bytes();
        let known = edits.known.get(&item.path);
        let before = known.and_then(|known| known.written.as_ref()).map(|version| version.hash);
        if before == Some(hand_edits::hash(&bytes)) && !edits.stale.contains(&item.path) {
            clean.push(item.id);
            summary.unchanged += 1;
            continue;
        }
        if known.is_none() {
            match is_foreign(&desk.site.records_dir().join(item.path.as_str()), &bytes) {
                Ok(false) => {}
                Ok(true) => {
                    let reason = "a file that Courant did not write is there already; it is left as it is";
                    summary.broken.push((item.path.to_string(), reason.to_owned()));
                    continue;
                }
                Err(error) => {
                    watch.unwritten.note(item.id, &item.path, &error.to_string());
                    continue;
                }
            }
        }
        if known.is_some() && !watch.is_as_seen(&desk.site.records_dir(), &item.path) {
            // Somebody has edited it just now: the next round reads what was said, and the record is dirty until then.
            continue;
        }
        let version = hand_edits::version(&record, &bytes);
        let tried = known.and_then(|known| known.intended.as_ref());
        summary.changed += u64::from(tried.is_none_or(|tried| tried.hash != version.hash));
        let known = known.and_then(|known| known.written.as_ref());
        let is_visible = shows_more(record.published, known, &version);
        changed.push(ChangedRecord { path: item.path.clone(), article: item.id, version, bytes, is_visible });
        if changed.len() == WRITE_BATCH {
            write_batch(desk, &mut changed, mark, &mut summary, watch).await;
        }
    }
    write_batch(desk, &mut changed, mark, &mut summary, watch).await;
    if let Err(error) = mark_clean(desk, mark, clean).await {
        // They stay dirty, and the next round looks at them again.
        tracing::error!("which records need no writing could not be stored: {error}");
    }
    summary.unwritten.clone_from(&watch.unwritten);
    summary
}

/// Remembers that nothing need be written for these articles; most of them were clean already.
async fn mark_clean(desk: &Desk, mark: Revision, mut articles: Vec<ArticleId>) -> courant_store::Result<()> {
    let dirty: HashSet<ArticleId> = desk.store.dirty_articles().await?.into_iter().collect();
    articles.retain(|article| dirty.contains(article));
    if articles.is_empty() {
        return Ok(());
    }
    desk.store.records_clean(mark, &articles).await
}

/// Announces these records to the store and writes those that it has taken note of.
async fn write_batch(
    desk: &Desk,
    changed: &mut Vec<ChangedRecord>,
    mark: Revision,
    summary: &mut PublishSummary,
    watch: &mut Watch,
) {
    health::heartbeat();
    let files = std::mem::take(changed);
    let announced: Vec<(ArticleId, RecordVersion)> =
        files.iter().map(|file| (file.article, file.version.clone())).collect();
    if announced.is_empty() {
        return;
    }
    if let Err(error) = desk.store.announce_records(&announced).await {
        // A file of which the store knows nothing would be taken for somebody's edit.
        note_all(&files, &error, watch);
        return;
    }
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        let place = desk.site.records_dir().join(file.path.as_str());
        match write_atomically_through(&desk.site.records_dir(), &place, &file.bytes) {
            Ok(()) => {
                watch.note(&file.path, file.article, Look::of(&place, crate::clock::file_time()).ok());
                written.push(file);
            }
            Err(error) => watch.unwritten.note(file.article, &file.path, &error.to_string()),
        }
    }
    let articles: Vec<ArticleId> = written.iter().map(|file| file.article).collect();
    if articles.is_empty() {
        return;
    }
    if let Err(error) = desk.store.records_written(mark, &articles).await {
        note_all(&written, &error, watch);
        return;
    }
    summary.written += written.len() as u64;
    summary.visible += written.iter().filter(|file| file.is_visible).count() as u64;
}

fn note_all(files: &[ChangedRecord], error: &StoreError, watch: &mut Watch) {
    for file in files {
        watch.unwritten.note(file.article, &file.path, &error.to_string());
    }
}

/// Whether readers see something new in a record: it is published, or was until now, and more has changed than
/// its heat, which cools without news, and what only holders of a key can read.
fn shows_more(published: Option<bool>, before: Option<&RecordVersion>, after: &RecordVersion) -> bool {
    let Some(before) = before else { return published == Some(true) };
    let changed = hand_edits::changed_fields(before, after);
    let is_seen = published == Some(true) || changed.iter().any(|field| field == "published");
    is_seen && changed.iter().any(|field| !matches!(field.as_str(), "heat" | "secured"))
}

/// Whether a file stands where a new record would, with other content.
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
        (record.published, hand_edits::version(&record, b""))
    }

    #[test]
    fn readers_see_what_is_published_and_more_than_cooling() {
        let before = version("One", 90, true).1;
        for (title, heat, published, shows) in
            [("One", 80, true, false), ("Two", 80, true, true), ("One", 60, false, true)]
        {
            let (published, after) = version(title, heat, published);
            assert_eq!(shows_more(published, Some(&before), &after), shows, "{title} {heat} {published:?}");
        }
        let (held, after) = version("Two", 10, false);
        assert!(!shows_more(held, Some(&version("One", 10, false).1), &after));
        assert!(!shows_more(held, None, &after));
        assert!(shows_more(Some(true), None, &before));
    }
}
