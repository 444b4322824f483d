//! Which record files may have been edited since they were last read: told by what the file system says of them, as git
//! tells which files of a working tree to compare.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, Metadata},
    io,
    path::Path,
    time::{Duration, SystemTime},
};

use courant_model::{ArticleId, RecordPath};

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

/// The record files of a site as they were last seen.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Watch {
    files: HashMap<RecordPath, Seen>,
    broken: BTreeMap<RecordPath, String>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    article: ArticleId,
    /// `None` where the file could not be looked at.
    look: Option<Look>,
}

impl Watch {
    /// How many record files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Remembers how the record file of an article looked before it was read, or after it was written.
    pub(in crate::pipeline) fn note(&mut self, path: &RecordPath, article: ArticleId, look: Option<Look>) {
        self.broken.remove(path);
        self.files.insert(path.clone(), Seen { article, look });
    }

    /// The articles whose record files may differ from what was last seen.
    pub(super) fn suspects(&self, folder: &Path) -> Vec<ArticleId> {
        let now = SystemTime::now();
        let differs = |(path, seen): &(&RecordPath, &Seen)| {
            let look = Look::of(&folder.join(path.as_str()), now).ok();
            seen.look.is_none_or(|before| !before.is_sure) || look != seen.look
        };
        self.files.iter().filter(differs).map(|(_, seen)| seen.article).collect()
    }

    /// Remembers the files that must not be written, with the reason, until they are read again.
    pub(super) fn keep_broken(&mut self, broken: BTreeMap<RecordPath, String>) {
        self.broken.extend(broken);
    }

    /// The files that must not be written, with the reason; by path.
    pub(super) fn broken(&self) -> BTreeMap<RecordPath, String> {
        self.broken.clone()
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

        seen(&mut watch, SystemTime::now());
        assert_eq!(watch.suspects(folder.path()), [article], "just written");
        let old = SystemTime::now() - Duration::from_mins(1);
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        seen(&mut watch, SystemTime::now());
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
    fn what_is_broken_stays_so_until_it_is_read_again() {
        let path = RecordPath::parse("news/a.md").unwrap();
        let mut watch = Watch::default();
        watch.keep_broken(BTreeMap::from([(path.clone(), "no record".to_owned())]));
        assert_eq!(watch.broken().len(), 1);
        watch.note(&path, ArticleId::from_bytes([1; 16]), None);
        assert_eq!(watch.broken().len(), 0);
    }
}
