//! Edits of record files: read back as overrides, never overwritten blindly.
//!
//! For each record file that Courant wrote, the store has a digest of every field. A file whose
//! bytes have changed was edited, and the fields whose digest differs become overrides. A file that
//! can no longer be parsed as a record is left as it is and listed in the summary until someone
//! fixes it. A deleted file is written again: to hold an article, set `published: false`.
//!
//! Before a file is written, its new version is stored as intended. After a crash in between, the
//! file has either the written or the intended version, and neither is an edit.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs, io,
    path::Path,
};

use courant_formats::record;
use courant_model::{EditorDecision, Override, Record, RecordPath, Timestamp, Value};
use courant_store::{RecordFile, RecordVersion};
use sha2::{Digest, Sha256};

use crate::{
    context::Context,
    publish::record_files::{FileStamp, RecordFiles},
    stories::overrides::fields,
};

/// The author of overrides that come from record files.
const RECORD_FILE_AUTHOR: &str = "record file";

/// The outcome of reading the record files back.
#[derive(Debug, Default)]
pub(crate) struct RecordEdits {
    /// Record files as they were last written, by path.
    pub(crate) known: HashMap<RecordPath, RecordFile>,
    /// Files to write again: deleted, edited, or interrupted while being written.
    pub(crate) stale: HashSet<RecordPath>,
    /// Number of new overrides.
    pub(crate) overrides: u64,
}

/// Compares these record files with what was last written and stores an editor's changes as
/// overrides. Their stamps, and the files that cannot be read, are noted in `record_files`.
pub(crate) async fn read_back(
    context: &Context,
    files: Vec<RecordFile>,
    now: Timestamp,
    record_files: &mut RecordFiles,
) -> anyhow::Result<RecordEdits> {
    let mut edits = RecordEdits::default();
    let folder = context.site.records_dir();
    for file in files {
        let (stamp, bytes) = stamp_and_read(&folder.join(file.path.as_str()));
        record_files.note(&file.path, file.article, stamp);
        match bytes {
            Ok(bytes) if is_ours(&bytes, &file) => {
                if file.intended.is_some() {
                    edits.stale.insert(file.path.clone());
                }
            }
            Ok(bytes) => match edited_record(&bytes) {
                Ok(edited) => {
                    for change in overrides_in(&edited, &file, now) {
                        context.store.put_override(&change).await?;
                        edits.overrides += 1;
                    }
                    edits.stale.insert(file.path.clone());
                }
                Err(reason) => {
                    record_files.unwritten.forget(file.article);
                    record_files.note_broken(&file.path, reason);
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                edits.stale.insert(file.path.clone());
            }
            Err(error) => record_files.note_unreadable(&file.path, file.article, &error),
        }
        edits.known.insert(file.path.clone(), file);
    }
    Ok(edits)
}

/// A file's bytes, and its stamp from before reading, so that an edit in between is noticed the
/// next time.
fn stamp_and_read(file: &Path) -> (Option<FileStamp>, io::Result<Vec<u8>>) {
    (FileStamp::of(file, crate::clock::file_time()).ok(), fs::read(file))
}

/// Whether Courant wrote these bytes, or was about to write them when it was stopped.
fn is_ours(bytes: &[u8], file: &RecordFile) -> bool {
    let hash = hash(bytes);
    [&file.written, &file.intended].into_iter().flatten().any(|version| version.hash == hash)
}

fn edited_record(bytes: &[u8]) -> Result<Record, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    record::read(text).map_err(|error| error.to_string())
}

/// An override for each field of the file that differs from the last written version.
fn overrides_in(edited: &Record, file: &RecordFile, now: Timestamp) -> Vec<Override> {
    let edited = fields(edited);
    let Some(base) = file.written.as_ref().or(file.intended.as_ref()) else { return Vec::new() };
    let before = digests_from_text(&base.fields);
    let change = |field: &str, value: Value| Override {
        article: file.article,
        decision: EditorDecision::from_stored(field, value),
        by: RECORD_FILE_AUTHOR.to_owned(),
        at: now,
    };
    let changed = edited
        .iter()
        .filter(|(field, value)| before.get(field.as_str()) != Some(&digest(value)))
        .map(|(field, value)| change(field, value.clone()));
    let present: HashSet<&str> = edited.iter().map(|(field, _)| field.as_str()).collect();
    let removed =
        before.keys().filter(|field| !present.contains(*field)).map(|field| change(field, Value::Null));
    changed.chain(removed).collect()
}

/// The version of a record file to store before the file is written.
pub(crate) fn version(record: &Record, bytes: &[u8]) -> RecordVersion {
    let fields =
        fields(record).iter().map(|(field, value)| format!("{field} {:016x}\n", digest(value))).collect();
    RecordVersion { hash: hash(bytes), fields }
}

/// The fields that differ between two versions of a record file, including those in only one of
/// them.
pub(crate) fn changed_fields(before: &RecordVersion, after: &RecordVersion) -> Vec<String> {
    let (before, after) = (digests_from_text(&before.fields), digests_from_text(&after.fields));
    let names: HashSet<&str> = before.keys().chain(after.keys()).copied().collect();
    names.into_iter().filter(|name| before.get(name) != after.get(name)).map(str::to_owned).collect()
}

pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn digest(value: &Value) -> u64 {
    let text = serde_json::to_string(value).unwrap_or_default();
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    u64::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
    ])
}

fn digests_from_text(text: &str) -> BTreeMap<&str, u64> {
    text.lines()
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(field, digits)| u64::from_str_radix(digits, 16).ok().map(|digest| (field, digest)))
        .collect()
}

#[cfg(test)]
mod tests {
    use courant_model::ArticleId;

    use super::*;
    use crate::stories::overrides::with_overrides;

    fn record(title: &str, published: bool) -> Record {
        Record {
            category: "news".into(),
            title: title.into(),
            published: Some(published),
            ..Record::default()
        }
    }

    fn file_of(machine: &Record) -> RecordFile {
        RecordFile {
            path: RecordPath::parse("news/a.md").unwrap(),
            article: ArticleId::from_bytes([1; 16]),
            written: Some(version(machine, b"")),
            intended: None,
        }
    }

    #[test]
    fn only_edited_fields_become_overrides() {
        let machine = record("One", false);
        let file = file_of(&machine);
        let mut edited = record("Two", false);
        edited.excerpt = Some("New.".into());
        let overrides = overrides_in(&edited, &file, Timestamp::UNIX_EPOCH);
        let changes: Vec<_> =
            overrides.iter().map(|one| (one.decision.name(), one.decision.value())).collect();
        assert_eq!(changes, [("title", Value::from("Two")), ("excerpt", Value::from("New."))]);
        let overrides: Vec<&Override> = overrides.iter().collect();
        assert_eq!(with_overrides(machine, &overrides), edited);
    }

    #[test]
    fn a_removed_field_stays_removed() {
        let mut machine = record("One", true);
        machine.excerpt = Some("Wrong.".into());
        let file = file_of(&machine);
        let overrides = overrides_in(&record("One", true), &file, Timestamp::UNIX_EPOCH);
        assert_eq!(
            (overrides.len(), overrides[0].decision.name(), overrides[0].decision.value()),
            (1, "excerpt", Value::Null)
        );
        assert_eq!(with_overrides(machine, &[&overrides[0]]).excerpt, None);
    }
}
