//! Requests per minute: a bucket that fills evenly (GCRA) and holds one minute's requests.

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

/// Maximum number of buckets in which clients are counted, so that memory is bounded. Networks are
/// assigned by a hash with a random key; two that share a bucket by chance share a limit.
const MAX_BUCKETS: u64 = 1 << 18;

/// The state of a limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateStatus {
    /// Requests per minute.
    pub(crate) limit: u32,
    /// Requests that may still be made immediately.
    pub(crate) remaining: u32,
    /// Time until `remaining` equals `limit` again.
    pub(crate) reset_after: Duration,
}

/// Whether a request is within its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateOutcome {
    Allowed(RateStatus),
    /// The next request is allowed after `wait`.
    Exceeded {
        status: RateStatus,
        wait: Duration,
    },
}

/// The limit of one API key.
#[derive(Debug)]
pub(crate) struct KeyLimit {
    rate: NonZeroU32,
    limiter: DefaultDirectRateLimiter<StateInformationMiddleware>,
}

/// The limits of clients without an API key, by network.
#[derive(Debug)]
pub(crate) struct ClientLimits {
    rate: NonZeroU32,
    limiter: DefaultKeyedRateLimiter<u64, StateInformationMiddleware>,
    hasher: RandomState,
}

impl KeyLimit {
    pub(crate) fn new(rate: NonZeroU32) -> Self {
        let limiter = RateLimiter::direct(Quota::per_minute(rate));
        Self { rate, limiter: limiter.with_middleware() }
    }

    /// Counts a request.
    pub(crate) fn check(&self) -> RateOutcome {
        outcome(self.rate, self.limiter.check())
    }
}

impl ClientLimits {
    pub(crate) fn new(rate: NonZeroU32) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_minute(rate));
        Self { rate, limiter: limiter.with_middleware(), hasher: RandomState::new() }
    }

    /// Counts a request from this address; an IPv6 /64, which one subscriber has, is one client.
    pub(crate) fn check(&self, address: IpAddr) -> RateOutcome {
        let bucket = self.hasher.hash_one(network(address)) % MAX_BUCKETS;
        outcome(self.rate, self.limiter.check_key(&bucket))
    }
}

fn outcome(
    rate: NonZeroU32,
    checked: Result<StateSnapshot, NotUntil<<DefaultClock as Clock>::Instant>>,
) -> RateOutcome {
    let each = Duration::from_mins(1) / rate.get();
    let status = |remaining: u32| RateStatus {
        limit: rate.get(),
        remaining,
        reset_after: each * rate.get().saturating_sub(remaining),
    };
    match checked {
        Ok(state) => RateOutcome::Allowed(status(state.remaining_burst_capacity())),
        Err(not_until) => {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            RateOutcome::Exceeded { status: status(0), wait }
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
    fn a_burst_may_use_the_limit_of_a_minute_and_no_more() {
        let limit = KeyLimit::new(rate(3));
        for remaining in [2, 1, 0] {
            let RateOutcome::Allowed(status) = limit.check() else { panic!("{remaining} should remain") };
            assert_eq!((status.limit, status.remaining), (3, remaining));
            assert_eq!(status.reset_after, Duration::from_secs(20) * (3 - remaining));
        }
        let RateOutcome::Exceeded { status, wait } = limit.check() else {
            panic!("the fourth exceeds the limit")
        };
        assert_eq!(status.remaining, 0);
        assert!(wait > Duration::from_secs(19) && wait <= Duration::from_secs(20), "{wait:?}");
    }

    #[test]
    fn ipv4_addresses_are_counted_one_by_one_and_ipv6_by_64_bit_networks() {
        let clients = ClientLimits::new(rate(1));
        let check =
            |address: &str| matches!(clients.check(address.parse().unwrap()), RateOutcome::Allowed(_));
        assert!(check("192.0.2.1"));
        assert!(!check("192.0.2.1"));
        assert!(!check("::ffff:192.0.2.1"), "the same address, mapped to IPv6");
        assert!(check("192.0.2.2"));
        assert!(check("2001:db8:0:1::1"));
        assert!(!check("2001:db8:0:1:ffff::2"));
        assert!(check("2001:db8:0:2::1"));
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let clients = ClientLimits::new(rate(60));
        for number in 0..600_000_u32 {
            clients.check(IpAddr::V4(number.into()));
        }
        assert!(clients.limiter.len() as u64 <= MAX_BUCKETS);
    }
}
