//! What is remembered of the robots.txt files of the web.

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

/// How much of a robots.txt is read, in bytes (RFC 9309, section 2.5).
pub(crate) const ROBOTS_MAX_BYTES: u64 = 500 << 10;
/// How long one is believed (RFC 9309, section 2.4).
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long one that could not be read is taken to forbid everything before it is tried again.
const KEPT_UNREACHABLE: SignedDuration = SignedDuration::from_mins(30);
/// More origins than this, or more memory for their rules, is not kept.
const ORIGINS_KEPT: usize = 10_000;
const BYTES_KEPT: usize = 32 << 20;

/// What a robots.txt says about everything below its origin.
#[derive(Debug, Clone)]
pub(crate) enum Permission {
    /// These rules apply; none where there is no robots.txt.
    Rules(Arc<Rules>),
    /// It cannot be read for the reason given: nothing may be fetched for now.
    Unreachable(String),
}

/// A permission and until when it is believed.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) permission: Permission,
    until: Timestamp,
}

impl Known {
    pub(crate) fn new(permission: Permission, now: Timestamp) -> Self {
        let kept = match permission {
            Permission::Rules(_) => KEPT,
            Permission::Unreachable(_) => KEPT_UNREACHABLE,
        };
        Self { permission, until: now.saturating_add(kept).unwrap_or(Timestamp::MAX) }
    }

    pub(crate) fn holds_at(&self, now: Timestamp) -> bool {
        now < self.until
    }

    fn size(&self) -> usize {
        match &self.permission {
            Permission::Rules(rules) => rules.size(),
            Permission::Unreachable(why) => why.len(),
        }
    }
}

type Entry = Arc<AsyncMutex<Option<Known>>>;

#[derive(Debug)]
struct Slot {
    entry: Entry,
    size: usize,
    stored: Timestamp,
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

/// The address of the robots.txt that decides over `url`.
pub(crate) fn robots_url(url: &Url) -> Url {
    let mut robots = url.clone();
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    robots
}

impl RobotsCache {
    /// What is known about an origin, locked: who finds nothing fetches it while the others wait for that one.
    pub(crate) async fn entry(&self, origin: &str, now: Timestamp) -> OwnedMutexGuard<Option<Known>> {
        let entry = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || Slot { entry: Entry::default(), size: 0, stored: now };
            Arc::clone(&slots.by_origin.entry(origin.to_owned()).or_insert_with(fresh).entry)
        };
        entry.lock_owned().await
    }

    /// Accounts for what was learned about an origin and forgets the oldest where it has become too much.
    pub(crate) fn settle(&self, origin: &str, known: &Known, now: Timestamp) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Slots { by_origin, bytes } = &mut *slots;
        if let Some(slot) = by_origin.get_mut(origin) {
            *bytes = *bytes - slot.size + known.size();
            (slot.size, slot.stored) = (known.size(), now);
        }
        if by_origin.len() > ORIGINS_KEPT || *bytes > BYTES_KEPT {
            let mut ages: Vec<_> = by_origin.iter().map(|(name, slot)| (slot.stored, name.clone())).collect();
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
    fn robots_stand_at_the_root() {
        let url = Url::parse("https://news.example:8443/a/b?c#d").unwrap();
        assert_eq!(robots_url(&url).as_str(), "https://news.example:8443/robots.txt");
    }

    #[tokio::test]
    async fn the_oldest_are_forgotten() {
        let cache = RobotsCache::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let known = Known::new(Permission::Unreachable("x".repeat(1 << 20)), at(0));
        for n in 0..40 {
            *cache.entry(&n.to_string(), at(n)).await = Some(known.clone());
            cache.settle(&n.to_string(), &known, at(n));
        }
        let slots = cache.slots.lock().unwrap();
        assert!(slots.bytes <= BYTES_KEPT && slots.by_origin.len() < 40);
        assert!(slots.by_origin.contains_key("39") && !slots.by_origin.contains_key("0"));
        assert!(known.holds_at(at(1799)) && !known.holds_at(at(1800)));
    }
}
