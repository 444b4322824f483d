//! `.courant/status.json`: what a running program tells other processes on the same site, written when it changes and
//! removed when the program ends. Whether that program still runs is told by the lock of the store alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use courant_model::Timestamp;
use courant_site::files::replace as replace_file;
use serde::{Deserialize, Serialize};

/// What a running program says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Its process id.
    pub(crate) process: u32,
    /// `courant run` or `courant serve`.
    pub(crate) command: String,
    pub(crate) started: Timestamp,
    /// Where it answers readers.
    pub(crate) listen: String,
    /// When its last round ended.
    pub(crate) last_round: Option<Timestamp>,
    /// When readers last got what the store held.
    pub(crate) last_publication: Option<Timestamp>,
    /// What fails at present.
    pub(crate) problems: Vec<Problem>,
}

/// Something that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// The step of the work, or `tasks`.
    pub(crate) what: String,
    pub(crate) since: Option<Timestamp>,
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) todo: String,
    /// Whether readers see something old, or editors are not obeyed, as long as it fails.
    pub(crate) required: bool,
}

impl Status {
    /// That of the program that works on the site whose own folder this is; `None` where there is none that can be read.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(file(folder)).ok()?).ok()
    }

    /// Leaves it for other processes.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        replace_file(&file(folder), &json)
    }

    /// Removes it, where there is one.
    pub(crate) fn remove(folder: &Path) {
        // Without it nothing is said; with it the lock says that it is old.
        let _ = fs::remove_file(file(folder));
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("status.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Status::read(folder.path()), None);
        let status = Status {
            process: 4711,
            command: "courant run".to_owned(),
            started: "2026-01-14T12:00:00Z".parse().unwrap(),
            listen: "http://127.0.0.1:8080".to_owned(),
            last_round: None,
            last_publication: Some("2026-01-14T12:00:05Z".parse().unwrap()),
            problems: vec![Problem {
                what: "records".to_owned(),
                since: None,
                reason: "Permission denied".to_owned(),
                todo: "change it".to_owned(),
                required: true,
            }],
        };
        status.write(folder.path()).unwrap();
        assert_eq!(Status::read(folder.path()), Some(status));
        Status::remove(folder.path());
        fs::write(file(folder.path()), "half of a fi").unwrap();
        assert_eq!(Status::read(folder.path()), None);
    }
}
