//! `.courant/status.json`: the status of a running program for other processes on the same site,
//! written when it changes and removed when the program ends. Only the lock of the store tells
//! whether that program still runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use courant_model::Timestamp;
use courant_site::files::replace as replace_file;
use serde::{Deserialize, Serialize};

/// The status of a running program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// Its process id.
    pub(crate) process: u32,
    /// `courant run` or `courant serve`.
    pub(crate) command: String,
    pub(crate) started: Timestamp,
    /// Where it serves readers.
    pub(crate) listen: String,
    /// When its last round ended.
    pub(crate) last_round: Option<Timestamp>,
    /// When the store was last published to readers.
    pub(crate) last_publication: Option<Timestamp>,
    /// What fails now.
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
    /// Whether the failure means that readers see old news, or that editors' requests are not
    /// carried out.
    pub(crate) required: bool,
}

impl Status {
    /// Reads the status from the site's `.courant`; `None` if there is none that can be read.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(file(folder)).ok()?).ok()
    }

    /// Writes it for other processes.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        replace_file(&file(folder), &json)
    }

    /// Removes it, if there is one.
    pub(crate) fn remove(folder: &Path) {
        // A file that stays is ignored, because the lock of the store is free.
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
    fn a_status_is_read_as_it_was_written() {
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
