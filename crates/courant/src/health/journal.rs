//! What a running program has done, and which steps of its work fail.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use courant_model::Timestamp;
use courant_pipeline::{clock::Clock, tasks::Tasks};

use super::status::{Problem, Status};

/// The most characters of a reason that are kept.
const MAX_REASON: usize = 1_000;

/// A step of the work that can fail by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// Asking sources.
    Poll,
    /// Fetching pages.
    Fetch,
    /// Making articles of captures.
    Process,
    /// Copying images.
    Images,
    /// Making the publication that readers see.
    Publish,
    /// Reading the owner's templates.
    Templates,
    /// Writing record files.
    Records,
    /// Writing the site as files.
    Folder,
    /// Committing records to git.
    Git,
    /// Carrying out what editors ask for.
    Editors,
    /// Reading the keys of the API.
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

    /// Whether readers see something old, or editors are not obeyed, while it fails.
    pub(crate) const fn is_required(self) -> bool {
        !matches!(self, Self::Images | Self::Git | Self::Keys)
    }

    /// What to do about a failure.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::Poll | Self::Fetch | Self::Process | Self::Publish | Self::Editors | Self::Keys => {
                "run `courant doctor`; free disk space and check who may write in .courant/"
            }
            Self::Images => "check who may write in .courant/images and how much space is free",
            Self::Templates => "fix the template; the last templates that worked are in use until then",
            Self::Records => {
                "check who owns records/ and its folders, and how much space is free; every round tries again"
            }
            Self::Folder => "check who may write in the folder of --out; every round tries again",
            Self::Git => "run git in the site's folder; the next commit takes what this one left out",
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
    /// What it said last.
    pub(crate) reason: String,
}

/// Two clocks at one instant: the machine's, and the one that never jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: Timestamp,
    pub(crate) tick: Duration,
}

/// What has been done so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) failing: BTreeMap<Step, Failure>,
    /// How many times a step has begun to fail or to work again.
    pub(crate) turns: u64,
    /// How many times each step has failed in all.
    pub(crate) failures: BTreeMap<Step, u64>,
    pub(crate) rounds_done: u64,
    pub(crate) rounds_failed: u64,
    /// When the last round ended, however it did.
    pub(crate) last_round: Option<Mark>,
    /// When readers last got what the store held.
    pub(crate) last_publication: Option<Mark>,
}

/// Which program runs.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// `courant run` or `courant serve`.
    pub(crate) command: &'static str,
    /// Whether it polls, fetches and processes beside answering.
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
    /// That of a program which has just started on the site whose own folder (`.courant`) this is.
    pub(crate) fn new(tasks: Tasks, clock: Clock, folder: &Path) -> Self {
        Self { tasks, clock, journal: Arc::default(), folder: folder.to_owned() }
    }

    /// This instant.
    pub(crate) fn mark(&self) -> Mark {
        Mark { at: self.clock.now(), tick: self.tasks.now() }
    }

    /// Notes how a step went. A failure is logged when it is the first in a row.
    pub(crate) fn note(&self, step: Step, outcome: Result<(), String>) {
        let now = self.clock.now();
        let mut journal = self.journal();
        match outcome {
            Ok(()) => {
                if let Some(failure) = journal.failing.remove(&step) {
                    journal.turns += 1;
                    tracing::warn!(step = step.name(), "works again after {} failures", failure.times);
                }
            }
            Err(reason) => {
                let reason: String = reason.chars().take(MAX_REASON).collect();
                *journal.failures.entry(step).or_default() += 1;
                journal.turns += u64::from(!journal.failing.contains_key(&step));
                let fresh = || Failure { since: now, times: 0, reason: String::new() };
                let failure = journal.failing.entry(step).or_insert_with(fresh);
                failure.times += 1;
                if failure.reason != reason {
                    tracing::error!(step = step.name(), "{reason}; {}", step.advice());
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

    /// Notes that readers see what the store holds now.
    pub(crate) fn note_publication(&self) {
        let mark = self.mark();
        self.journal().last_publication = Some(mark);
    }

    /// What has been done so far.
    pub(crate) fn so_far(&self) -> Journal {
        self.journal().clone()
    }

    /// What other processes on this site are told of this one.
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

    /// The site's own folder, in which the status file stands.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        // Nothing in here can be left half changed by a panic.
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
