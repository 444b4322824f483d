//! Runs CPU-heavy work outside the threads that serve connections, on at most as many threads as
//! there are processors, so that a few expensive requests do not slow down all others.

use std::sync::{Arc, LazyLock};

use tokio::{sync::Semaphore, task::JoinError};

static PROCESSORS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    Arc::new(Semaphore::new(processors))
});

/// Waits for a free processor and runs the work there. Dropping the future while it waits cancels
/// the work.
///
/// # Errors
/// If the work panics.
pub(crate) async fn render<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    // The semaphore is never closed; without a permit the work runs immediately.
    let permit = Arc::clone(&PROCESSORS).acquire_owned().await.ok();
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn concurrent_work_is_limited_to_the_number_of_processors() {
        let max = std::thread::available_parallelism().map_or(2, usize::from);
        let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = || {
            let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
            render(move || {
                peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
            })
        };
        assert!(join_all((0..200).map(|_| work())).await.into_iter().all(|done| done.is_ok()));
        assert!((1..=max).contains(&peak.load(Ordering::SeqCst)));
        assert!(render(|| panic!("work that fails")).await.is_err());
        assert!(render(|| ()).await.is_ok(), "a failure frees its processor");
    }
}
