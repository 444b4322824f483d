//! Metrics of the sources, the store and the program (OpenMetrics).

use std::{collections::HashMap, sync::atomic::AtomicU64};

use courant_model::{Timestamp, redacted_text};
use courant_pipeline::{Context, SourceHealth, source_health};
use courant_server::{ConnectionCounts, Metrics};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{
    health::{self, HealthReporter},
    serve::{connection_metrics::register_connections, store_metrics::StoreMetrics},
};

/// The label of a metric of one source: its URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
}

/// The label of a count of sources: their state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

type Figure = Gauge<f64, AtomicU64>;

/// Reads a value of one source; `None` if it is not known.
type Read = fn(&SourceHealth) -> Option<f64>;

/// Metrics per source: name without prefix, help text, and value.
const SOURCE_METRICS: [(&str, &str, Read); 12] = [
    ("last_success_timestamp_seconds", "When the source last answered", |source| {
        seconds(source.last_success)
    }),
    ("last_change_timestamp_seconds", "When the source last had something new", |source| {
        seconds(source.last_change)
    }),
    ("next_poll_timestamp_seconds", "When the source is polled next", |source| seconds(source.next_poll)),
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

/// The metrics of a site, its store, the connections to it, and the program that runs it.
#[derive(Clone)]
pub(crate) struct SiteMetrics {
    pub(crate) context: Context,
    pub(crate) connections: ConnectionCounts,
    pub(crate) reporter: HealthReporter,
}

impl Metrics for SiteMetrics {
    async fn text(&self) -> Result<String, String> {
        let Context { store, site, clock, .. } = &self.context;
        let mut registry = Registry::with_prefix("courant");
        let facts = self.reporter.facts().await;
        health::register(&mut registry, &facts, self.reporter.is_ready(&facts));
        register_connections(registry.sub_registry_with_prefix("http"), &self.connections);
        // A failing store shows in the metrics above; its own metrics are left out then.
        match source_health(store, clock.now()).await {
            Ok(sources) => register_sources(registry.sub_registry_with_prefix("source"), &sources),
            Err(error) => {
                tracing::error!(error = %format_args!("{error:#}"), "cannot give metrics of sources");
            }
        }
        match StoreMetrics::of(store, site, clock.now()).await {
            Ok(figures) => figures.register(registry.sub_registry_with_prefix("store")),
            Err(error) => {
                tracing::error!(error = %format_args!("{error:#}"), "cannot give metrics of the store");
            }
        }
        text_of(&registry).map_err(|error| error.to_string())
    }
}

fn register_sources(registry: &mut Registry, sources: &[SourceHealth]) {
    let names = labels(sources);
    for (name, meaning, read) in SOURCE_METRICS {
        let family = Family::<OfSource, Figure>::default();
        for source in sources {
            if let Some(value) = read(source) {
                family.get_or_create(&OfSource { source: names[&source.url].clone() }).set(value);
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
    registry.register("states", "Number of sources in each state", counts);
}

fn text_of(registry: &Registry) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    encode(&mut text, registry)?;
    Ok(text)
}

/// The names of sources in labels: their URLs without passwords and tokens, numbered if they would
/// be equal.
fn labels(sources: &[SourceHealth]) -> HashMap<String, String> {
    let mut alike: HashMap<String, usize> = HashMap::new();
    let mut labels = HashMap::with_capacity(sources.len());
    for source in sources {
        let shown = redacted_text(&source.url);
        let count = alike.entry(shown.clone()).or_default();
        *count += 1;
        labels.insert(source.url.clone(), if *count == 1 { shown } else { format!("{shown} ({count})") });
    }
    labels
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
    fn the_metrics_of_a_source() {
        let source = Source {
            url: "https://lake.example/feed.xml".parse().unwrap(),
            kind: SourceKind::Feed,
            title: None,
            site: None,
            tags: Vec::new(),
        };
        let mut state = SourceState::never_polled(source, Timestamp::from_second(1_800_000_000).unwrap());
        state.failures = 3;
        let found = SourceYield { articles: 4, published: 1, ..SourceYield::default() };
        let mut registry = Registry::with_prefix("courant");
        let sources = [SourceHealth::of(state, 8, found, SourceDay::default())];
        register_sources(registry.sub_registry_with_prefix("source"), &sources);
        let text = text_of(&registry).unwrap();
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

    #[test]
    fn no_label_holds_a_password_or_token() {
        let health = |url: &str| {
            let source = Source {
                url: url.parse().unwrap(),
                kind: SourceKind::Feed,
                title: None,
                site: None,
                tags: Vec::new(),
            };
            SourceHealth::of(
                SourceState::never_polled(source, Timestamp::UNIX_EPOCH),
                0,
                SourceYield::default(),
                SourceDay::default(),
            )
        };
        let sources = ["https://a:hush@lake.example/feed", "https://b:hush@lake.example/feed"].map(health);
        let mut registry = Registry::with_prefix("courant");
        register_sources(registry.sub_registry_with_prefix("source"), &sources);
        let text = text_of(&registry).unwrap();
        assert!(!text.contains("hush"), "{text}");
        for line in [
            "courant_source_failures{source=\"https://***@lake.example/feed\"} 0.0",
            "courant_source_failures{source=\"https://***@lake.example/feed (2)\"} 0.0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
