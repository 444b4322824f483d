//! Committing the record files of a round to git, where the owner wants it.
//!
//! The `git` program does the work, in the repository in which the site's folder lies. Whatever goes wrong with it
//! is logged and never stops publishing: what was not committed goes with the next commit.

use std::{
    io::{self, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use courant_site::GitConfig;

/// How long one call of git may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often a call is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    /// The files are as they were committed last.
    Nothing,
    /// There is a new commit.
    Locally,
    /// There is a new commit, and it was pushed.
    Pushed,
}

/// Why it was not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// There is no git, or it could not be started.
    #[error("git could not be started: {0}")]
    Start(#[from] io::Error),
    /// It failed.
    #[error("git {call} failed: {said}")]
    Failed {
        /// The call.
        call: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// It did not end in time and was ended.
    #[error("git {call} took longer than {} seconds", PATIENCE.as_secs())]
    Slow {
        /// The call.
        call: String,
    },
}

/// Commits what stands in `records` below the folder of the site, and nothing else: what the owner has staged
/// stays staged. `written` is the number that the message may name.
pub(crate) fn commit(
    site: &Path,
    records: &str,
    written: u64,
    config: &GitConfig,
) -> Result<Committed, GitError> {
    let git = |arguments: &[&str]| run(site, arguments);
    git(&["add", "--all", "--", records])?;
    if git(&["status", "--porcelain", "--", records])?.is_empty() {
        return Ok(Committed::Nothing);
    }
    let message = config.message.replace("{count}", &written.to_string());
    let (name, address) = config.author.split_once('<').unwrap_or((&config.author, "courant@localhost"));
    let name = format!("user.name={}", name.trim());
    let address = format!("user.email={}", address.trim_end_matches('>').trim());
    git(&["-c", &name, "-c", &address, "commit", "--quiet", "--message", &message, "--", records])?;
    if config.push.is_empty() {
        return Ok(Committed::Locally);
    }
    git(&["push", "--quiet", &config.push, "HEAD"])?;
    Ok(Committed::Pushed)
}

/// What git writes to standard output.
fn run(folder: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // A question for a password would wait for ever.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let call = || arguments.iter().find(|word| !word.starts_with('-') && !word.contains('=')).unwrap_or(&"");
    let (said, complaint) = (gather(child.stdout.take()), gather(child.stderr.take()));
    let Some(success) = wait(&mut child)? else {
        child.kill()?;
        child.wait()?;
        return Err(GitError::Slow { call: (*call()).to_owned() });
    };
    let text = |thread: std::thread::JoinHandle<String>| thread.join().unwrap_or_default();
    let (said, complaint) = (text(said), text(complaint));
    if success {
        return Ok(said);
    }
    let said = if complaint.trim().is_empty() { said } else { complaint };
    Err(GitError::Failed { call: (*call()).to_owned(), said: said.trim().to_owned() })
}

/// Reads a pipe to its end beside the process, which would stop at a full one.
fn gather(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            // What could be read until then is all there is to say.
            let _ = pipe.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Whether the process ended well; `None` where it does not end.
fn wait(child: &mut Child) -> io::Result<Option<bool>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if begun.elapsed() > PATIENCE {
            return Ok(None);
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn there_is_git() -> bool {
        let there = Command::new("git").arg("--version").output().is_ok();
        if !there {
            courant_testkit::skip("no git program");
        }
        there
    }

    fn config(push: &str) -> GitConfig {
        GitConfig { commit: true, push: push.to_owned(), ..GitConfig::default() }
    }

    fn log(folder: &Path) -> String {
        run(folder, &["log", "--format=%an <%ae>: %s"]).unwrap()
    }

    #[test]
    fn records_are_committed_and_nothing_else() {
        if !there_is_git() {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let site = place.path();
        run(site, &["init", "--quiet"]).unwrap();
        fs::create_dir(site.join("records")).unwrap();
        fs::write(site.join("records/a.md"), "one").unwrap();
        fs::write(site.join("mine.txt"), "staged by the owner").unwrap();
        run(site, &["add", "mine.txt"]).unwrap();
        assert_eq!(commit(site, "records", 1, &config("")).unwrap(), Committed::Locally);
        assert_eq!(commit(site, "records", 1, &config("")).unwrap(), Committed::Nothing);
        assert_eq!(run(site, &["status", "--porcelain"]).unwrap(), "A  mine.txt\n");
        fs::remove_file(site.join("records/a.md")).unwrap();
        assert_eq!(commit(site, "records", 3, &config("")).unwrap(), Committed::Locally);
        let author = "Courant <courant@localhost>";
        assert_eq!(log(site), format!("{author}: Records: 3 changed\n{author}: Records: 1 changed\n"));
    }

    #[test]
    fn a_commit_is_pushed_where_that_is_wanted() {
        if !there_is_git() {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let (site, bare) = (place.path().join("site"), place.path().join("bare"));
        fs::create_dir_all(site.join("records")).unwrap();
        fs::create_dir(&bare).unwrap();
        run(&bare, &["init", "--quiet", "--bare"]).unwrap();
        run(&site, &["init", "--quiet"]).unwrap();
        run(&site, &["remote", "add", "origin", bare.to_str().unwrap()]).unwrap();
        fs::write(site.join("records/a.md"), "one").unwrap();
        assert_eq!(commit(&site, "records", 1, &config("origin")).unwrap(), Committed::Pushed);
        let branch = run(&site, &["rev-parse", "HEAD"]).unwrap();
        assert!(run(&bare, &["rev-list", "--all"]).unwrap().contains(branch.trim()));
        fs::write(site.join("records/a.md"), "two").unwrap();
        let failed = commit(&site, "records", 1, &config("nowhere")).unwrap_err();
        assert!(failed.to_string().starts_with("git push failed: "), "{failed}");
    }

    #[test]
    fn a_folder_without_a_repository_is_said() {
        if !there_is_git() {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let failed = commit(place.path(), "records", 1, &config("")).unwrap_err().to_string();
        assert!(failed.contains("git"), "{failed}");
    }
}
