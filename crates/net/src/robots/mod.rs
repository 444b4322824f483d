//! The cache of robots.txt files.

mod lines;
mod rules;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use url::Url;

pub(crate) use rules::Rules;

/// Maximum number of bytes of a robots.txt that are read (RFC 9309, section 2.5).
pub(crate) const MAX_ROBOTS_BYTES: u64 = 500 << 10;
/// How long a robots.txt is cached (RFC 9309, section 2.4).
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// How long an unreachable robots.txt forbids everything before it is tried again.
const UNREACHABLE_LIFETIME: SignedDuration = SignedDuration::from_mins(30);
/// Maximum number of cached origins.
const MAX_ORIGINS: usize = 10_000;
/// Maximum memory for their rules, in bytes.
const MAX_BYTES: usize = 32 << 20;

/// What a robots.txt allows at its origin.
#[derive(Debug, Clone)]
pub(crate) enum Permission {
    /// These rules apply; none if there is no robots.txt.
    Rules(Arc<Rules>),
    /// It cannot be fetched for this reason: nothing is allowed for now.
    Unreachable(String),
}

/// A permission and the end of its lifetime.
#[derive(Debug, Clone)]
pub(crate) struct CachedPermission {
    pub(crate) permission: Permission,
    until: Timestamp,
}

impl CachedPermission {
    pub(crate) fn new(permission: Permission, now: Timestamp) -> Self {
        let lifetime = match permission {
            Permission::Rules(_) => LIFETIME,
            Permission::Unreachable(_) => UNREACHABLE_LIFETIME,
        };
        Self { permission, until: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX) }
    }

    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        now < self.until
    }

    fn size(&self) -> usize {
        match &self.permission {
            Permission::Rules(rules) => rules.size(),
            Permission::Unreachable(why) => why.len(),
        }
    }
}

type Entry = Arc<AsyncMutex<Option<CachedPermission>>>;

#[derive(Debug)]
struct Slot {
    entry: Entry,
    size: usize,
    updated: Timestamp,
}

#[derive(Debug, Default)]
struct Slots {
    by_origin: HashMap<String, Slot>,
    bytes: usize,
}

/// Permissions by origin (scheme, host, port).
#[derive(Debug, Default)]
pub(crate) struct RobotsCache {
    slots: Mutex<Slots>,
}

/// The URL of the robots.txt for `url`.
pub(crate) fn robots_url(url: &Url) -> Url {
    let mut robots = url.clone();
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    robots
}

impl RobotsCache {
    /// The locked entry of an origin. A caller that finds it empty fetches robots.txt while others
    /// wait.
    pub(crate) async fn entry(
        &self,
        origin: &str,
        now: Timestamp,
    ) -> OwnedMutexGuard<Option<CachedPermission>> {
        let entry = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || Slot { entry: Entry::default(), size: 0, updated: now };
            Arc::clone(&slots.by_origin.entry(origin.to_owned()).or_insert_with(fresh).entry)
        };
        entry.lock_owned().await
    }

    /// Updates the size of an origin's entry, and drops the oldest quarter of the cache if it is
    /// too large.
    pub(crate) fn account(&self, origin: &str, cached: &CachedPermission, now: Timestamp) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Slots { by_origin, bytes } = &mut *slots;
        if let Some(slot) = by_origin.get_mut(origin) {
            *bytes = *bytes - slot.size + cached.size();
            (slot.size, slot.updated) = (cached.size(), now);
        }
        if by_origin.len() > MAX_ORIGINS || *bytes > MAX_BYTES {
            let mut ages: Vec<_> =
                by_origin.iter().map(|(name, slot)| (slot.updated, name.clone())).collect();
            ages.sort_unstable();
            for (_, name) in ages.iter().take(ages.len().div_ceil(4)) {
                *bytes -= by_origin.remove(name).map_or(0, |slot| slot.size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_txt_is_at_the_root() {
        let url = Url::parse("https://news.example:8443/a/b?c#d").unwrap();
        assert_eq!(robots_url(&url).as_str(), "https://news.example:8443/robots.txt");
    }

    #[tokio::test]
    async fn the_oldest_entries_are_dropped() {
        let cache = RobotsCache::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let cached = CachedPermission::new(Permission::Unreachable("x".repeat(1 << 20)), at(0));
        for n in 0..40 {
            *cache.entry(&n.to_string(), at(n)).await = Some(cached.clone());
            cache.account(&n.to_string(), &cached, at(n));
        }
        let slots = cache.slots.lock().unwrap();
        assert!(slots.bytes <= MAX_BYTES && slots.by_origin.len() < 40);
        assert!(slots.by_origin.contains_key("39") && !slots.by_origin.contains_key("0"));
        assert!(cached.is_valid_at(at(1799)) && !cached.is_valid_at(at(1800)));
    }
}
