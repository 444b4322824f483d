//! The error if another process uses the site.

use std::{fmt, path::Path};

use courant_store::StoreError;

use crate::health::Status;

/// Another process uses the site, so a command that writes to its store is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{by} is using this site; stop it first, or use a command that works at the same time (those that only read, and \
     `article publish`, `article hold`, `article unset`, `story` and `api-key`)"
)]
pub(crate) struct SiteInUse {
    by: SiteUser,
}

impl SiteInUse {
    /// Gives this error instead of [`StoreError::InUse`], and any other error unchanged. `folder`
    /// is the site's `.courant`, which may contain the status of that process.
    pub(crate) fn explain(error: anyhow::Error, folder: &Path) -> anyhow::Error {
        match error.downcast_ref() {
            Some(StoreError::InUse { process, .. }) => Self { by: SiteUser::of(*process, folder) }.into(),
            _ => error,
        }
    }
}

/// The process that uses a site, as far as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SiteUser {
    process: Option<u32>,
    command: Option<String>,
}

impl SiteUser {
    /// The process with this id, and the command that it runs if it has written its status.
    pub(crate) fn of(process: Option<u32>, folder: &Path) -> Self {
        // The status of another process does not apply.
        let status = Status::read(folder).filter(|status| Some(status.process) == process);
        Self { process, command: status.map(|status| status.command) }
    }
}

impl fmt::Display for SiteUser {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.command, self.process) {
            (Some(command), Some(process)) => write!(to, "`{command}` (process {process})"),
            (None, Some(process)) => write!(to, "another command (process {process})"),
            _ => to.write_str("another process"),
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn the_process_is_named_by_its_command_if_known() {
        let folder = tempfile::tempdir().unwrap();
        let said = |process| SiteUser::of(process, folder.path()).to_string();
        assert_eq!(said(None), "another process");
        assert_eq!(said(Some(7)), "another command (process 7)");
        let now = "2026-01-14T12:00:00Z".parse().unwrap();
        let status = Status {
            process: 7,
            command: "courant run".to_owned(),
            started: now,
            listen: "http://127.0.0.1:80".to_owned(),
            last_round: None,
            last_publication: None,
            problems: Vec::new(),
        };
        status.write(folder.path()).unwrap();
        assert_eq!(said(Some(7)), "`courant run` (process 7)");
        assert_eq!(said(Some(8)), "another command (process 8)", "the status is that of an older process");
    }

    #[test]
    fn only_a_store_that_is_in_use_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let in_use = StoreError::InUse { path: "store.db".into(), process: Some(7) };
        let wrapped = anyhow::Error::new(in_use).context("store store.db");
        let explained = SiteInUse::explain(wrapped, folder.path()).to_string();
        assert!(explained.starts_with("another command (process 7) is using this site; stop it first"));
        let other = SiteInUse::explain(anyhow::anyhow!("no such file"), folder.path());
        assert_eq!(other.to_string(), "no such file");
    }
}
