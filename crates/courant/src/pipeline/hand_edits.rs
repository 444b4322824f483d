//! Hand edits of record files: read back as overrides, never written over blindly.
//!
//! Beside each record file that Courant wrote, the store keeps a digest of every field. A file whose bytes
//! have changed was edited; the fields whose digest differs are what the editor said. A file that no longer
//! reads as a record is left as it is and named in the summary until someone mends it. A file that was
//! deleted is written again: deleting is no way to hold an article (`published: false` is).
//!
//! Before a file is written, the store is told what it will hold. So a crash between the two is no puzzle: the
//! file holds the version that was written before or the one that was intended, and neither is an edit.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs, io,
    path::Path,
};

use courant_formats::record;
use courant_model::{Override, Record, RecordPath, Timestamp, Value};
use courant_store::{RecordFile, RecordVersion};
use sha2::{Digest, Sha256};

use super::{
    Desk,
    publish::{Look, Watch},
    story_edit,
};

/// Who is named as the author of an override that was read from a file.
const BY: &str = "record file";

/// What looking at the record files brought.
#[derive(Debug, Default)]
pub(super) struct HandEdits {
    /// Record files as they were last written, by path.
    pub(super) known: HashMap<RecordPath, RecordFile>,
    /// Files that are gone or differ in a way that a new writing may mend.
    pub(super) stale: HashSet<RecordPath>,
    /// Overrides that were new.
    pub(super) overrides: u64,
}

/// Compares these record files with what was last written, stores what an editor has changed, and notes in `watch` how
/// they looked and which of them can't be read.
pub(super) async fn read_back(
    desk: &Desk,
    files: Vec<RecordFile>,
    now: Timestamp,
    watch: &mut Watch,
) -> anyhow::Result<HandEdits> {
    let mut edits = HandEdits::default();
    let folder = desk.site.records_dir();
    for file in files {
        let (look, bytes) = look_and_read(&folder.join(file.path.as_str()));
        watch.note(&file.path, file.article, look);
        match bytes {
            Ok(bytes) if is_ours(&bytes, &file) => {
                if file.intended.is_some() {
                    edits.stale.insert(file.path.clone());
                }
            }
            Ok(bytes) => match edited_record(&bytes) {
                Ok(edited) => {
                    for word in overrides_in(&edited, &file, now) {
                        desk.store.put_override(&word).await?;
                        edits.overrides += 1;
                    }
                    edits.stale.insert(file.path.clone());
                }
                Err(reason) => {
                    watch.unwritten.forget(file.article);
                    watch.note_broken(&file.path, reason);
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                edits.stale.insert(file.path.clone());
            }
            Err(error) => watch.note_unreadable(&file.path, file.article, &error),
        }
        edits.known.insert(file.path.clone(), file);
    }
    Ok(edits)
}

/// A file's bytes, and how it looked before they were read: an edit in between shows the next time.
fn look_and_read(file: &Path) -> (Option<Look>, io::Result<Vec<u8>>) {
    (Look::of(file, crate::clock::file_time()).ok(), fs::read(file))
}

/// Whether these are bytes that Courant wrote, or was about to write when it was stopped.
fn is_ours(bytes: &[u8], file: &RecordFile) -> bool {
    let hash = hash(bytes);
    [&file.written, &file.intended].into_iter().flatten().any(|version| version.hash == hash)
}

fn edited_record(bytes: &[u8]) -> Result<Record, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    record::read(text).map_err(|error| error.to_string())
}

fn overrides_in(edited: &Record, file: &RecordFile, now: Timestamp) -> Vec<Override> {
    let said = fields(edited);
    let Some(base) = file.written.as_ref().or(file.intended.as_ref()) else { return Vec::new() };
    let before = digests_from_text(&base.fields);
    let word = |field: &str, value: Value| Override {
        article: file.article,
        field: field.to_owned(),
        value,
        by: BY.to_owned(),
        at: now,
    };
    let changed = said
        .iter()
        .filter(|(field, value)| before.get(field.as_str()) != Some(&digest(value)))
        .map(|(field, value)| word(field, value.clone()));
    let named: HashSet<&str> = said.iter().map(|(field, _)| field.as_str()).collect();
    let removed = before.keys().filter(|field| !named.contains(*field)).map(|field| word(field, Value::Null));
    changed.chain(removed).collect()
}

/// The fields of a record with their values, as they stand in its JSON form.
pub(super) fn fields(record: &Record) -> Vec<(String, Value)> {
    match serde_json::from_value::<Value>(record::to_json(record)) {
        Ok(Value::Map(fields)) => fields,
        _ => Vec::new(),
    }
}

/// The record with the editor's words in place of the machine's. A word that does not fit its field is left
/// out and logged: it can only come from a file that an older version read differently.
pub(super) fn with_overrides(record: Record, words: &[&Override]) -> Record {
    let about_record = |word: &&&Override| !story_edit::FIELDS.contains(&word.field.as_str());
    if words.iter().filter(about_record).count() == 0 {
        return record;
    }
    let mut values = fields(&record);
    for word in words.iter().filter(about_record) {
        values.retain(|(field, _)| field != &word.field);
        if word.value != Value::Null {
            values.push((word.field.clone(), word.value.clone()));
        }
    }
    match serde_json::to_value(Value::Map(values)).map(|json| record::from_json(&json)) {
        Ok(Ok(overridden)) => overridden,
        Ok(Err(error)) => {
            tracing::warn!("overrides of {:?} do not fit its record: {error}", record.title);
            record
        }
        Err(error) => {
            tracing::warn!("overrides of {:?} cannot be read: {error}", record.title);
            record
        }
    }
}

/// What the store is told of a record file that is about to be written.
pub(super) fn version(record: &Record, bytes: &[u8]) -> RecordVersion {
    let fields =
        fields(record).iter().map(|(field, value)| format!("{field} {:016x}\n", digest(value))).collect();
    RecordVersion { hash: hash(bytes), fields }
}

/// The fields that differ between two versions of a record file, those that are in one of them only included.
pub(super) fn changed_fields(before: &RecordVersion, after: &RecordVersion) -> Vec<String> {
    let (before, after) = (digests_from_text(&before.fields), digests_from_text(&after.fields));
    let names: HashSet<&str> = before.keys().chain(after.keys()).copied().collect();
    names.into_iter().filter(|name| before.get(name) != after.get(name)).map(str::to_owned).collect()
}

pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
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
    fn only_what_was_edited_is_an_override() {
        let machine = record("One", false);
        let file = file_of(&machine);
        let mut edited = record("Two", false);
        edited.excerpt = Some("New.".into());
        let words = overrides_in(&edited, &file, Timestamp::UNIX_EPOCH);
        let said: Vec<_> = words.iter().map(|word| (word.field.as_str(), word.value.as_str())).collect();
        assert_eq!(said, [("title", Some("Two")), ("excerpt", Some("New."))]);
        let words: Vec<&Override> = words.iter().collect();
        assert_eq!(with_overrides(machine, &words), edited);
    }

    #[test]
    fn a_field_that_was_taken_away_stays_away() {
        let mut machine = record("One", true);
        machine.excerpt = Some("Wrong.".into());
        let file = file_of(&machine);
        let words = overrides_in(&record("One", true), &file, Timestamp::UNIX_EPOCH);
        assert_eq!((words.len(), &*words[0].field, &words[0].value), (1, "excerpt", &Value::Null));
        assert_eq!(with_overrides(machine, &[&words[0]]).excerpt, None);
    }
}
