//! Limits of requests a minute: a bucket that fills evenly (GCRA) and holds a minute's worth.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
};

use crate::client_address::network;

/// Callers are counted in so many buckets. Addresses are spread over them by a hash whose key is drawn at the start, so that memory
/// is bounded whoever calls; two that share a bucket by chance share a limit.
const BUCKETS: u64 = 1 << 18;

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// Requests a minute.
    pub(crate) limit: u32,
    /// Requests that may still be made at once.
    pub(crate) left: u32,
    /// When all may be made again.
    pub(crate) full_in: Duration,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    /// It was within the limit.
    Left(Count),
    /// It was not; after `wait` another may be.
    TooMuch { count: Count, wait: Duration },
}

/// The limit of one key.
#[derive(Debug)]
pub(crate) struct Limit {
    rate: NonZeroU32,
    limiter: DefaultDirectRateLimiter<StateInformationMiddleware>,
}

/// The limits of callers without a key, by address.
#[derive(Debug)]
pub(crate) struct Callers {
    rate: NonZeroU32,
    limiter: DefaultKeyedRateLimiter<u64, StateInformationMiddleware>,
    spread: RandomState,
}

impl Limit {
    pub(crate) fn new(rate: NonZeroU32) -> Self {
        let limiter = RateLimiter::direct(Quota::per_minute(rate));
        Self { rate, limiter: limiter.with_middleware() }
    }

    /// Counts a request.
    pub(crate) fn spend(&self) -> Spent {
        spent(self.rate, self.limiter.check())
    }
}

impl Callers {
    pub(crate) fn new(rate: NonZeroU32) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_minute(rate));
        Self { rate, limiter: limiter.with_middleware(), spread: RandomState::new() }
    }

    /// Counts a request of this address; those of an IPv6 /64, which one subscriber has, are one.
    pub(crate) fn spend(&self, address: IpAddr) -> Spent {
        let bucket = self.spread.hash_one(network(address)) % BUCKETS;
        spent(self.rate, self.limiter.check_key(&bucket))
    }
}

fn spent(
    rate: NonZeroU32,
    checked: Result<StateSnapshot, NotUntil<<DefaultClock as Clock>::Instant>>,
) -> Spent {
    let each = Duration::from_mins(1) / rate.get();
    let count =
        |left: u32| Count { limit: rate.get(), left, full_in: each * rate.get().saturating_sub(left) };
    match checked {
        Ok(state) => Spent::Left(count(state.remaining_burst_capacity())),
        Err(early) => {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Spent::TooMuch { count: count(0), wait }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rate: u32) -> NonZeroU32 {
        NonZeroU32::new(rate).unwrap()
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_no_more() {
        let limit = Limit::new(rate(3));
        for left in [2, 1, 0] {
            let Spent::Left(count) = limit.spend() else { panic!("{left} should be left") };
            assert_eq!((count.limit, count.left), (3, left));
            assert_eq!(count.full_in, Duration::from_secs(20) * (3 - left));
        }
        let Spent::TooMuch { count, wait } = limit.spend() else { panic!("a fourth") };
        assert_eq!(count.left, 0);
        assert!(wait > Duration::from_secs(19) && wait <= Duration::from_secs(20), "{wait:?}");
    }

    #[test]
    fn an_address_is_counted_by_itself_and_a_network_of_the_new_kind_as_one() {
        let callers = Callers::new(rate(1));
        let spend = |address: &str| matches!(callers.spend(address.parse().unwrap()), Spent::Left(_));
        assert!(spend("192.0.2.1"));
        assert!(!spend("192.0.2.1"));
        assert!(!spend("::ffff:192.0.2.1"), "the same in other clothes");
        assert!(spend("192.0.2.2"));
        assert!(spend("2001:db8:0:1::1"));
        assert!(!spend("2001:db8:0:1:ffff::2"));
        assert!(spend("2001:db8:0:2::1"));
    }

    #[test]
    fn memory_is_bounded() {
        let callers = Callers::new(rate(60));
        for number in 0..600_000_u32 {
            callers.spend(IpAddr::V4(number.into()));
        }
        assert!(callers.limiter.len() as u64 <= BUCKETS);
    }
}
