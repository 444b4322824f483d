//! Hosts that asked not to be requested for some time.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

/// Maximum number of stored pauses; the first to end are dropped.
const MAX_PAUSES: usize = 20_000;

/// The end of each host's pause.
#[derive(Debug, Default)]
pub(super) struct HostPauses {
    until: Mutex<BTreeMap<String, Timestamp>>,
}

impl HostPauses {
    /// The end of the host's pause if it is not over at `now`.
    pub(super) fn active(&self, host: &str, now: Timestamp) -> Option<Timestamp> {
        let mut pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = *pauses.get(host)?;
        if until > now {
            return Some(until);
        }
        pauses.remove(host);
        None
    }

    /// Stores a pause, unless the host has one that ends later.
    pub(super) fn extend(&self, host: &str, until: Timestamp, now: Timestamp) {
        let mut pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if pauses.len() >= MAX_PAUSES && !pauses.contains_key(host) {
            pauses.retain(|_, end| *end > now);
            let first = pauses.iter().min_by_key(|(_, end)| **end).map(|(host, _)| host.clone());
            if let Some(first) = first.filter(|_| pauses.len() >= MAX_PAUSES) {
                pauses.remove(&first);
            }
        }
        let end = pauses.entry(host.to_owned()).or_insert(until);
        *end = until.max(*end);
    }

    /// Sets a pause in any case, or ends it if `until` is `None`.
    pub(super) fn set(&self, host: &str, until: Option<Timestamp>) {
        let mut pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) => pauses.insert(host.to_owned(), until),
            None => pauses.remove(host),
        };
    }

    /// All pauses that are not over at `now`, by host.
    pub(super) fn all(&self, now: Timestamp) -> Vec<(String, Timestamp)> {
        let pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.iter().filter(|(_, until)| **until > now).map(|(host, until)| (host.clone(), *until)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_pause_that_ends_last_is_kept() {
        let pauses = HostPauses::default();
        pauses.extend("a.example", at(100), at(0));
        pauses.extend("a.example", at(50), at(0));
        assert_eq!(pauses.active("a.example", at(99)), Some(at(100)));
        assert_eq!(pauses.active("b.example", at(99)), None);
        assert_eq!(pauses.all(at(0)), [("a.example".to_owned(), at(100))]);
        assert_eq!(pauses.active("a.example", at(100)), None);
        pauses.set("a.example", Some(at(200)));
        pauses.set("a.example", None);
        assert_eq!(pauses.active("a.example", at(0)), None);
    }
}
