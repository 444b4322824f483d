//! Work that takes a processor, done away from the threads that serve connections, and on no more processors than there are:
//! with hundreds of threads at work on what few ask for, everyone else would wait.

use std::sync::{Arc, LazyLock};

use tokio::{sync::Semaphore, task::JoinError};

static PROCESSORS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    Arc::new(Semaphore::new(processors))
});

/// Waits for a processor and does the work there. A caller that is gone meanwhile is forgotten while it waits.
///
/// # Errors
/// Where the work panics.
pub(crate) async fn render<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    // It is never closed; without a turn the work is done at once.
    let turn = Arc::clone(&PROCESSORS).acquire_owned().await.ok();
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
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
    async fn no_more_is_done_at_once_than_there_are_processors() {
        let most = std::thread::available_parallelism().map_or(2, usize::from);
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
        assert!((1..=most).contains(&peak.load(Ordering::SeqCst)));
        assert!(render(|| panic!("work that fails")).await.is_err());
        assert!(render(|| ()).await.is_ok(), "a failure keeps no processor");
    }
}
