//! The program that uses the site: which it is, and the problems that it reports.

use std::path::Path;

use courant_store::{Store, StoreError};

use super::finding::Finding;
use crate::{health::Status, output::time, session::SiteUser};

/// Opens the store, read-only if another process uses it; with findings about that process.
pub(super) async fn open(file: &Path, folder: &Path) -> courant_store::Result<(Store, Vec<Finding>)> {
    match Store::open(file).await {
        Err(StoreError::InUse { process, .. }) => {
            Ok((Store::open_to_read(file).await?, findings(process, folder)))
        }
        opened => Ok((opened?, Vec::new())),
    }
}

fn findings(process: Option<u32>, folder: &Path) -> Vec<Finding> {
    let user = SiteUser::of(process, folder);
    let Some(status) = Status::read(folder).filter(|status| Some(status.process) == process) else {
        return vec![Finding::ok("program", format!("{user} is using this site"))];
    };
    let round =
        status.last_round.map_or_else(String::new, |at| format!("; its last round ended at {}", time(at)));
    let using = format!(
        "{user} has been using this site since {}, on {}{round}",
        time(status.started),
        status.listen
    );
    let mut findings = vec![Finding::ok("program", using)];
    findings.extend(status.problems.iter().map(|problem| {
        let since = problem.since.map_or_else(String::new, |at| format!(", since {}", time(at)));
        let found = format!("step {} of the running program fails{since}: {}", problem.what, problem.reason);
        if problem.required {
            Finding::fail("program", found, &problem.todo)
        } else {
            Finding::warn("program", found, &problem.todo)
        }
    }));
    findings
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::{commands::doctor::finding::State, health::Problem};

    #[tokio::test]
    async fn a_site_in_use_is_checked_while_the_program_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let used = Store::open(&file).await.unwrap();
        let (store, found) = open(&file, folder.path()).await.unwrap();
        assert!(store.is_read_only() && store.check().await.unwrap().is_sound());
        let me = std::process::id();
        assert_eq!(found[0].found, format!("another command (process {me}) is using this site"));
        let problem = |what: &str, required| Problem {
            what: what.to_owned(),
            since: None,
            reason: "Permission denied".to_owned(),
            todo: "change it".to_owned(),
            required,
        };
        let now = "2026-01-14T12:00:00Z".parse().unwrap();
        let status = Status {
            process: me,
            command: "courant run".to_owned(),
            started: now,
            listen: "http://127.0.0.1:80".to_owned(),
            last_round: Some(now),
            last_publication: None,
            problems: vec![problem("records", true), problem("git", false)],
        };
        status.write(folder.path()).unwrap();
        let (_, found) = open(&file, folder.path()).await.unwrap();
        let marks: Vec<State> = found.iter().map(|finding| finding.state).collect();
        assert_eq!(marks, [State::Ok, State::Fail, State::Warn]);
        assert!(
            found[0]
                .found
                .starts_with(&format!("`courant run` (process {me}) has been using this site since"))
        );
        assert_eq!(found[1].found, "step records of the running program fails: Permission denied");
        drop((store, used));
        let (store, found) = open(&file, folder.path()).await.unwrap();
        assert!(!store.is_read_only() && found.is_empty(), "an old status does not count");
    }
}
