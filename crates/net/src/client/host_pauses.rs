//! Hosts that asked to be left alone for a while.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

/// More pauses than this are not remembered: the ones that end first are forgotten.
const PAUSES_KEPT: usize = 20_000;

/// Until when each host wants no request.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    until: Mutex<BTreeMap<String, Timestamp>>,
}

impl Pauses {
    /// The end of the host's pause, where one is running at `now`.
    pub(crate) fn running(&self, host: &str, now: Timestamp) -> Option<Timestamp> {
        let mut pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = *pauses.get(host)?;
        if until > now {
            return Some(until);
        }
        pauses.remove(host);
        None
    }

    /// Remembers a pause; one that already lasts longer stays.
    pub(crate) fn extend(&self, host: &str, until: Timestamp, now: Timestamp) {
        let mut pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if pauses.len() >= PAUSES_KEPT && !pauses.contains_key(host) {
            pauses.retain(|_, end| *end > now);
            let first = pauses.iter().min_by_key(|(_, end)| **end).map(|(host, _)| host.clone());
            if let Some(first) = first.filter(|_| pauses.len() >= PAUSES_KEPT) {
                pauses.remove(&first);
            }
        }
        let end = pauses.entry(host.to_owned()).or_insert(until);
        *end = until.max(*end);
    }

    /// Sets a pause whatever was known, or ends it where `until` is `None`.
    pub(crate) fn set(&self, host: &str, until: Option<Timestamp>) {
        let mut pauses = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) => pauses.insert(host.to_owned(), until),
            None => pauses.remove(host),
        };
    }

    /// All pauses that run at `now`, by host.
    pub(crate) fn all(&self, now: Timestamp) -> Vec<(String, Timestamp)> {
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
    fn the_longer_pause_stays_until_it_ends() {
        let pauses = Pauses::default();
        pauses.extend("a.example", at(100), at(0));
        pauses.extend("a.example", at(50), at(0));
        assert_eq!(pauses.running("a.example", at(99)), Some(at(100)));
        assert_eq!(pauses.running("b.example", at(99)), None);
        assert_eq!(pauses.all(at(0)), [("a.example".to_owned(), at(100))]);
        assert_eq!(pauses.running("a.example", at(100)), None);
        pauses.set("a.example", Some(at(200)));
        pauses.set("a.example", None);
        assert_eq!(pauses.running("a.example", at(0)), None);
    }
}
