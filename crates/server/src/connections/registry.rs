//! Who is connected: bounds in all and by network, and which connection makes room where a bound is reached.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use tokio::{sync::Notify, time::Duration};

use super::{
    counts::{ConnectionCounts, Counted},
    limits::Limits,
    slot::Slot,
};

/// Connections that were told to make room and are not closed yet: beyond that, accepting waits for them.
const MAX_CLOSING: usize = 32;

/// For how long a client must have taken nothing of an answer to make room before another is refused.
const STALLED: Duration = Duration::from_secs(5);

/// The open connections of a listener.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) limits: Limits,
    pub(super) counts: ConnectionCounts,
    open: Mutex<Open>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Open {
    connections: usize,
    closing: usize,
    networks: HashMap<IpAddr, usize>,
    last_place: u64,
    /// Those that wait for a request, the longest waiting first.
    waiting: BTreeMap<u64, Arc<Slot>>,
    /// Those whose client takes nothing of what is ready, the longest first.
    blocked: BTreeMap<u64, Arc<Slot>>,
    waiting_by_network: BTreeSet<(IpAddr, u64)>,
}

/// The room that one connection takes, until dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) registry: Arc<Registry>,
    pub(super) slot: Arc<Slot>,
}

impl Registry {
    pub(super) fn new(limits: Limits, counts: ConnectionCounts) -> Self {
        Self { limits, counts, open: Mutex::default(), left: Notify::new() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for a connection from this address. Where a bound is reached, the connection that has waited longest for
    /// a request makes room, of the same network where the bound is the network's. Where the bound is that of all and none
    /// waits, one whose client has taken nothing for a while does; else the answer is the reason.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Place, Counted> {
        let slot = Arc::new(Slot::new(self.limits.network_of(address)));
        let mut open = self.open();
        if let Some(network) = slot.network
            && open.networks.get(&network).is_some_and(|&count| count >= self.limits.max_per_network)
        {
            let longest = open.waiting_by_network.range((network, 0)..=(network, u64::MAX)).next();
            let longest = longest.and_then(|(_, place)| open.waiting.get(place)).map(Arc::clone);
            self.evict(&mut open, &longest.ok_or(Counted::RefusedNetwork)?);
        }
        if open.connections >= self.limits.max_connections {
            let longest = open.longest_waiting().or_else(|| open.longest_stalled());
            self.evict(&mut open, &longest.ok_or(Counted::RefusedTotal)?);
        }
        open.connections += 1;
        if let Some(network) = slot.network {
            *open.networks.entry(network).or_default() += 1;
        }
        open.wait(&slot);
        self.counts.opened();
        Ok(Place { registry: Arc::clone(self), slot })
    }

    fn evict(&self, open: &mut Open, slot: &Arc<Slot>) {
        open.unwait(slot);
        open.unblock(slot);
        open.forget(slot);
        open.closing += 1;
        // It is found there for good: an evicted connection has no room to give back.
        slot.place.store(u64::MAX, Ordering::Relaxed);
        slot.evicted.notify_one();
        self.counts.note(Counted::Evicted);
    }

    /// Closes the connections that have waited longest for a request, at most `most`.
    pub(super) fn evict_longest(&self, most: usize) {
        let mut open = self.open();
        for _ in 0..most {
            let Some(slot) = open.longest_waiting() else { return };
            self.evict(&mut open, &slot);
        }
    }

    /// A request came on this connection; false where the connection was just told to make room.
    pub(super) fn begin(&self, slot: &Arc<Slot>) -> bool {
        let mut open = self.open();
        if slot.place() == u64::MAX {
            return false;
        }
        open.unwait(slot);
        slot.began();
        true
    }

    /// Everything is sent, and the connection waits for a request from now on.
    pub(super) fn rest(&self, slot: &Arc<Slot>) {
        if slot.place() == 0 && !slot.is_active() {
            slot.rests();
            self.open().wait(slot);
        }
    }

    /// The client of this connection takes nothing now.
    pub(super) fn block(&self, slot: &Arc<Slot>) {
        if slot.block() {
            let mut open = self.open();
            if slot.place() != u64::MAX {
                open.last_place += 1;
                slot.blocked_place.store(open.last_place, Ordering::Relaxed);
                let place = open.last_place;
                open.blocked.insert(place, Arc::clone(slot));
            }
        }
    }

    /// The client took something.
    pub(super) fn unblock(&self, slot: &Arc<Slot>) {
        if slot.unblock() {
            self.open().unblock(slot);
        }
    }

    /// Returns once only few connections are still being closed to make room.
    pub(super) async fn closings(&self) {
        self.until(|open| open.closing < MAX_CLOSING).await;
    }

    /// Returns once no connection is open.
    pub(super) async fn empty(&self) {
        self.until(|open| open.connections + open.closing == 0).await;
    }

    async fn until(&self, holds: impl Fn(&Open) -> bool) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            // From here on no departure is missed.
            left.as_mut().enable();
            if holds(&self.open()) {
                return;
            }
            left.await;
        }
    }
}

impl Open {
    fn wait(&mut self, slot: &Arc<Slot>) {
        self.last_place += 1;
        slot.place.store(self.last_place, Ordering::Relaxed);
        self.waiting.insert(self.last_place, Arc::clone(slot));
        if let Some(network) = slot.network {
            self.waiting_by_network.insert((network, self.last_place));
        }
    }

    fn unwait(&mut self, slot: &Arc<Slot>) {
        let place = slot.place.swap(0, Ordering::Relaxed);
        self.waiting.remove(&place);
        if let Some(network) = slot.network {
            self.waiting_by_network.remove(&(network, place));
        }
    }

    fn unblock(&mut self, slot: &Slot) {
        let place = slot.blocked_place.swap(0, Ordering::Relaxed);
        self.blocked.remove(&place);
    }

    fn longest_waiting(&self) -> Option<Arc<Slot>> {
        self.waiting.first_key_value().map(|(_, slot)| Arc::clone(slot))
    }

    fn longest_stalled(&self) -> Option<Arc<Slot>> {
        let (_, longest) = self.blocked.first_key_value()?;
        (longest.blocked_for() >= STALLED).then(|| Arc::clone(longest))
    }

    fn forget(&mut self, slot: &Slot) {
        self.connections -= 1;
        let Some(network) = slot.network else { return };
        if let Some(count) = self.networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.registry.open();
        if self.slot.place() == u64::MAX {
            open.closing -= 1;
        } else {
            open.unwait(&self.slot);
            open.unblock(&self.slot);
            open.forget(&self.slot);
        }
        drop(open);
        self.registry.counts.closed();
        self.registry.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(max_connections: usize, max_per_network: usize) -> Arc<Registry> {
        let limits = Limits { max_connections, max_per_network, ..Limits::default() };
        Arc::new(Registry::new(limits, ConnectionCounts::default()))
    }

    fn admit(registry: &Arc<Registry>, address: &str) -> Result<Place, Counted> {
        registry.admit(address.parse().unwrap())
    }

    fn is_evicted(place: &Place) -> bool {
        place.slot.place() == u64::MAX
    }

    #[tokio::test]
    async fn who_has_waited_longest_makes_room_and_only_where_none_waits_is_one_refused() {
        let registry = registry(3, 100);
        let mut places: Vec<Place> =
            (0..3).map(|_| admit(&registry, "127.0.0.1").expect("there is room")).collect();
        assert!(registry.begin(&places[0].slot), "the first has a request");
        places.push(admit(&registry, "127.0.0.1").expect("the second makes room"));
        assert_eq!(places.iter().map(is_evicted).collect::<Vec<_>>(), [false, true, false, false]);
        assert!(!registry.begin(&places[1].slot), "a request on a connection that is being closed");
        for at in [2, 3] {
            assert!(registry.begin(&places[at].slot));
        }
        assert_eq!(admit(&registry, "127.0.0.1").err(), Some(Counted::RefusedTotal));
        places[2].slot.ended();
        registry.rest(&places[2].slot);
        let newest = admit(&registry, "127.0.0.1").expect("one waits again");
        assert!(is_evicted(&places[2]));
        drop(places);
        drop(newest);
        registry.empty().await;
        assert_eq!(registry.counts.open(), 0);
        let open = registry.open();
        assert!(open.waiting.is_empty() && open.networks.is_empty() && open.waiting_by_network.is_empty());
    }

    #[test]
    fn a_network_pushes_out_only_its_own() {
        let registry = registry(100, 2);
        let other = admit(&registry, "192.0.2.9").unwrap();
        let one = admit(&registry, "2001:db8::1").unwrap();
        let two = admit(&registry, "2001:db8::2").unwrap();
        assert!(registry.begin(&one.slot));
        let three = admit(&registry, "2001:db8::3").unwrap();
        assert!(is_evicted(&two) && !is_evicted(&one) && !is_evicted(&other));
        assert!(registry.begin(&three.slot));
        assert_eq!(admit(&registry, "2001:db8::4").err(), Some(Counted::RefusedNetwork));
        assert!(admit(&registry, "2001:db8:0:1::4").is_ok(), "another network");
        drop(one);
        assert!(admit(&registry, "2001:db8::4").is_ok(), "there is room again");
    }

    #[test]
    fn waiting_begins_when_all_is_sent_and_counts_from_there() {
        let registry = registry(2, 100);
        let (one, two) = (admit(&registry, "127.0.0.1").unwrap(), admit(&registry, "127.0.0.1").unwrap());
        assert!(registry.begin(&one.slot));
        registry.rest(&one.slot);
        assert_eq!(one.slot.place(), 0, "a request is being answered");
        one.slot.ended();
        assert_eq!(one.slot.place(), 0, "the answer may not be sent yet");
        registry.rest(&one.slot);
        let place = one.slot.place();
        registry.rest(&one.slot);
        assert_eq!(one.slot.place(), place, "it has not begun to wait again");
        let _three = admit(&registry, "127.0.0.1").unwrap();
        assert!(is_evicted(&two) && !is_evicted(&one), "the other has waited longer");
    }
}
