//! Each check on its own facts.

use std::collections::BTreeMap;

use courant_pipeline::tasks::StuckTask;
use courant_store::Backlog;
use jiff::SignedDuration;

use super::*;
use crate::health::{
    facts::Disk,
    journal::{Failure, Journal, Mark, Program},
};

const UPTIME_S: u64 = 10 * 86_400;

fn at(minutes_ago: i64) -> Timestamp {
    let now: Timestamp = "2026-01-14T12:00:00Z".parse().unwrap();
    now - SignedDuration::from_mins(minutes_ago)
}

fn mark(minutes_ago: i64) -> Mark {
    Mark { at: at(minutes_ago), tick: Duration::from_secs(UPTIME_S - minutes_ago as u64 * 60) }
}

/// A program that has run for ten days without problems.
fn well() -> Facts {
    let queue = Queue { length: 2, oldest: Some(at(1)) };
    Facts {
        now: mark(0),
        program: Program {
            command: "courant run",
            works: true,
            started: Mark { at: at(10 * 1_440), tick: Duration::ZERO },
            listen: "http://127.0.0.1:8080".to_owned(),
        },
        journal: Journal { last_round: Some(mark(5)), last_publication: Some(mark(5)), ..Journal::default() },
        stuck: Vec::new(),
        tasks: vec![("rounds", "resting")],
        backlog: Ok(Backlog {
            pages: queue,
            captures: queue,
            commands: queue,
            sources: 3,
            last_poll: Some(at(6)),
            ..Backlog::default()
        }),
        log_bytes: 0,
        writable: Ok(()),
        disks: vec![Disk { name: "site", path: "/srv/news/.courant".into(), free: Some(5_000_000_000) }],
    }
}

fn failing(facts: &Facts) -> Vec<Check> {
    let limits = Limits::of(&Config::default());
    assess(facts, &limits).into_iter().filter(|check| !check.ok).collect()
}

/// The one check that fails, by its name, whether it is required, and what it found.
fn only(facts: &Facts) -> (&'static str, bool, String) {
    let found = failing(facts);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].todo.is_some_and(|todo| !todo.is_empty()));
    (found[0].name, found[0].required, found[0].detail.clone())
}

fn failed(step: Step) -> Facts {
    let failure = Failure { since: at(3), times: 2, reason: "Permission denied".to_owned() };
    let mut facts = well();
    facts.journal.failing = BTreeMap::from([(step, failure)]);
    facts
}

#[test]
fn nothing_fails_if_all_is_well() {
    assert_eq!(failing(&well()), []);
}

#[test]
fn an_old_publication_and_an_endless_round_are_reported() {
    let mut facts = well();
    facts.journal.last_publication = Some(mark(61));
    assert_eq!(only(&facts), ("publication", true, "the last publication was 61 minutes ago".to_owned()));
    let mut facts = well();
    facts.journal.last_round = Some(mark(61));
    assert_eq!(only(&facts).0, "rounds");
    facts.program.works = false;
    facts.journal.last_publication = Some(mark(10_000));
    assert_eq!(failing(&facts), [], "`serve` publishes only when an editor changes something");
}

#[test]
fn silent_sources_are_reported_after_the_longest_time_between_polls() {
    let mut facts = well();
    let mut backlog = Backlog { last_poll: Some(at(25 * 60)), sources: 3, ..Backlog::default() };
    facts.backlog = Ok(backlog);
    assert_eq!(failing(&facts), []);
    backlog.last_poll = Some(at(25 * 60 + 1));
    facts.backlog = Ok(backlog);
    assert_eq!(only(&facts).0, "sources");
    facts.program.started = mark(30);
    assert_eq!(failing(&facts), [], "a program that was just started after a pause has not polled yet");
    facts.backlog = Ok(Backlog::default());
    assert_eq!(failing(&facts), [], "a site without sources");
}

#[test]
fn what_waits_too_long_is_reported() {
    let with = |change: fn(&mut Backlog)| {
        let mut facts = well();
        facts.backlog.as_mut().map(change).unwrap();
        facts
    };
    let request = with(|backlog| backlog.commands.oldest = Some(at(3)));
    let told = only(&request);
    assert_eq!((told.0, told.1), ("editors", true));
    let capture = with(|backlog| backlog.captures.oldest = Some(at(61)));
    assert_eq!((only(&capture).0, only(&capture).1), ("captures", true));
    let page = with(|backlog| backlog.pages.oldest = Some(at(361)));
    assert_eq!((only(&page).0, only(&page).1), ("pages", false), "readers do not see old news");
}

#[test]
fn a_failing_step_is_reported_with_its_reason() {
    for (step, name, required) in [
        (Step::Records, "records", true),
        (Step::Folder, "folder", true),
        (Step::Publish, "publication", true),
        (Step::Editors, "editors", true),
        (Step::Poll, "poll", true),
        (Step::Git, "git", false),
        (Step::Images, "images", false),
    ] {
        let facts = failed(step);
        let (told, is_required, detail) = only(&facts);
        assert_eq!((told, is_required), (name, required));
        assert!(detail.contains("Permission denied"), "{detail}");
        assert_eq!(failing(&facts)[0].since, Some(at(3)));
    }
}

#[test]
fn problems_of_disk_store_and_tasks_are_reported() {
    let mut facts = well();
    facts.disks[0].free = Some(7_000_000);
    let detail = "7 MB free at /srv/news/.courant (site); minimum 100 MB".to_owned();
    assert_eq!(only(&facts), ("disk", true, detail));
    facts.disks[0].free = None;
    assert_eq!(failing(&facts), [], "a system that does not say");
    let mut facts = well();
    facts.writable = Err("no room left for the store".to_owned());
    assert_eq!(only(&facts).0, "store");
    let mut facts = well();
    facts.backlog = Err("the store has not answered for 5 seconds".to_owned());
    assert_eq!(only(&facts).0, "store");
    let mut facts = well();
    facts.stuck = vec![StuckTask { name: "rounds", step: "polling", silent_s: 700, ended: false }];
    let detail = "rounds has not moved for 700 seconds while polling".to_owned();
    assert_eq!(only(&facts), ("tasks", true, detail));
}

#[test]
fn the_answer_is_ready_while_only_optional_checks_fail() {
    let limits = Limits::of(&Config::default());
    let answer = |facts: &Facts| ReadyReport::new(facts, &limits).answer();
    let git = answer(&failed(Step::Git));
    assert_eq!((git.ready, &git.failing[..]), (true, &["git".to_owned()][..]));
    let records = answer(&failed(Step::Records));
    assert_eq!((records.ready, &records.failing[..]), (false, &["records".to_owned()][..]));
    assert_eq!(records.full["ages"]["lastRoundS"], 300);
    assert_eq!(records.full["waiting"]["editorRequests"], 2);
    assert_eq!(records.full["program"]["process"], std::process::id());
}
