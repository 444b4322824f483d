//! How much memory a scenario takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The memory that the program holds, in MB.
pub(crate) fn resident_mb() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096 / 1_000_000
}

pub(crate) struct MemoryWatch {
    peak: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl MemoryWatch {
    pub(crate) fn stop(self) -> u64 {
        self.task.abort();
        self.peak.load(Ordering::SeqCst)
    }
}

pub(crate) fn watch_memory() -> MemoryWatch {
    let peak = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&peak);
    let task = tokio::spawn(async move {
        loop {
            seen.fetch_max(resident_mb(), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    MemoryWatch { peak, task }
}
