//! Measures the memory that a scenario uses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Resident memory of this process, in MB; 0 if it cannot be read.
pub(crate) fn resident_mb() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096 / 1_000_000
}

/// Samples the resident memory in the background.
pub(crate) struct MemoryWatch {
    peak: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl MemoryWatch {
    /// Stops, and returns the highest sample in MB.
    pub(crate) fn stop(self) -> u64 {
        self.task.abort();
        self.peak.load(Ordering::SeqCst)
    }
}

/// Starts to sample the resident memory, every 10 ms.
pub(crate) fn watch_memory() -> MemoryWatch {
    let peak = Arc::new(AtomicU64::new(0));
    let highest = Arc::clone(&peak);
    let task = tokio::spawn(async move {
        loop {
            highest.fetch_max(resident_mb(), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    MemoryWatch { peak, task }
}
