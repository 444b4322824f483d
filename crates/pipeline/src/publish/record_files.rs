//! Finds record files that may have been edited since they were last read, by their metadata, as
//! git does for the files of a working tree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Metadata},
    io,
    ops::Bound::{Excluded, Unbounded},
    path::Path,
    time::{Duration, SystemTime},
};

use courant_model::{ArticleId, RecordPath};

use crate::publish::unwritten::Unwritten;

/// Longest granularity of file times; file systems have at most two seconds. A file that was
/// modified less than this before its stamp was taken may change again without a different time.
const MAX_TIME_GRANULARITY: Duration = Duration::from_secs(3);

/// The metadata of a file by which an edit shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileStamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Time of the last status change (seconds, nanoseconds) and inode number; zeros where the
    /// platform has none.
    change: [i64; 3],
    /// Whether every later edit changes the stamp.
    shows_edits: bool,
}

impl FileStamp {
    /// The stamp of a file at this time; symbolic links are not followed. If it is taken before the
    /// file is read, an edit in between is noticed later.
    pub(crate) fn of(file: &Path, now: SystemTime) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(file)?;
        let modified = metadata.modified().ok();
        let age = modified.and_then(|modified| now.duration_since(modified).ok());
        Ok(Self {
            modified,
            length: metadata.len(),
            change: change(&metadata),
            shows_edits: metadata.is_file() && age.is_some_and(|age| age > MAX_TIME_GRANULARITY),
        })
    }

    /// Whether every later edit changes the stamp.
    pub(crate) fn shows_edits(&self) -> bool {
        self.shows_edits
    }
}

#[cfg(unix)]
fn change(metadata: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt;
    [metadata.ctime(), metadata.ctime_nsec(), metadata.ino().cast_signed()]
}

#[cfg(not(unix))]
fn change(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

/// Maximum number of files checked in one round, besides those with racy stamps. So the cost of a
/// round does not grow with the number of files, and each file is checked in turn. A file that is
/// about to be overwritten is always checked.
const MAX_CHECKS_PER_ROUND: usize = 5_000;

/// The record files of a site as last seen.
#[derive(Debug, Default)]
pub(crate) struct RecordFiles {
    files: BTreeMap<RecordPath, SeenFile>,
    /// Files with racy stamps: a later edit may not change them.
    racy: BTreeSet<RecordPath>,
    /// The last file checked in turn.
    last_checked: Option<RecordPath>,
    broken: BTreeMap<RecordPath, String>,
    /// Files that could not be read or written when this was last tried.
    pub(crate) unwritten: Unwritten,
}

#[derive(Debug, Clone, Copy)]
struct SeenFile {
    article: ArticleId,
    /// `None` if the file had no readable metadata.
    stamp: Option<FileStamp>,
}

impl SeenFile {
    /// Whether the file may have other content than when it was last seen.
    fn may_differ(&self, folder: &Path, path: &RecordPath, now: SystemTime) -> bool {
        !self.stamp.is_some_and(|stamp| stamp.shows_edits) || self.stamp_differs(folder, path, now)
    }

    /// Whether the file has another stamp than when it was last seen.
    fn stamp_differs(&self, folder: &Path, path: &RecordPath, now: SystemTime) -> bool {
        let stamp = FileStamp::of(&folder.join(path.as_str()), now).ok();
        let metadata = |stamp: FileStamp| (stamp.modified, stamp.length, stamp.change);
        stamp.map(metadata) != self.stamp.map(metadata)
    }
}

impl RecordFiles {
    /// Number of record files.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether Courant wrote a record file here.
    pub(crate) fn has(&self, path: &RecordPath) -> bool {
        self.files.contains_key(path)
    }

    /// Remembers the stamp of an article's record file, taken before it was read or after it was
    /// written.
    pub(crate) fn note(&mut self, path: &RecordPath, article: ArticleId, stamp: Option<FileStamp>) {
        self.broken.remove(path);
        if stamp.is_none_or(|stamp| !stamp.shows_edits) {
            self.racy.insert(path.clone());
        } else {
            self.racy.remove(path);
        }
        self.files.insert(path.clone(), SeenFile { article, stamp });
    }

    /// Whether a file has the same stamp as when it was last seen. If not, the next round reads it.
    pub(crate) fn is_unchanged(&mut self, folder: &Path, path: &RecordPath) -> bool {
        let same = self
            .files
            .get(path)
            .is_none_or(|seen| !seen.stamp_differs(folder, path, crate::clock::file_time()));
        if !same {
            self.racy.insert(path.clone());
        }
        same
    }

    /// The articles of record files that may have been edited, among those checked in this round.
    pub(crate) fn possibly_edited(&mut self, folder: &Path) -> Vec<ArticleId> {
        let now = crate::clock::file_time();
        let after = self.last_checked.as_ref().map_or(Unbounded, Excluded);
        let mut due: Vec<(&RecordPath, &SeenFile)> =
            self.files.range::<RecordPath, _>((after, Unbounded)).take(MAX_CHECKS_PER_ROUND).collect();
        let last_checked =
            due.last().filter(|_| due.len() == MAX_CHECKS_PER_ROUND).map(|(path, _)| (*path).clone());
        due.extend(self.racy.iter().filter_map(|path| self.files.get_key_value(path)));
        let differ = due.into_iter().filter(|(path, seen)| seen.may_differ(folder, path, now));
        // A racy file may also be checked in turn.
        let articles: BTreeSet<ArticleId> = differ.map(|(_, seen)| seen.article).collect();
        self.last_checked = last_checked;
        articles.into_iter().collect()
    }

    /// Remembers that a file must not be written until it is read again, with the reason.
    pub(crate) fn note_broken(&mut self, path: &RecordPath, reason: String) {
        self.broken.insert(path.clone(), reason);
    }

    /// As [`RecordFiles::note_broken`], for a file that could not be read at all.
    pub(crate) fn note_unreadable(&mut self, path: &RecordPath, article: ArticleId, error: &io::Error) {
        let reason = format!("cannot read the file: {error}");
        self.unwritten.note(article, path, &reason);
        self.note_broken(path, reason);
    }

    /// Whether a file must not be written.
    pub(crate) fn is_broken(&self, path: &RecordPath) -> bool {
        self.broken.contains_key(path)
    }

    /// The files that must not be written, with the reason; by path.
    pub(crate) fn broken(&self) -> impl Iterator<Item = (String, String)> {
        self.broken.iter().map(|(path, reason)| (path.to_string(), reason.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_shows_and_so_does_a_file_that_is_too_young_to_be_sure_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = RecordPath::parse("news/a.md").unwrap();
        let file = folder.path().join(path.as_str());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "one").unwrap();
        let article = ArticleId::from_bytes([1; 16]);
        let mut record_files = RecordFiles::default();
        let note = |record_files: &mut RecordFiles, now| {
            record_files.note(&path, article, FileStamp::of(&file, now).ok());
        };

        note(&mut record_files, crate::clock::file_time());
        assert_eq!(record_files.possibly_edited(folder.path()), [article], "just written");
        let old = crate::clock::file_time() - Duration::from_mins(1);
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        note(&mut record_files, crate::clock::file_time());
        assert_eq!(record_files.possibly_edited(folder.path()), []);

        fs::write(&file, "two").unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        let edited = record_files.possibly_edited(folder.path());
        assert_eq!(edited, if cfg!(unix) { vec![article] } else { vec![] }, "same length, same time");
        fs::remove_file(&file).unwrap();
        assert_eq!(record_files.possibly_edited(folder.path()), [article]);
        record_files.note(&path, article, None);
        assert_eq!(record_files.possibly_edited(folder.path()), [article], "a missing file is written again");
    }

    #[test]
    fn every_file_is_checked_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let mut record_files = RecordFiles::default();
        let old = crate::clock::file_time() - Duration::from_mins(1);
        let file = |number: usize| RecordPath::parse(&format!("{number:05}.md")).unwrap();
        for number in 0..MAX_CHECKS_PER_ROUND * 2 + 7 {
            let path = file(number);
            let place = folder.path().join(path.as_str());
            fs::write(&place, "one").unwrap();
            fs::File::options().write(true).open(&place).unwrap().set_modified(old).unwrap();
            let mut article = [0; 16];
            article[..8].copy_from_slice(&number.to_be_bytes());
            let stamp = FileStamp::of(&place, crate::clock::file_time()).ok();
            record_files.note(&path, ArticleId::from_bytes(article), stamp);
        }
        assert_eq!(record_files.possibly_edited(folder.path()), []);
        for number in [3, MAX_CHECKS_PER_ROUND + 3, MAX_CHECKS_PER_ROUND * 2 + 3] {
            fs::write(folder.path().join(file(number).as_str()), "other").unwrap();
        }
        let found: Vec<usize> = (0..3).map(|_| record_files.possibly_edited(folder.path()).len()).collect();
        assert_eq!(found, [1, 1, 1]);
        assert!(
            !record_files.is_unchanged(folder.path(), &file(3))
                && record_files.is_unchanged(folder.path(), &file(4))
        );
        assert_eq!(
            record_files.possibly_edited(folder.path()).len(),
            2,
            "the one that is checked in turn, and the racy one"
        );
    }

    #[test]
    fn a_broken_file_stays_broken_until_it_is_read_again() {
        let path = RecordPath::parse("news/a.md").unwrap();
        let mut record_files = RecordFiles::default();
        record_files.note_broken(&path, "not a record".to_owned());
        assert!(record_files.is_broken(&path));
        assert_eq!(record_files.broken().count(), 1);
        record_files.note(&path, ArticleId::from_bytes([1; 16]), None);
        assert!(!record_files.is_broken(&path));
        assert_eq!(record_files.broken().count(), 0);
    }
}
