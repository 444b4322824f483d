//! Limits per registrable domain: the number of concurrent requests, and the time between their
//! starts.

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

/// Number of domains above which unused ones are forgotten.
const MAX_DOMAINS: usize = 4096;

/// The name under which requests to a host are limited: its registrable domain, or the host itself
/// if it has none (an IP address, a bare name).
pub(super) fn domain_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.domain() {
        Some(_) => psl::domain_str(host).unwrap_or(host).to_owned(),
        None => host.to_owned(),
    }
}

#[derive(Debug)]
struct Domain {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    next_start: Mutex<Instant>,
}

/// The limits and the state of all domains.
#[derive(Debug)]
pub(super) struct HostLimits {
    in_flight: usize,
    pause: Duration,
    max_waiting: usize,
    by_name: Mutex<HashMap<String, Arc<Domain>>>,
}

/// The permission to have one request in progress, until dropped.
#[derive(Debug)]
pub(super) struct HostPermit {
    _permit: OwnedSemaphorePermit,
}

/// Too many requests wait for the domain: the number of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooManyWaiting(pub(super) usize);

/// Whether a request waits for the pause after the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    Keep,
    /// For a redirect within one domain, which belongs to the same request.
    Skip,
}

/// Counts a waiting request until dropped, also if the caller gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HostLimits {
    pub(super) fn new(in_flight: usize, pause: Duration, max_waiting: usize) -> Self {
        Self { in_flight: in_flight.max(1), pause, max_waiting, by_name: Mutex::default() }
    }

    /// Waits for a permit, first come, first served.
    pub(super) async fn acquire(&self, name: &str, spacing: Spacing) -> Result<HostPermit, TooManyWaiting> {
        let domain = self.domain(name);
        let before = domain.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&domain.waiting);
        if before >= self.max_waiting + self.in_flight {
            return Err(TooManyWaiting(before));
        }
        let permit = Arc::clone(&domain.permits)
            .acquire_owned()
            .await
            .expect("the semaphore of a domain is never closed");
        let start = {
            let now = Instant::now();
            let mut next = domain.next_start.lock().unwrap_or_else(PoisonError::into_inner);
            let start = if spacing == Spacing::Skip { now } else { now.max(*next) };
            *next = (*next).max(start + self.pause);
            start
        };
        sleep_until(start).await;
        Ok(HostPermit { _permit: permit })
    }

    fn domain(&self, name: &str) -> Arc<Domain> {
        let mut domains = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(domain) = domains.get(name) {
            return Arc::clone(domain);
        }
        let now = Instant::now();
        if domains.len() >= MAX_DOMAINS {
            domains.retain(|_, domain| {
                // A permit holds the semaphore, a waiting request the domain.
                let used =
                    Arc::strong_count(domain) > 1 || domain.permits.available_permits() < self.in_flight;
                used || *domain.next_start.lock().unwrap_or_else(PoisonError::into_inner) > now
            });
        }
        let domain = Arc::new(Domain {
            permits: Arc::new(Semaphore::new(self.in_flight)),
            waiting: AtomicUsize::new(0),
            next_start: Mutex::new(now),
        });
        domains.insert(name.to_owned(), Arc::clone(&domain));
        domain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_grouped_by_registrable_domain() {
        let domain = |url| domain_of(&Url::parse(url).unwrap());
        assert_eq!(domain("https://www.news.co.uk/a"), "news.co.uk");
        assert_eq!(domain("https://feeds.news.co.uk./a"), "news.co.uk");
        assert_eq!(domain("http://192.0.2.7/"), "192.0.2.7");
        assert_eq!(domain("http://[2001:db8::1]/"), "[2001:db8::1]");
        assert_eq!(domain("http://localhost/"), "localhost");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_to_a_domain_keep_the_pause() {
        let limits = HostLimits::new(2, Duration::from_secs(5), 100);
        let begin = Instant::now();
        for n in 0..4 {
            let _permit = limits.acquire("news.example", Spacing::Keep).await.unwrap();
            assert_eq!(begin.elapsed().as_secs(), n * 5);
            let _other = limits.acquire(&format!("{n}.example"), Spacing::Keep).await.unwrap();
            assert_eq!(begin.elapsed().as_secs(), n * 5, "another domain does not wait");
        }
        let _hop = limits.acquire("news.example", Spacing::Skip).await.unwrap();
        assert_eq!(begin.elapsed().as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_and_waiting_requests_are_limited() {
        let limits = Arc::new(HostLimits::new(2, Duration::ZERO, 3));
        let held = [
            limits.acquire("a", Spacing::Keep).await.unwrap(),
            limits.acquire("a", Spacing::Keep).await.unwrap(),
        ];
        let queue: Vec<_> = (0..5)
            .map(|_| {
                let limits = Arc::clone(&limits);
                tokio::spawn(async move { limits.acquire("a", Spacing::Keep).await.map(|_| ()) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(limits.acquire("a", Spacing::Keep).await.unwrap_err(), TooManyWaiting(5));
        drop(held);
        for waiting in queue {
            assert_eq!(waiting.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn unused_domains_are_forgotten() {
        let limits = HostLimits::new(1, Duration::from_secs(1), 3);
        let held = limits.acquire("held", Spacing::Keep).await.unwrap();
        for n in 0..MAX_DOMAINS {
            limits.acquire(&n.to_string(), Spacing::Keep).await.unwrap();
        }
        tokio::time::advance(Duration::from_secs(2)).await;
        limits.acquire("one more", Spacing::Keep).await.unwrap();
        let kept: Vec<String> = limits.by_name.lock().unwrap().keys().cloned().collect();
        assert_eq!(kept.len(), 2, "{kept:?}");
        drop(held);
    }
}
