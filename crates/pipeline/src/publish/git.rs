//! Commits the record files of a round to git, if the owner has configured it.
//!
//! The `git` program does the work, in the repository that contains the site's folder. Its failures
//! are logged and never stop publishing: what was not committed is part of the next commit.

use std::{
    io::{self, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use courant_site::GitConfig;

/// Maximum duration of one git command.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Interval at which a running command is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// The outcome of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    /// There was nothing to commit.
    Nothing,
    /// There is a new commit, which was not pushed.
    Locally,
    /// There is a new commit, which was pushed.
    Pushed,
}

/// The reason why a commit failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// The git program is missing or could not be started.
    #[error("git could not be started: {0}")]
    Start(#[from] io::Error),
    /// A git command failed.
    #[error("git {command} failed: {output}")]
    Failed {
        /// The name of the command.
        command: String,
        /// What it wrote to standard error, or else to standard output.
        output: String,
    },
    /// A git command took too long and was stopped.
    #[error("git {command} took longer than {} seconds", TIMEOUT.as_secs())]
    Slow {
        /// The name of the command.
        command: String,
    },
}

/// Commits the files in `records` below the site's folder, and nothing else: what the owner has
/// staged stays staged. `written` is the number of records for the commit message.
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

/// Runs a git command and returns its standard output.
fn run(folder: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // Otherwise git could ask for a password and wait forever.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let command =
        || arguments.iter().find(|word| !word.starts_with('-') && !word.contains('=')).unwrap_or(&"");
    let (stdout, stderr) = (read_pipe(child.stdout.take()), read_pipe(child.stderr.take()));
    let Some(success) = wait(&mut child)? else {
        child.kill()?;
        child.wait()?;
        return Err(GitError::Slow { command: (*command()).to_owned() });
    };
    let text = |thread: std::thread::JoinHandle<String>| thread.join().unwrap_or_default();
    let (stdout, stderr) = (text(stdout), text(stderr));
    if success {
        return Ok(stdout);
    }
    let output = if stderr.trim().is_empty() { stdout } else { stderr };
    Err(GitError::Failed { command: (*command()).to_owned(), output: output.trim().to_owned() })
}

/// Reads a pipe to its end in a thread, because the process would stop at a full pipe.
fn read_pipe(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            // After an error, what was read before it is used.
            let _ = pipe.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Waits for the process to end. Returns whether it succeeded; `None` if it did not end in time.
fn wait(child: &mut Child) -> io::Result<Option<bool>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if begun.elapsed() > TIMEOUT {
            return Ok(None);
        }
        std::thread::sleep(CHECK_INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn has_git() -> bool {
        let found = Command::new("git").arg("--version").output().is_ok();
        if !found {
            courant_testkit::skip("no git program");
        }
        found
    }

    fn config(push: &str) -> GitConfig {
        GitConfig { commit: true, push: push.to_owned(), ..GitConfig::default() }
    }

    fn log(folder: &Path) -> String {
        run(folder, &["log", "--format=%an <%ae>: %s"]).unwrap()
    }

    #[test]
    fn only_records_are_committed() {
        if !has_git() {
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
    fn a_commit_is_pushed_if_a_remote_is_configured() {
        if !has_git() {
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
    fn a_folder_without_a_repository_gives_an_error() {
        if !has_git() {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let failed = commit(place.path(), "records", 1, &config("")).unwrap_err().to_string();
        assert!(failed.contains("git"), "{failed}");
    }
}
