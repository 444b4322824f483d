//! The journal of a running program: rounds, publications, and failing steps.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use courant_model::Timestamp;
use courant_pipeline::{clock::Clock, tasks::Tasks};

use super::status::{Problem, Status};
use crate::output::counted;

/// Maximum number of characters of a stored reason.
const MAX_REASON: usize = 1_000;

/// A step of the work that can fail by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// Polling sources.
    Poll,
    /// Fetching pages.
    Fetch,
    /// Turning captures into articles.
    Process,
    /// Copying images.
    Images,
    /// Building the publication that readers see.
    Publish,
    /// Reading the site owner's templates.
    Templates,
    /// Writing record files.
    Records,
    /// Writing the site as files.
    Folder,
    /// Committing records to git.
    Git,
    /// Carrying out requests of editors.
    Editors,
    /// Reading the API keys.
    Keys,
}

impl Step {
    /// All of them, in the order of a round.
    pub(crate) const ALL: [Self; 11] = [
        Self::Poll,
        Self::Fetch,
        Self::Process,
        Self::Images,
        Self::Publish,
        Self::Templates,
        Self::Records,
        Self::Folder,
        Self::Git,
        Self::Editors,
        Self::Keys,
    ];

    /// Its name in checks and metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Fetch => "fetch",
            Self::Process => "process",
            Self::Images => "images",
            Self::Publish => "publish",
            Self::Templates => "templates",
            Self::Records => "records",
            Self::Folder => "folder",
            Self::Git => "git",
            Self::Editors => "editors",
            Self::Keys => "keys",
        }
    }

    /// Whether a failure means that readers see old news, or that editors' requests are not carried
    /// out.
    pub(crate) const fn is_required(self) -> bool {
        !matches!(self, Self::Images | Self::Git | Self::Keys)
    }

    /// What to do about a failure.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::Poll | Self::Fetch | Self::Process | Self::Publish | Self::Editors | Self::Keys => {
                "run `courant doctor`; free disk space and check the permissions of .courant/"
            }
            Self::Images => "check the permissions of .courant/images and the free disk space",
            Self::Templates => "fix the template; until then the last working templates are in use",
            Self::Records => {
                "check the owner of records/ and its folders, and the free disk space; every round retries"
            }
            Self::Folder => "check the permissions of the folder of --out; every round retries",
            Self::Git => "run git in the site's folder to see the error; the next commit includes everything",
        }
    }
}

/// A step that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// When it first failed in a row.
    pub(crate) since: Timestamp,
    /// How many times in a row.
    pub(crate) times: u64,
    /// The last reason.
    pub(crate) reason: String,
}

/// Two clocks at one instant: the machine's, and a monotonic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: Timestamp,
    pub(crate) tick: Duration,
}

/// The journal so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) failing: BTreeMap<Step, Failure>,
    /// Number of times that a step started to fail or recovered.
    pub(crate) turns: u64,
    /// Total number of failures of each step.
    pub(crate) failures: BTreeMap<Step, u64>,
    pub(crate) rounds_done: u64,
    pub(crate) rounds_failed: u64,
    /// When the last round ended, successful or not.
    pub(crate) last_round: Option<Mark>,
    /// When the store was last published to readers.
    pub(crate) last_publication: Option<Mark>,
}

/// The running program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// `courant run` or `courant serve`.
    pub(crate) command: &'static str,
    /// Whether it polls, fetches and processes besides serving.
    pub(crate) works: bool,
    pub(crate) started: Mark,
    pub(crate) listen: String,
}

/// The health of a running program. Clones share it.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) tasks: Tasks,
    clock: Clock,
    journal: Arc<Mutex<Journal>>,
    folder: PathBuf,
}

impl Health {
    /// For a program that has just started; `folder` is the site's `.courant`.
    pub(crate) fn new(tasks: Tasks, clock: Clock, folder: &Path) -> Self {
        Self { tasks, clock, journal: Arc::default(), folder: folder.to_owned() }
    }

    /// The current instant.
    pub(crate) fn mark(&self) -> Mark {
        Mark { at: self.clock.now(), tick: self.tasks.now() }
    }

    /// Notes the outcome of a step. A failure is logged if it is the first in a row or has a new
    /// reason.
    pub(crate) fn note(&self, step: Step, outcome: Result<(), String>) {
        let now = self.clock.now();
        let mut journal = self.journal();
        match outcome {
            Ok(()) => {
                if let Some(failure) = journal.failing.remove(&step) {
                    journal.turns += 1;
                    tracing::warn!(
                        step = step.name(),
                        "works again after {}",
                        counted(failure.times, "failure")
                    );
                }
            }
            Err(reason) => {
                let reason: String = reason.chars().take(MAX_REASON).collect();
                *journal.failures.entry(step).or_default() += 1;
                journal.turns += u64::from(!journal.failing.contains_key(&step));
                let new = || Failure { since: now, times: 0, reason: String::new() };
                let failure = journal.failing.entry(step).or_insert_with(new);
                failure.times += 1;
                if failure.reason != reason {
                    tracing::error!(step = step.name(), error = reason, "step failed; {}", step.advice());
                    failure.reason = reason;
                }
            }
        }
    }

    /// Notes that a round has ended, and whether all of its steps succeeded.
    pub(crate) fn note_round(&self, succeeded: bool) {
        let mark = self.mark();
        let mut journal = self.journal();
        journal.last_round = Some(mark);
        *(if succeeded { &mut journal.rounds_done } else { &mut journal.rounds_failed }) += 1;
    }

    /// Notes that the store was published to readers.
    pub(crate) fn note_publication(&self) {
        let mark = self.mark();
        self.journal().last_publication = Some(mark);
    }

    /// A copy of the journal so far.
    pub(crate) fn so_far(&self) -> Journal {
        self.journal().clone()
    }

    /// The status of this process for other processes on this site.
    pub(crate) fn status(&self, program: &Program) -> Status {
        let journal = self.so_far();
        let stuck = self.tasks.stuck().into_iter().map(|task| Problem {
            what: "tasks".to_owned(),
            since: None,
            reason: task.to_string(),
            todo: "restart the program and report this with its log".to_owned(),
            required: true,
        });
        let failing = journal.failing.iter().map(|(step, failure)| Problem {
            what: step.name().to_owned(),
            since: Some(failure.since),
            reason: failure.reason.clone(),
            todo: step.advice().to_owned(),
            required: step.is_required(),
        });
        Status {
            process: std::process::id(),
            command: program.command.to_owned(),
            started: program.started.at,
            listen: program.listen.clone(),
            last_round: journal.last_round.map(|mark| mark.at),
            last_publication: journal.last_publication.map(|mark| mark.at),
            problems: failing.chain(stuck).collect(),
        }
    }

    /// The site's `.courant`, with the status file.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        // A panic cannot leave the journal half changed.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::testing::by_hand;

    #[test]
    fn a_step_fails_until_it_works_again() {
        let (tasks, _) = by_hand();
        let now = "2026-01-14T12:00:00Z".parse().unwrap();
        let health = Health::new(tasks, Clock::new(Some(now)), Path::new("."));
        health.note(Step::Records, Err("records/news/a.md: Permission denied".to_owned()));
        health.note(Step::Records, Err("records/news/a.md: Permission denied".to_owned()));
        health.note(Step::Git, Ok(()));
        let journal = health.so_far();
        let failure = &journal.failing[&Step::Records];
        assert_eq!((failure.times, failure.since, journal.failing.len()), (2, now, 1));
        health.note(Step::Records, Ok(()));
        let journal = health.so_far();
        assert!(journal.failing.is_empty());
        assert_eq!(journal.failures[&Step::Records], 2, "the count stays");
    }

    #[test]
    fn a_reason_is_bounded() {
        let (tasks, _) = by_hand();
        let health = Health::new(tasks, Clock::new(None), Path::new("."));
        health.note(Step::Fetch, Err("é".repeat(100_000)));
        assert_eq!(health.so_far().failing[&Step::Fetch].reason.chars().count(), MAX_REASON);
    }
}
