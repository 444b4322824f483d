//! Which record files may have been edited since they were last read: told by what the file system says of them, as git
//! tells which files of a working tree to compare.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Metadata},
    io,
    ops::Bound::{Excluded, Unbounded},
    path::Path,
    time::{Duration, SystemTime},
};

use courant_model::{ArticleId, RecordPath};

use super::Unwritten;

/// Times of files are as fine as their file system makes them, two seconds at the coarsest: a file that was changed
/// so shortly before it was looked at may change again and show the same time.
const COARSE: Duration = Duration::from_secs(3);

/// What the file system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::pipeline) struct Look {
    modified: Option<SystemTime>,
    length: u64,
    /// Time of the last change of anything, and the file's number, where there are such.
    change: [i64; 3],
    /// Whether an edit after this look is sure to show.
    is_sure: bool,
}

impl Look {
    /// How a file looks at this moment; a link is not followed. Taken before the file is read, it shows an edit in between.
    pub(in crate::pipeline) fn of(file: &Path, moment: SystemTime) -> io::Result<Self> {
        let said = fs::symlink_metadata(file)?;
        let modified = said.modified().ok();
        let age = modified.and_then(|modified| moment.duration_since(modified).ok());
        Ok(Self {
            modified,
            length: said.len(),
            change: change(&said),
            is_sure: said.is_file() && age.is_some_and(|age| age > COARSE),
        })
    }

    /// Whether an edit after this look is sure to show.
    pub(in crate::pipeline) fn is_sure(&self) -> bool {
        self.is_sure
    }
}

#[cfg(unix)]
fn change(said: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt;
    [said.ctime(), said.ctime_nsec(), said.ino().cast_signed()]
}

#[cfg(not(unix))]
fn change(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

/// So many files are looked at in one round, beside those of which one can't be sure: what a round costs does not grow with
/// what is there, and each file has its turn. A file that is about to be written over is always looked at.
const LOOKS: usize = 5_000;

/// The record files of a site as they were last seen.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Watch {
    files: BTreeMap<RecordPath, Seen>,
    /// Files of which the last look says nothing about the next edit.
    doubtful: BTreeSet<RecordPath>,
    /// The last file that had its turn.
    turn: Option<RecordPath>,
    broken: BTreeMap<RecordPath, String>,
    /// What could not be read or written when it was last tried.
    pub(in crate::pipeline) unwritten: Unwritten,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    article: ArticleId,
    /// `None` where the file could not be looked at.
    look: Option<Look>,
}

impl Seen {
    /// Whether the file may hold something else than when it was seen.
    fn differs(&self, folder: &Path, path: &RecordPath, now: SystemTime) -> bool {
        !self.look.is_some_and(|look| look.is_sure) || self.looks_other(folder, path, now)
    }

    /// Whether the file looks other than when it was seen.
    fn looks_other(&self, folder: &Path, path: &RecordPath, now: SystemTime) -> bool {
        let look = Look::of(&folder.join(path.as_str()), now).ok();
        let shown = |look: Look| (look.modified, look.length, look.change);
        look.map(shown) != self.look.map(shown)
    }
}

impl Watch {
    /// How many record files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether Courant wrote a record file here.
    pub(super) fn has(&self, path: &RecordPath) -> bool {
        self.files.contains_key(path)
    }

    /// Remembers how the record file of an article looked before it was read, or after it was written.
    pub(in crate::pipeline) fn note(&mut self, path: &RecordPath, article: ArticleId, look: Option<Look>) {
        self.broken.remove(path);
        if look.is_none_or(|look| !look.is_sure) {
            self.doubtful.insert(path.clone());
        } else {
            self.doubtful.remove(path);
        }
        self.files.insert(path.clone(), Seen { article, look });
    }

    /// Whether a file still looks as it did when it was last seen. Where it does not, the next round reads it.
    pub(super) fn is_as_seen(&mut self, folder: &Path, path: &RecordPath) -> bool {
        let same = self
            .files
            .get(path)
            .is_none_or(|seen| !seen.looks_other(folder, path, crate::clock::file_time()));
        if !same {
            self.doubtful.insert(path.clone());
        }
        same
    }

    /// The articles whose record files may differ from what was last seen, of those whose turn it is.
    pub(super) fn suspects(&mut self, folder: &Path) -> Vec<ArticleId> {
        let now = crate::clock::file_time();
        let after = self.turn.as_ref().map_or(Unbounded, Excluded);
        let mut due: Vec<(&RecordPath, &Seen)> =
            self.files.range::<RecordPath, _>((after, Unbounded)).take(LOOKS).collect();
        let turn = due.last().filter(|_| due.len() == LOOKS).map(|(path, _)| (*path).clone());
        due.extend(self.doubtful.iter().filter_map(|path| self.files.get_key_value(path)));
        let differ = due.into_iter().filter(|(path, seen)| seen.differs(folder, path, now));
        // A file that is doubtful may have its turn as well.
        let suspects: BTreeSet<ArticleId> = differ.map(|(_, seen)| seen.article).collect();
        self.turn = turn;
        suspects.into_iter().collect()
    }

    /// Remembers that a file must not be written, for this reason, until it is read again.
    pub(in crate::pipeline) fn note_broken(&mut self, path: &RecordPath, reason: String) {
        self.broken.insert(path.clone(), reason);
    }

    /// As [`Watch::note_broken`], where the file could not be read at all: what it holds is not known.
    pub(in crate::pipeline) fn note_unreadable(
        &mut self,
        path: &RecordPath,
        article: ArticleId,
        error: &io::Error,
    ) {
        let reason = format!("the file cannot be read: {error}");
        self.unwritten.note(article, path, &reason);
        self.note_broken(path, reason);
    }

    /// Whether a file must not be written.
    pub(super) fn is_broken(&self, path: &RecordPath) -> bool {
        self.broken.contains_key(path)
    }

    /// The files that must not be written, with the reason; by path.
    pub(super) fn broken(&self) -> impl Iterator<Item = (String, String)> {
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
        let mut watch = Watch::default();
        let seen = |watch: &mut Watch, moment| watch.note(&path, article, Look::of(&file, moment).ok());

        seen(&mut watch, crate::clock::file_time());
        assert_eq!(watch.suspects(folder.path()), [article], "just written");
        let old = crate::clock::file_time() - Duration::from_mins(1);
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        seen(&mut watch, crate::clock::file_time());
        assert_eq!(watch.suspects(folder.path()), []);

        fs::write(&file, "two").unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        let told = watch.suspects(folder.path());
        assert_eq!(told, if cfg!(unix) { vec![article] } else { vec![] }, "same length, same time");
        fs::remove_file(&file).unwrap();
        assert_eq!(watch.suspects(folder.path()), [article]);
        watch.note(&path, article, None);
        assert_eq!(watch.suspects(folder.path()), [article], "a file that is gone is to be written");
    }

    #[test]
    fn every_file_has_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = Watch::default();
        let old = crate::clock::file_time() - Duration::from_mins(1);
        let file = |number: usize| RecordPath::parse(&format!("{number:05}.md")).unwrap();
        for number in 0..LOOKS * 2 + 7 {
            let path = file(number);
            let place = folder.path().join(path.as_str());
            fs::write(&place, "one").unwrap();
            fs::File::options().write(true).open(&place).unwrap().set_modified(old).unwrap();
            let mut article = [0; 16];
            article[..8].copy_from_slice(&number.to_be_bytes());
            let look = Look::of(&place, crate::clock::file_time()).ok();
            watch.note(&path, ArticleId::from_bytes(article), look);
        }
        assert_eq!(watch.suspects(folder.path()), []);
        for number in [3, LOOKS + 3, LOOKS * 2 + 3] {
            fs::write(folder.path().join(file(number).as_str()), "other").unwrap();
        }
        let found: Vec<usize> = (0..3).map(|_| watch.suspects(folder.path()).len()).collect();
        assert_eq!(found, [1, 1, 1]);
        assert!(!watch.is_as_seen(folder.path(), &file(3)) && watch.is_as_seen(folder.path(), &file(4)));
        assert_eq!(watch.suspects(folder.path()).len(), 2, "whose turn it is, and the one that is doubtful");
    }

    #[test]
    fn what_is_broken_stays_so_until_it_is_read_again() {
        let path = RecordPath::parse("news/a.md").unwrap();
        let mut watch = Watch::default();
        watch.note_broken(&path, "no record".to_owned());
        assert!(watch.is_broken(&path));
        assert_eq!(watch.broken().count(), 1);
        watch.note(&path, ArticleId::from_bytes([1; 16]), None);
        assert!(!watch.is_broken(&path));
        assert_eq!(watch.broken().count(), 0);
    }
}
