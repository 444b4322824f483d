//! Metrics of connections and refused requests (OpenMetrics).

use courant_server::{ConnectionCounts, Counted, CountedIn};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// The label of a count: the reason, or the stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ScheduleReason {
    reason: &'static str,
}

/// Counts with a reason: name without prefix and suffix, and help text.
const WITH_REASON: [(CountedIn, &str, &str); 4] = [
    (CountedIn::Refused, "connections_refused", "Connections refused because a limit was reached"),
    (CountedIn::TimedOut, "timeouts", "Connections and requests ended because a stage took too long"),
    (CountedIn::AcceptFailed, "accept_errors", "Connections that could not be accepted"),
    (CountedIn::RequestRefused, "requests_refused", "Requests refused before they were answered"),
];

/// Counts without a reason.
const ALONE: [(CountedIn, &str, &str); 2] = [
    (CountedIn::Accepted, "connections_accepted", "Connections accepted"),
    (CountedIn::Evicted, "connections_evicted", "Waiting connections closed to make room for new ones"),
];

/// Registers the counts of connections since the start.
pub(crate) fn register_connections(registry: &mut Registry, counts: &ConnectionCounts) {
    let open: Gauge = Gauge::default();
    open.set(counts.open() as i64);
    registry.register("connections_open", "Connections open now", open);
    let of = |metric: CountedIn| Counted::ALL.into_iter().filter(move |what| what.metric().0 == metric);
    for (metric, name, meaning) in ALONE {
        let counter: Counter = Counter::default();
        counter.inc_by(of(metric).map(|what| counts.count(what)).sum());
        registry.register(name, meaning, counter);
    }
    for (metric, name, meaning) in WITH_REASON {
        let family = Family::<ScheduleReason, Counter>::default();
        for what in of(metric) {
            family.get_or_create(&ScheduleReason { reason: what.metric().1 }).inc_by(counts.count(what));
        }
        registry.register(name, meaning, family);
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn every_count_is_shown_even_if_it_is_0() {
        let mut registry = Registry::with_prefix("courant_http");
        register_connections(&mut registry, &ConnectionCounts::default());
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "courant_http_connections_open 0",
            "courant_http_connections_accepted_total 0",
            "courant_http_connections_evicted_total 0",
            "courant_http_connections_refused_total{reason=\"max_connections\"} 0",
            "courant_http_connections_refused_total{reason=\"max_connections_per_network\"} 0",
            "courant_http_timeouts_total{reason=\"head\"} 0",
            "courant_http_timeouts_total{reason=\"write\"} 0",
            "courant_http_accept_errors_total{reason=\"descriptors\"} 0",
            "courant_http_requests_refused_total{reason=\"host\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let values = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(values, Counted::ALL.len() + 1, "{text}");
    }
}
