//! Metrics of the store (OpenMetrics).

use std::sync::atomic::AtomicU64;

use courant_model::Timestamp;
use courant_pipeline::keep_of;
use courant_site::Site;
use courant_store::{Compaction, Removed, Store};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

/// The label of a metric of a part of the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPart {
    part: &'static str,
}

/// The metrics of a store.
pub(crate) struct StoreMetrics {
    compaction: Compaction,
    /// Processed captures whose bytes are kept: number, and bytes as fetched.
    kept: (u64, u64),
    removable: Vec<Removed>,
    last_swept: Option<Timestamp>,
    unreadable: usize,
}

impl StoreMetrics {
    /// The current metrics. They come from indexes; no table is scanned.
    pub(crate) async fn of(store: &Store, site: &Site, now: Timestamp) -> anyhow::Result<Self> {
        Ok(Self {
            compaction: store.compaction().await?,
            kept: store.kept_captures().await?,
            removable: store.sweep_preview(&keep_of(site), now).await?,
            last_swept: store.last_swept().await?,
            unreadable: store.unreadable().len(),
        })
    }

    /// Adds the metrics to a registry, whose prefix ends in `store`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let figures = [
            ("bytes", "Size of the database without its log", self.compaction.bytes as f64),
            ("free_bytes", "Bytes of the database that hold nothing", self.compaction.free as f64),
            ("processed_captures", "Processed captures whose bytes are kept", self.kept.0 as f64),
            ("processed_capture_bytes", "Bytes of these as fetched", self.kept.1 as f64),
            ("unreadable_rows", "Rows that cannot be read and are skipped", self.unreadable as f64),
        ];
        for (name, meaning, value) in figures {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(value);
            registry.register(name, meaning, gauge);
        }
        if let Some(at) = self.last_swept {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(at.as_second() as f64);
            registry.register("last_sweep_timestamp_seconds", "When the last sweep ended", gauge);
        }
        let removable = Family::<OfPart, Gauge<f64, AtomicU64>>::default();
        for removed in &self.removable {
            let of = OfPart { part: removed.part.as_str() };
            removable.get_or_create(&of).set(removed.bytes as f64);
        }
        registry.register("removable_bytes", "Bytes that the next sweep removes", removable);
    }
}

#[cfg(test)]
mod tests {
    use courant_store::Part;
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn the_metrics_of_a_store() {
        let figures = StoreMetrics {
            compaction: Compaction { bytes: 4096, free: 1024, shrinks: true },
            kept: (3, 3_000),
            removable: vec![Removed { part: Part::Captures, rows: 2, bytes: 2_000 }],
            last_swept: None,
            unreadable: 1,
        };
        let mut registry = Registry::with_prefix("courant_store");
        figures.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "courant_store_bytes 4096.0",
            "courant_store_free_bytes 1024.0",
            "courant_store_processed_captures 3.0",
            "courant_store_unreadable_rows 1.0",
            "courant_store_removable_bytes{part=\"captures\"} 2000.0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("last_sweep"));
    }
}
