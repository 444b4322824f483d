//! Tells readers apart for one day without identifying them.
//!
//! A reader is a hash of its network and of a secret salt that is dropped at midnight (UTC). So the
//! same reader has another hash tomorrow, and without the salt nobody can test addresses against
//! stored hashes. The network is an IPv4 address or an IPv6 /64; nothing that a client can change
//! freely is used. A client with many networks, an IPv4 /24 or an IPv6 /48, counts only a few times
//! per article and day. Everything is in memory and bounded; when a limit is reached, further
//! requests are not counted.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use courant_model::{ArticleId, Timestamp};
use sha2::{Digest, Sha256};

use crate::client_address::network;

/// Random bytes that make hashes unpredictable.
pub(super) type Salt = [u8; 32];

const DAY_S: i64 = 86_400;
const MINUTE_S: i64 = 60;

/// Maximum numbers of what is remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Pairs of reader and article per day.
    pub(super) seen: usize,
    /// Networks per minute.
    pub(super) networks: usize,
    /// Requests of one network per minute.
    pub(super) requests: u16,
    /// Readers of an article per day from one IPv4 /24 or IPv6 /48.
    pub(super) block: u16,
}

impl Default for Bounds {
    /// About 60 megabytes when all limits are reached.
    fn default() -> Self {
        Self { seen: 1_000_000, networks: 50_000, requests: 60, block: 20 }
    }
}

/// The readers of today.
#[derive(Debug, Default)]
pub(super) struct Readers {
    bounds: Bounds,
    /// Days since 1970-01-01, and the salt of that day.
    today: Option<(i64, Salt)>,
    seen: HashSet<u64>,
    /// Number of readers by block and article.
    blocks: HashMap<u64, u16>,
    /// Minutes since 1970-01-01.
    minute: i64,
    requests: HashMap<u64, u16>,
}

impl Readers {
    #[cfg(test)]
    fn with(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// The start of the day on which this reader counts for the article; `None` if the reader does
    /// not count: it was counted today, sends too many requests, or a limit is reached. `salt` is
    /// called once a day.
    pub(super) fn count(
        &mut self,
        reader: IpAddr,
        article: ArticleId,
        now: Timestamp,
        salt: impl FnOnce() -> Option<Salt>,
    ) -> Option<Timestamp> {
        let day = now.as_second().div_euclid(DAY_S);
        if self.today.is_none_or(|(known, _)| known != day) {
            self.today = None;
            self.seen = HashSet::new();
            self.blocks = HashMap::new();
            self.requests = HashMap::new();
            self.today = Some((day, salt()?));
        }
        let (_, salt) = self.today?;
        let network = network(reader);
        if !self.is_within_rate(hash(&salt, &[b"address", text(network).as_bytes()]), now)
            || self.seen.len() >= self.bounds.seen
        {
            return None;
        }
        let article = article.to_string();
        let pair = hash(&salt, &[b"reader", text(network).as_bytes(), article.as_bytes()]);
        if self.seen.contains(&pair) {
            return None;
        }
        // There are never more blocks than pairs.
        let block = hash(&salt, &[b"block", text(block(network)).as_bytes(), article.as_bytes()]);
        let readers = self.blocks.entry(block).or_default();
        if *readers >= self.bounds.block {
            return None;
        }
        let start = Timestamp::from_second(day * DAY_S).ok()?;
        *readers += 1;
        self.seen.insert(pair);
        Some(start)
    }

    fn is_within_rate(&mut self, network: u64, now: Timestamp) -> bool {
        let minute = now.as_second().div_euclid(MINUTE_S);
        if minute != self.minute {
            self.minute = minute;
            self.requests.clear();
        }
        if self.requests.len() >= self.bounds.networks && !self.requests.contains_key(&network) {
            return false;
        }
        let requests = self.requests.entry(network).or_default();
        *requests = requests.saturating_add(1);
        *requests <= self.bounds.requests
    }
}

fn text(address: IpAddr) -> String {
    address.to_string()
}

/// The largest network that one customer of a provider usually has: an IPv4 /24 or an IPv6 /48.
fn block(network: IpAddr) -> IpAddr {
    match network {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() >> 8 << 8).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 80 << 80).into(),
    }
}

/// A salted hash of these parts. Each is preceded by its length, so that different lists never give
/// the same input.
fn hash(salt: &Salt, parts: &[&[u8]]) -> u64 {
    let mut digest = Sha256::new();
    digest.update(salt);
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest[..8].iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn article(number: u8) -> ArticleId {
        ArticleId::from_bytes([number; 16])
    }

    fn reader(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_reader_counts_once_a_day_for_an_article() {
        let mut readers = Readers::default();
        let mut salts = 0_u8;
        let mut count = |address, number, now| {
            let salt = || {
                salts += 1;
                Some([salts; 32])
            };
            readers.count(reader(address), article(number), at(now), salt).map(|day| day.to_string())
        };
        let day = Some("2026-01-14T00:00:00Z".to_owned());
        assert_eq!(count("203.0.113.7", 1, "2026-01-14T08:00:00Z"), day);
        assert_eq!(count("203.0.113.7", 1, "2026-01-14T23:59:59Z"), None, "the same reader");
        assert_eq!(count("203.0.113.7", 2, "2026-01-14T23:59:59Z"), day, "another article");
        assert_eq!(count("203.0.113.8", 1, "2026-01-14T23:59:59Z"), day, "another address");
        assert_eq!(count("::ffff:203.0.113.8", 1, "2026-01-14T23:59:59Z"), None, "the same, mapped");
        assert_eq!(count("2001:db8:1:2::7", 1, "2026-01-14T23:59:59Z"), day);
        assert_eq!(count("2001:db8:1:2:ffff::9", 1, "2026-01-14T23:59:59Z"), None, "the same network");
        let next = Some("2026-01-15T00:00:00Z".to_owned());
        assert_eq!(count("203.0.113.7", 1, "2026-01-15T00:00:00Z"), next, "another day");
        assert_eq!(salts, 2, "one salt per day");
    }

    #[test]
    fn a_client_with_many_networks_counts_a_few_times() {
        let mut readers = Readers::with(Bounds { block: 2, ..Bounds::default() });
        let mut count = |address: &str, number, now| {
            readers.count(reader(address), article(number), at(now), || Some([1; 32])).is_some()
        };
        let day = "2026-01-14T08:00:00Z";
        for (one, two, three, other) in [
            ("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.112.3"),
            ("2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:2:3::1"),
        ] {
            assert!(count(one, 1, day) && count(two, 1, day), "{one}");
            assert!(!count(three, 1, day), "{three}");
            assert!(count(three, 2, day), "another article");
            assert!(count(other, 1, day), "{other}");
            assert!(count(three, 1, "2026-01-15T08:00:00Z"), "another day");
        }
    }

    #[test]
    fn everything_is_dropped_at_midnight_and_nothing_counts_without_a_salt() {
        let mut readers = Readers::default();
        let one = reader("203.0.113.7");
        assert!(readers.count(one, article(1), at("2026-01-14T08:00:00Z"), || Some([1; 32])).is_some());
        assert_eq!(readers.count(one, article(2), at("2026-01-15T08:00:00Z"), || None), None);
        assert!(readers.today.is_none() && readers.seen.is_empty() && readers.requests.is_empty());
        assert!(readers.blocks.is_empty());
        assert!(readers.count(one, article(2), at("2026-01-15T08:00:01Z"), || Some([2; 32])).is_some());
    }

    #[test]
    fn hashes_of_one_reader_differ_with_the_salt() {
        let parts: [&[u8]; 2] = [b"a", b"bc"];
        assert_ne!(hash(&[1; 32], &parts), hash(&[2; 32], &parts));
        assert_ne!(hash(&[1; 32], &parts), hash(&[1; 32], &[b"ab", b"c"]));
        assert_eq!(hash(&[1; 32], &parts), hash(&[1; 32], &parts));
    }

    #[test]
    fn memory_is_bounded_and_requests_beyond_the_limits_do_not_count() {
        let mut readers = Readers::with(Bounds { seen: 3, networks: 2, requests: 2, block: 20 });
        let mut count = |address, number, now| {
            readers.count(reader(address), article(number), at(now), || Some([1; 32])).is_some()
        };
        assert!(count("203.0.113.1", 1, "2026-01-14T08:00:00Z"));
        assert!(count("203.0.113.1", 2, "2026-01-14T08:00:01Z"));
        assert!(!count("203.0.113.1", 3, "2026-01-14T08:00:02Z"), "two requests per minute");
        assert!(count("203.0.113.2", 3, "2026-01-14T08:00:03Z"));
        assert!(!count("203.0.113.3", 4, "2026-01-14T08:00:04Z"), "two networks per minute");
        assert!(!count("203.0.113.3", 4, "2026-01-14T08:01:00Z"), "three pairs per day");
        assert!(count("203.0.113.3", 4, "2026-01-15T08:01:00Z"));
        assert!(readers.seen.len() <= 3 && readers.requests.len() <= 2 && readers.blocks.len() <= 3);
    }
}
