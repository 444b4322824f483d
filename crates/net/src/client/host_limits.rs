//! Turns: how many requests are under way to one registrable domain, and how fast they follow each other.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};
use url::Url;

/// With more lanes than this, those at rest are forgotten.
const LANES_KEPT: usize = 4096;

/// The name under which requests to a host take turns: its registrable domain, or the host itself where it has
/// none (an address, a bare name).
pub(crate) fn lane_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.domain() {
        Some(_) => psl::domain_str(host).unwrap_or(host).to_owned(),
        None => host.to_owned(),
    }
}

#[derive(Debug)]
struct Lane {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    next_start: Mutex<Instant>,
}

/// The lanes of all domains.
#[derive(Debug)]
pub(crate) struct Lanes {
    in_flight: usize,
    pause: Duration,
    max_waiting: usize,
    by_name: Mutex<HashMap<String, Arc<Lane>>>,
}

/// The right to have one request under way; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// So many requests wait already that this one may not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LaneFull(pub(crate) usize);

/// Whether a request keeps the pause to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    Keep,
    /// The next hop of a redirect within one domain: part of the same visit.
    Waive,
}

/// Counts a waiting request for as long as it lives, also when the caller gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lanes {
    pub(crate) fn new(in_flight: usize, pause: Duration, max_waiting: usize) -> Self {
        Self { in_flight: in_flight.max(1), pause, max_waiting, by_name: Mutex::default() }
    }

    /// Waits for a turn, first come first served.
    pub(crate) async fn turn(&self, name: &str, gap: Gap) -> Result<Turn, LaneFull> {
        let lane = self.lane(name);
        let before = lane.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&lane.waiting);
        if before >= self.max_waiting + self.in_flight {
            return Err(LaneFull(before));
        }
        let permit =
            Arc::clone(&lane.permits).acquire_owned().await.expect("the semaphore of a lane is never closed");
        let start = {
            let now = Instant::now();
            let mut next = lane.next_start.lock().unwrap_or_else(PoisonError::into_inner);
            let start = if gap == Gap::Waive { now } else { now.max(*next) };
            *next = (*next).max(start + self.pause);
            start
        };
        sleep_until(start).await;
        Ok(Turn { _permit: permit })
    }

    fn lane(&self, name: &str) -> Arc<Lane> {
        let mut lanes = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(name) {
            return Arc::clone(lane);
        }
        let now = Instant::now();
        if lanes.len() >= LANES_KEPT {
            lanes.retain(|_, lane| {
                // A turn holds the semaphore, a waiting request the lane.
                let used = Arc::strong_count(lane) > 1 || lane.permits.available_permits() < self.in_flight;
                used || *lane.next_start.lock().unwrap_or_else(PoisonError::into_inner) > now
            });
        }
        let lane = Arc::new(Lane {
            permits: Arc::new(Semaphore::new(self.in_flight)),
            waiting: AtomicUsize::new(0),
            next_start: Mutex::new(now),
        });
        lanes.insert(name.to_owned(), Arc::clone(&lane));
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_go_by_registrable_domain() {
        let lane = |url| lane_of(&Url::parse(url).unwrap());
        assert_eq!(lane("https://www.news.co.uk/a"), "news.co.uk");
        assert_eq!(lane("https://feeds.news.co.uk./a"), "news.co.uk");
        assert_eq!(lane("http://192.0.2.7/"), "192.0.2.7");
        assert_eq!(lane("http://[2001:db8::1]/"), "[2001:db8::1]");
        assert_eq!(lane("http://localhost/"), "localhost");
    }

    #[tokio::test(start_paused = true)]
    async fn starts_keep_the_pause() {
        let lanes = Lanes::new(2, Duration::from_secs(5), 100);
        let begin = Instant::now();
        for n in 0..4 {
            let _turn = lanes.turn("news.example", Gap::Keep).await.unwrap();
            assert_eq!(begin.elapsed().as_secs(), n * 5);
            let _other = lanes.turn(&format!("{n}.example"), Gap::Keep).await.unwrap();
            assert_eq!(begin.elapsed().as_secs(), n * 5, "another domain does not wait");
        }
        let _hop = lanes.turn("news.example", Gap::Waive).await.unwrap();
        assert_eq!(begin.elapsed().as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_allowed_at_once_and_a_bounded_queue() {
        let lanes = Arc::new(Lanes::new(2, Duration::ZERO, 3));
        let held = [lanes.turn("a", Gap::Keep).await.unwrap(), lanes.turn("a", Gap::Keep).await.unwrap()];
        let queue: Vec<_> = (0..5)
            .map(|_| {
                let lanes = Arc::clone(&lanes);
                tokio::spawn(async move { lanes.turn("a", Gap::Keep).await.map(|_| ()) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(lanes.turn("a", Gap::Keep).await.unwrap_err(), LaneFull(5));
        drop(held);
        for waiting in queue {
            assert_eq!(waiting.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_at_rest_are_forgotten() {
        let lanes = Lanes::new(1, Duration::from_secs(1), 3);
        let held = lanes.turn("held", Gap::Keep).await.unwrap();
        for n in 0..LANES_KEPT {
            lanes.turn(&n.to_string(), Gap::Keep).await.unwrap();
        }
        tokio::time::advance(Duration::from_secs(2)).await;
        lanes.turn("one more", Gap::Keep).await.unwrap();
        let kept: Vec<String> = lanes.by_name.lock().unwrap().keys().cloned().collect();
        assert_eq!(kept.len(), 2, "{kept:?}");
        drop(held);
    }
}
