//! The open connections: limits in total and by network, and which connection is closed when a
//! limit is reached.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use tokio::{sync::Notify, time::Duration};

use super::{
    counts::{ConnectionCounts, Counted},
    limits::Limits,
    slot::{EVICTED, Slot},
};

/// Maximum number of evicted connections that are not closed yet; when it is reached, accepting
/// waits.
const MAX_CLOSING: usize = 32;

/// How long a client must have read nothing before its connection may be evicted.
const MIN_STALL: Duration = Duration::from_secs(5);

/// The open connections of a listener.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) limits: Limits,
    pub(super) counts: ConnectionCounts,
    open: Mutex<Open>,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    connections: usize,
    closing: usize,
    networks: HashMap<IpAddr, usize>,
    last_order: u64,
    /// Connections that wait for a request, the longest waiting first.
    idle: BTreeMap<u64, Arc<Slot>>,
    /// Connections whose client does not read what is ready, the longest stalled first.
    stalled: BTreeMap<u64, Arc<Slot>>,
    idle_by_network: BTreeSet<(IpAddr, u64)>,
}

/// Counts one connection until it is dropped.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) registry: Arc<Registry>,
    pub(super) slot: Arc<Slot>,
}

impl Registry {
    pub(super) fn new(limits: Limits, counts: ConnectionCounts) -> Self {
        Self { limits, counts, open: Mutex::default(), closed: Notify::new() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits a connection from this address, or gives the reason to refuse it. If the limit of its
    /// network is reached, the longest idle connection of that network is evicted; if the total
    /// limit is reached, the longest idle connection, or if there is none, the longest stalled one.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Admission, Counted> {
        let slot = Arc::new(Slot::new(self.limits.network_of(address)));
        let mut open = self.open();
        if let Some(network) = slot.network
            && open.networks.get(&network).is_some_and(|&count| count >= self.limits.max_per_network)
        {
            let longest = open.idle_by_network.range((network, 0)..=(network, u64::MAX)).next();
            let longest = longest.and_then(|(_, order)| open.idle.get(order)).map(Arc::clone);
            self.evict(&mut open, &longest.ok_or(Counted::RefusedNetwork)?);
        }
        if open.connections >= self.limits.max_connections {
            let longest = open.longest_idle().or_else(|| open.longest_stalled());
            self.evict(&mut open, &longest.ok_or(Counted::RefusedTotal)?);
        }
        open.connections += 1;
        if let Some(network) = slot.network {
            *open.networks.entry(network).or_default() += 1;
        }
        open.mark_idle(&slot);
        self.counts.opened();
        Ok(Admission { registry: Arc::clone(self), slot })
    }

    fn evict(&self, open: &mut Open, slot: &Arc<Slot>) {
        open.unmark_idle(slot);
        open.unmark_stalled(slot);
        open.uncount(slot);
        open.closing += 1;
        // This marks the connection as evicted: it is no longer counted.
        slot.idle_order.store(EVICTED, Ordering::Relaxed);
        slot.evicted.notify_one();
        self.counts.note(Counted::Evicted);
    }

    /// Closes the longest idle connections, at most `max`.
    pub(super) fn evict_longest(&self, max: usize) {
        let mut open = self.open();
        for _ in 0..max {
            let Some(slot) = open.longest_idle() else { return };
            self.evict(&mut open, &slot);
        }
    }

    /// Records that a request has arrived; false if the connection has been evicted.
    pub(super) fn begin(&self, slot: &Arc<Slot>) -> bool {
        let mut open = self.open();
        if slot.idle_order() == EVICTED {
            return false;
        }
        open.unmark_idle(slot);
        slot.request_began();
        true
    }

    /// Records that everything is sent and the connection waits for a request.
    pub(super) fn idle(&self, slot: &Arc<Slot>) {
        if slot.idle_order() == 0 && !slot.is_active() {
            slot.became_idle();
            self.open().mark_idle(slot);
        }
    }

    /// Records that the client does not read.
    pub(super) fn stall(&self, slot: &Arc<Slot>) {
        if slot.stall() {
            let mut open = self.open();
            if slot.idle_order() != EVICTED {
                open.last_order += 1;
                slot.stalled_order.store(open.last_order, Ordering::Relaxed);
                let order = open.last_order;
                open.stalled.insert(order, Arc::clone(slot));
            }
        }
    }

    /// Records that the client has read something.
    pub(super) fn resume(&self, slot: &Arc<Slot>) {
        if slot.resume() {
            self.open().unmark_stalled(slot);
        }
    }

    /// Returns once fewer than [`MAX_CLOSING`] evicted connections are still being closed.
    pub(super) async fn evictions(&self) {
        self.until(|open| open.closing < MAX_CLOSING).await;
    }

    /// Returns once no connection is open.
    pub(super) async fn empty(&self) {
        self.until(|open| open.connections + open.closing == 0).await;
    }

    async fn until(&self, holds: impl Fn(&Open) -> bool) {
        loop {
            let closed = self.closed.notified();
            tokio::pin!(closed);
            // From here on no notification is missed.
            closed.as_mut().enable();
            if holds(&self.open()) {
                return;
            }
            closed.await;
        }
    }
}

impl Open {
    fn mark_idle(&mut self, slot: &Arc<Slot>) {
        self.last_order += 1;
        slot.idle_order.store(self.last_order, Ordering::Relaxed);
        self.idle.insert(self.last_order, Arc::clone(slot));
        if let Some(network) = slot.network {
            self.idle_by_network.insert((network, self.last_order));
        }
    }

    fn unmark_idle(&mut self, slot: &Arc<Slot>) {
        let order = slot.idle_order.swap(0, Ordering::Relaxed);
        self.idle.remove(&order);
        if let Some(network) = slot.network {
            self.idle_by_network.remove(&(network, order));
        }
    }

    fn unmark_stalled(&mut self, slot: &Slot) {
        let order = slot.stalled_order.swap(0, Ordering::Relaxed);
        self.stalled.remove(&order);
    }

    fn longest_idle(&self) -> Option<Arc<Slot>> {
        self.idle.first_key_value().map(|(_, slot)| Arc::clone(slot))
    }

    fn longest_stalled(&self) -> Option<Arc<Slot>> {
        let (_, longest) = self.stalled.first_key_value()?;
        (longest.stalled_for() >= MIN_STALL).then(|| Arc::clone(longest))
    }

    fn uncount(&mut self, slot: &Slot) {
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

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.registry.open();
        if self.slot.idle_order() == EVICTED {
            open.closing -= 1;
        } else {
            open.unmark_idle(&self.slot);
            open.unmark_stalled(&self.slot);
            open.uncount(&self.slot);
        }
        drop(open);
        self.registry.counts.closed();
        self.registry.closed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(max_connections: usize, max_per_network: usize) -> Arc<Registry> {
        let limits = Limits { max_connections, max_per_network, ..Limits::default() };
        Arc::new(Registry::new(limits, ConnectionCounts::default()))
    }

    fn admit(registry: &Arc<Registry>, address: &str) -> Result<Admission, Counted> {
        registry.admit(address.parse().unwrap())
    }

    fn is_evicted(admission: &Admission) -> bool {
        admission.slot.idle_order() == EVICTED
    }

    #[tokio::test]
    async fn the_longest_idle_connection_is_evicted_and_without_an_idle_one_new_ones_are_refused() {
        let registry = registry(3, 100);
        let mut admitted: Vec<Admission> =
            (0..3).map(|_| admit(&registry, "127.0.0.1").expect("there is room")).collect();
        assert!(registry.begin(&admitted[0].slot), "the first has a request");
        admitted.push(admit(&registry, "127.0.0.1").expect("the second is evicted"));
        assert_eq!(admitted.iter().map(is_evicted).collect::<Vec<_>>(), [false, true, false, false]);
        assert!(!registry.begin(&admitted[1].slot), "a request on a connection that is being closed");
        for at in [2, 3] {
            assert!(registry.begin(&admitted[at].slot));
        }
        assert_eq!(admit(&registry, "127.0.0.1").err(), Some(Counted::RefusedTotal));
        admitted[2].slot.request_ended();
        registry.idle(&admitted[2].slot);
        let newest = admit(&registry, "127.0.0.1").expect("one is idle again");
        assert!(is_evicted(&admitted[2]));
        drop(admitted);
        drop(newest);
        registry.empty().await;
        assert_eq!(registry.counts.open(), 0);
        let open = registry.open();
        assert!(open.idle.is_empty() && open.networks.is_empty() && open.idle_by_network.is_empty());
    }

    #[test]
    fn a_network_evicts_only_its_own_connections() {
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
    fn a_connection_is_idle_once_everything_is_sent() {
        let registry = registry(2, 100);
        let (one, two) = (admit(&registry, "127.0.0.1").unwrap(), admit(&registry, "127.0.0.1").unwrap());
        assert!(registry.begin(&one.slot));
        registry.idle(&one.slot);
        assert_eq!(one.slot.idle_order(), 0, "a request is in progress");
        one.slot.request_ended();
        assert_eq!(one.slot.idle_order(), 0, "the response may not be sent yet");
        registry.idle(&one.slot);
        let order = one.slot.idle_order();
        registry.idle(&one.slot);
        assert_eq!(one.slot.idle_order(), order, "it was idle already");
        let _three = admit(&registry, "127.0.0.1").unwrap();
        assert!(is_evicted(&two) && !is_evicted(&one), "the other has been idle longer");
    }
}
