//! The readiness checks: whether each passes, since when not, what was found, and what to do.

use std::time::Duration;

use courant_model::Timestamp;
use courant_server::ReadyState;
use courant_site::Config;
use courant_store::Queue;
use serde::Serialize;
use serde_json::json;

use super::{
    facts::{Disk, Facts},
    journal::Step,
};
use crate::output::{counted, time};

/// After this time without a publication or the end of a round, readers see old news: the longest
/// rest between rounds is ten minutes, and a round may take fifty.
const ROUND_LIMIT: Duration = Duration::from_hours(1);
/// Requests of editors are normally carried out within seconds.
const REQUEST_LIMIT: Duration = Duration::from_mins(2);
/// Captures are normally processed in the round in which they arrive.
const CAPTURE_LIMIT: Duration = Duration::from_hours(1);
/// Pages may wait for a slow host.
const PAGE_LIMIT: Duration = Duration::from_hours(6);

/// The limits beyond which a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Time since the last answer of any source: an hour more than the longest time between polls.
    pub(crate) poll: Duration,
    /// Minimum free space on each disk, in bytes.
    pub(crate) free: u64,
}

impl Limits {
    /// The limits by the settings of a site.
    pub(crate) fn of(config: &Config) -> Self {
        let poll = config.poll.max_minutes.duration() + Duration::from_hours(1);
        Self { poll, free: config.health.min_free_mb.bytes() }
    }
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) ok: bool,
    /// Whether a failure means that readers see old news, or that editors' requests are not carried
    /// out.
    pub(crate) required: bool,
    /// Since when it fails, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
    pub(crate) detail: String,
    /// What to do if it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) todo: Option<&'static str>,
}

impl Check {
    fn new(name: &'static str, fault: Option<String>, detail: impl Into<String>, todo: &'static str) -> Self {
        let ok = fault.is_none();
        let detail = fault.unwrap_or_else(|| detail.into());
        Self { name, ok, required: true, since: None, detail, todo: (!ok).then_some(todo) }
    }

    fn since(self, since: Option<Timestamp>) -> Self {
        Self { since: since.filter(|_| !self.ok), ..self }
    }

    fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

/// The checks that apply to this program, in a fixed order.
pub(super) fn assess(facts: &Facts, limits: &Limits) -> Vec<Check> {
    let mut checks = vec![tasks(facts), store(facts), disk(facts, limits), publication(facts)];
    if facts.program.works {
        checks.push(rounds(facts));
        checks.push(sources(facts, limits));
        checks.extend(backlog(facts));
    }
    checks.push(editors(facts));
    let failed =
        facts.journal.failing.iter().filter(|(step, _)| !matches!(step, Step::Publish | Step::Editors));
    checks.extend(failed.map(|(step, failure)| {
        let times = if failure.times == 1 { "once".to_owned() } else { format!("{} times", failure.times) };
        let fault = format!("failed {times} in a row: {}", failure.reason);
        let check = Check::new(step.name(), Some(fault), "", step.advice()).since(Some(failure.since));
        Check { required: step.is_required(), ..check }
    }));
    checks
}

fn tasks(facts: &Facts) -> Check {
    let stuck: Vec<String> = facts.stuck.iter().map(ToString::to_string).collect();
    let fault = (!stuck.is_empty()).then(|| stuck.join("; "));
    let todo = "restart the program and report this with its log";
    Check::new("tasks", fault, format!("{} running", counted(facts.tasks.len(), "task")), todo)
}

fn store(facts: &Facts) -> Check {
    let fault = facts.writable.as_ref().err().or(facts.backlog.as_ref().err()).cloned();
    let todo = "free disk space, check the permissions of .courant/, run `courant doctor`";
    Check::new("store", fault, "can be read and written", todo)
}

fn disk(facts: &Facts, limits: &Limits) -> Check {
    let shown = |only_low: bool| -> Vec<String> {
        let known = facts.disks.iter().filter_map(|disk| Some((disk, disk.free?)));
        let chosen = known.filter(|(_, free)| !only_low || *free < limits.free);
        let megabytes = |(disk, free): (&Disk, u64)| {
            format!("{} MB free at {} ({})", free / 1_000_000, disk.path.display(), disk.name)
        };
        chosen.map(megabytes).collect()
    };
    let low = shown(true);
    let minimum = limits.free / 1_000_000;
    let fault = (!low.is_empty()).then(|| format!("{}; minimum {minimum} MB", low.join(", ")));
    Check::new("disk", fault, shown(false).join(", "), "free disk space, or lower [health] min_free_mb")
}

fn publication(facts: &Facts) -> Check {
    let age = facts.since(facts.journal.last_publication);
    let detail = format!("the last publication was {} ago", minutes(age));
    let todo = Step::Publish.advice();
    if let Some(failure) = facts.journal.failing.get(&Step::Publish) {
        let fault = format!("{detail}; publishing fails: {}", failure.reason);
        return Check::new("publication", Some(fault), "", todo).since(Some(failure.since));
    }
    let is_old = facts.program.works && age > ROUND_LIMIT;
    let since = facts.journal.last_publication.map(|mark| mark.at);
    Check::new("publication", is_old.then(|| detail.clone()), detail, todo).since(since)
}

fn rounds(facts: &Facts) -> Check {
    let age = facts.since(facts.journal.last_round);
    let detail = match facts.journal.last_round {
        Some(_) => format!("the last round ended {} ago", minutes(age)),
        None => format!("the first round has been running for {}", minutes(age)),
    };
    let fault = (age > ROUND_LIMIT).then(|| detail.clone());
    let todo = "find the slow step in the log, and its current work in `tasks`";
    Check::new("rounds", fault, detail, todo).since(facts.journal.last_round.map(|mark| mark.at))
}

fn sources(facts: &Facts, limits: &Limits) -> Check {
    let (count, last) =
        facts.backlog.as_ref().map_or((0, None), |backlog| (backlog.sources, backlog.last_poll));
    let detail = match last {
        _ if count == 0 => "no sources".to_owned(),
        Some(last) => format!("a source last answered at {}", time(last)),
        None => "no source has answered yet".to_owned(),
    };
    let fault = (count > 0 && facts.age(last) > limits.poll).then(|| detail.clone());
    let todo = "check whether this machine reaches the web: `courant sources check`, `courant sources list`";
    Check::new("sources", fault, detail, todo).since(last)
}

fn backlog(facts: &Facts) -> Vec<Check> {
    let Ok(backlog) = &facts.backlog else { return Vec::new() };
    let waits = |check, name: &str, what: &str, queue: Queue, limit, todo| {
        let detail = match queue.oldest {
            Some(oldest) => {
                format!("{} {what}, the oldest since {}", counted(queue.length, name), time(oldest))
            }
            None => format!("no {name}s {what}"),
        };
        let fault = (queue.oldest.is_some() && facts.age(queue.oldest) > limit).then(|| detail.clone());
        Check::new(check, fault, detail, todo).since(queue.oldest)
    };
    vec![
        waits(
            "pages",
            "page",
            "to fetch",
            backlog.pages,
            PAGE_LIMIT,
            "raise [fetch] parallel, or find slow hosts in the log",
        )
        .optional(),
        waits(
            "captures",
            "capture",
            "to process",
            backlog.captures,
            CAPTURE_LIMIT,
            "find in the log why processing is too slow",
        ),
    ]
}

fn editors(facts: &Facts) -> Check {
    let todo = Step::Editors.advice();
    if let Some(failure) = facts.journal.failing.get(&Step::Editors) {
        let fault = format!("requests of editors wait: {}", failure.reason);
        return Check::new("editors", Some(fault), "", todo).since(Some(failure.since));
    }
    let queue = facts.backlog.as_ref().map(|backlog| backlog.commands).unwrap_or_default();
    let detail = match queue.oldest {
        Some(oldest) => {
            format!("{} waiting, the oldest since {}", counted(queue.length, "request"), time(oldest))
        }
        None => "no requests waiting".to_owned(),
    };
    let fault = (queue.oldest.is_some() && facts.age(queue.oldest) > REQUEST_LIMIT).then(|| detail.clone());
    Check::new("editors", fault, detail, todo).since(queue.oldest)
}

fn minutes(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

/// The checks at one instant, with the numbers behind them.
#[derive(Debug, Clone)]
pub(crate) struct ReadyReport {
    pub(crate) checks: Vec<Check>,
    full: serde_json::Value,
}

impl ReadyReport {
    pub(super) fn new(facts: &Facts, limits: &Limits) -> Self {
        let checks = assess(facts, limits);
        let full = full(facts, limits, &checks);
        Self { checks, full }
    }

    /// The answer at `/readyz`.
    pub(super) fn answer(&self) -> ReadyState {
        let failing = self.checks.iter().filter(|check| !check.ok);
        ReadyState {
            ready: self.checks.iter().all(|check| check.ok || !check.required),
            failing: failing.map(|check| check.name.to_owned()).collect(),
            full: self.full.clone(),
        }
    }
}

fn full(facts: &Facts, limits: &Limits, checks: &[Check]) -> serde_json::Value {
    let backlog = facts.backlog.clone().unwrap_or_default();
    let age = |at: Option<Timestamp>| at.map(|at| facts.now.at.duration_since(at).as_secs().max(0));
    let of_mark = |mark: Option<_>| mark.map(|_| facts.since(mark).as_secs());
    let disk = |disk: &Disk| {
        json!({
            "name": disk.name, "path": disk.path, "freeBytes": disk.free, "minimumBytes": limits.free,
        })
    };
    let task = |(name, step): &(&str, &str)| json!({ "name": name, "step": step });
    json!({
        "program": {
            "command": facts.program.command,
            "process": std::process::id(),
            "started": facts.program.started.at,
            "listen": facts.program.listen,
        },
        "checks": checks,
        "ages": {
            "lastRoundS": of_mark(facts.journal.last_round),
            "lastPublicationS": of_mark(facts.journal.last_publication),
            "lastPollS": age(backlog.last_poll),
            "oldestPageS": age(backlog.pages.oldest),
            "oldestCaptureS": age(backlog.captures.oldest),
            "oldestEditorRequestS": age(backlog.commands.oldest),
        },
        "waiting": {
            "pages": backlog.pages.length,
            "captures": backlog.captures.length,
            "editorRequests": backlog.commands.length,
            "records": backlog.records,
            "deadPages": backlog.dead[0],
            "deadCaptures": backlog.dead[1],
        },
        "disks": facts.disks.iter().map(disk).collect::<Vec<_>>(),
        "tasks": facts.tasks.iter().map(task).collect::<Vec<_>>(),
        "stuck": facts.stuck,
    })
}

#[cfg(test)]
mod tests;
