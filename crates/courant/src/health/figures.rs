//! Metrics of the health of a running program (OpenMetrics).

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::{facts::Facts, journal::Step};

type Figure = Gauge<f64, AtomicU64>;

/// The label of a metric with several kinds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    kind: &'static str,
}

/// Adds the metrics of the program to a registry, whose names begin with `courant_`.
pub(crate) fn register(registry: &mut Registry, facts: &Facts, is_ready: bool) {
    work(registry, facts, is_ready);
    waiting(registry, facts);
    room(registry, facts);
}

fn work(to: &mut Registry, facts: &Facts, is_ready: bool) {
    let journal = &facts.journal;
    let counted = |of: &[(&'static str, u64)]| {
        let family = Family::<Of, Counter>::default();
        for (kind, count) in of {
            family.get_or_create(&Of { kind }).inc_by(*count);
        }
        family
    };
    let rounds = counted(&[("done", journal.rounds_done), ("failed", journal.rounds_failed)]);
    to.register("rounds", "Rounds that ended, with all steps done or with one that failed", rounds);
    let failures = |step: Step| journal.failures.get(&step).copied().unwrap_or_default();
    let failures: Vec<_> = Step::ALL.iter().map(|step| (step.name(), failures(*step))).collect();
    to.register("step_failures", "Number of times that a step of the work has failed", counted(&failures));
    let failing = |step: &Step| (step.name(), f64::from(u8::from(journal.failing.contains_key(step))));
    let failing: Vec<_> = Step::ALL.iter().map(failing).collect();
    to.register("step_failing", "Whether a step of the work fails at present", gauges(&failing));
    let ages = [
        ("round", facts.since(journal.last_round).as_secs_f64()),
        ("publication", facts.since(journal.last_publication).as_secs_f64()),
    ];
    let meaning = "Time since the last round ended and since the last publication";
    to.register_with_unit("since_last", meaning, Unit::Seconds, gauges(&ages));
    to.register("tasks_stuck", "Tasks that make no progress", gauge(facts.stuck.len() as f64));
    let meaning = "Whether every check that matters to readers and editors passes";
    to.register("ready", meaning, gauge(f64::from(u8::from(is_ready))));
}

fn waiting(to: &mut Registry, facts: &Facts) {
    let Ok(backlog) = &facts.backlog else { return };
    let queues =
        [("pages", backlog.pages), ("captures", backlog.captures), ("editor_requests", backlog.commands)];
    let mut lengths: Vec<_> = queues.iter().map(|(kind, queue)| (*kind, queue.length as f64)).collect();
    lengths.push(("records", backlog.records as f64));
    to.register("waiting", "Number of waiting items, by kind", gauges(&lengths));
    let age = |at| facts.now.at.duration_since(at).as_secs().max(0) as f64;
    let oldest: Vec<_> = queues.iter().map(|(kind, queue)| (*kind, queue.oldest.map_or(0.0, age))).collect();
    let meaning = "How long the oldest item of each kind has waited; 0 if none waits";
    to.register_with_unit("oldest_waiting", meaning, Unit::Seconds, gauges(&oldest));
    let dead = [("page", backlog.dead[0] as f64), ("capture", backlog.dead[1] as f64)];
    to.register("dead_letters", "Items that could not be processed, by kind", gauges(&dead));
    let articles = [("published", backlog.articles[0] as f64), ("held", backlog.articles[1] as f64)];
    to.register("articles", "Stored articles", gauges(&articles));
}

fn room(to: &mut Registry, facts: &Facts) {
    let mut files = vec![("log", facts.log_bytes as f64)];
    files.extend(facts.backlog.as_ref().ok().map(|backlog| ("database", backlog.bytes as f64)));
    to.register_with_unit("store", "Size of the store's files", Unit::Bytes, gauges(&files));
    let free: Vec<_> = facts.disks.iter().filter_map(|disk| Some((disk.name, disk.free? as f64))).collect();
    to.register_with_unit("disk_free", "Free space, by folder", Unit::Bytes, gauges(&free));
}

fn gauges(of: &[(&'static str, f64)]) -> Family<Of, Figure> {
    let family = Family::<Of, Figure>::default();
    for (kind, value) in of {
        family.get_or_create(&Of { kind }).set(*value);
    }
    family
}

fn gauge(value: f64) -> Figure {
    let gauge = Figure::default();
    gauge.set(value);
    gauge
}
