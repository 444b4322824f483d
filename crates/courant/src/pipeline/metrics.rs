//! How the sources fare, as figures for a monitoring system (OpenMetrics).

use std::sync::atomic::AtomicU64;

use courant_model::Timestamp;
use courant_server::Metrics;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{Desk, SourceHealth, source_health};

/// The label of a figure about one source: its address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
}

/// The label of a count of sources: how they fare.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

type Figure = Gauge<f64, AtomicU64>;

/// What is known of one source as a figure; `None` where it is not known.
type Read = fn(&SourceHealth) -> Option<f64>;

/// Name without prefix, meaning, and how it is read off.
const FIGURES: [(&str, &str, Read); 12] = [
    ("last_success_timestamp_seconds", "When the source last answered", |source| {
        seconds(source.last_success)
    }),
    ("last_change_timestamp_seconds", "When the source last had something new", |source| {
        seconds(source.last_change)
    }),
    ("next_poll_timestamp_seconds", "When the source is asked next", |source| seconds(source.next_poll)),
    ("failures", "How many times in a row the source failed", |source| Some(f64::from(source.failures))),
    ("entries_per_week", "New entries a week, over four weeks", |source| Some(source.entries_a_week)),
    ("articles", "Articles of the last four weeks", |source| Some(source.articles as f64)),
    ("published_ratio", "Share of its articles that was published", |source| source.published_share),
    ("copies_ratio", "Share of its articles that are copies", |source| source.copy_share),
    ("mean_quality", "Mean quality of its articles", |source| source.mean_quality),
    ("taken_today", "Entries taken in today (UTC), edits included", |source| {
        Some(source.today.articles as f64)
    }),
    ("bytes_today", "Bytes of its documents and pages today (UTC)", |source| Some(source.today.bytes as f64)),
    ("left_out_today", "Entries and pages that wait because a limit was reached today (UTC)", |source| {
        Some(source.today.left_out as f64)
    }),
];

/// The figures of a site.
#[derive(Clone)]
pub(crate) struct DeskMetrics(pub(crate) Desk);

impl Metrics for DeskMetrics {
    async fn text(&self) -> Result<String, String> {
        let sources = source_health(&self.0.store, self.0.clock.now()).await;
        figures(&sources.map_err(|error| format!("{error:#}"))?).map_err(|error| error.to_string())
    }
}

fn figures(sources: &[SourceHealth]) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("courant_source");
    for (name, meaning, read) in FIGURES {
        let family = Family::<OfSource, Figure>::default();
        for source in sources {
            if let Some(value) = read(source) {
                family.get_or_create(&OfSource { source: source.url.clone() }).set(value);
            }
        }
        registry.register(name, meaning, family);
    }
    let counts = Family::<InState, Gauge>::default();
    for state in ["ok", "failing", "gone", "new"] {
        counts.get_or_create(&InState { state }).set(0);
    }
    for source in sources {
        counts.get_or_create(&InState { state: state_of(source) }).inc();
    }
    registry.register("states", "How many sources fare so", counts);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn state_of(source: &SourceHealth) -> &'static str {
    match source {
        _ if source.gone => "gone",
        _ if source.failures > 0 => "failing",
        _ if source.last_success.is_none() => "new",
        _ => "ok",
    }
}

fn seconds(time: Option<Timestamp>) -> Option<f64> {
    time.map(|time| time.as_second() as f64)
}

#[cfg(test)]
mod tests {
    use courant_model::{Source, SourceKind, SourceState};
    use courant_store::{SourceDay, SourceYield};

    use super::*;

    #[test]
    fn a_source_in_figures() {
        let source = Source {
            url: "https://lake.example/feed.xml".parse().unwrap(),
            kind: SourceKind::Feed,
            title: None,
            site: None,
            tags: Vec::new(),
        };
        let mut state = SourceState::unasked(source, Timestamp::from_second(1_800_000_000).unwrap());
        state.failures = 3;
        let found = SourceYield { articles: 4, published: 1, ..SourceYield::default() };
        let text = figures(&[SourceHealth::of(state, 8, found, SourceDay::default())]).unwrap();
        for line in [
            "courant_source_failures{source=\"https://lake.example/feed.xml\"} 3.0",
            "courant_source_published_ratio{source=\"https://lake.example/feed.xml\"} 0.25",
            "courant_source_states{state=\"failing\"} 1",
            "courant_source_states{state=\"ok\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n") && !text.contains("last_success_timestamp_seconds{"));
    }
}
