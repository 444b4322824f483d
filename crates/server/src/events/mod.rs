//! Events for listeners: server-sent events (WHATWG HTML §9.2) about new, changed and removed
//! stories.
//!
//! Every publication is compared with the previous one, once for all listeners, and the differences
//! are stored in a bounded ring. A listener is a position in that ring: it holds no copies, and
//! reads from the ring what it has missed. A listener that is too far behind is told to fetch the
//! lists again.

mod ring;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::response::sse::Event;
use courant_render::{EventFilter, Publication, StoryEvent};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use ring::{BATCH, MAX_EVENTS, Ring};

/// How long a connection may take for one event before it is dropped.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// After how long a client that lost the connection should reconnect.
const RECONNECT_AFTER: Duration = Duration::from_secs(5);
/// Each network may have a tenth of all listeners, and at least this many.
const MIN_PER_NETWORK: usize = 10;

/// The events of a running server, and its listeners. Clones share them.
#[derive(Debug, Clone)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Distinguishes the ids of this server from those of an earlier one, whose events are lost.
    server: u64,
    ring: Mutex<Ring>,
    /// Notified of new events.
    signal: watch::Sender<Signal>,
    /// One permit per listener that may still connect.
    permits: Arc<Semaphore>,
    max_per_network: usize,
    /// The number of listeners by network.
    networks: Mutex<HashMap<IpAddr, usize>>,
}

/// Counts a listener until it is dropped.
#[derive(Debug)]
struct ListenerPermit {
    _permit: OwnedSemaphorePermit,
    network: Option<(Arc<Shared>, IpAddr)>,
}

impl Drop for ListenerPermit {
    fn drop(&mut self) {
        let Some((shared, network)) = &self.network else { return };
        let mut networks = shared.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = networks.get_mut(network) {
            *count -= 1;
            if *count == 0 {
                networks.remove(network);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Open,
    Closed,
}

impl Events {
    /// Follows a publication until its sender is dropped. At most `max_listeners` may listen at
    /// once. `server` is a number that no earlier run of the server had: ids of events contain it.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn start(publication: watch::Receiver<Arc<Publication>>, max_listeners: usize, server: u64) -> Self {
        let shared = Shared {
            server,
            ring: Mutex::default(),
            signal: watch::Sender::new(Signal::Open),
            permits: Arc::new(Semaphore::new(max_listeners.min(Semaphore::MAX_PERMITS))),
            max_per_network: (max_listeners / 10).max(MIN_PER_NETWORK),
            networks: Mutex::default(),
        };
        let events = Self { shared: Arc::new(shared) };
        tokio::spawn(events.clone().follow(publication));
        events
    }

    /// Ends all connections and refuses new ones, so that the server can stop.
    pub fn close(&self) {
        self.shared.signal.send_replace(Signal::Closed);
    }

    async fn follow(self, mut publication: watch::Receiver<Arc<Publication>>) {
        let mut before = Arc::clone(&publication.borrow_and_update());
        while publication.changed().await.is_ok() {
            let after = Arc::clone(&publication.borrow_and_update());
            let compared = Arc::clone(&after);
            let events =
                tokio::task::spawn_blocking(move || compared.events_since(&before, MAX_EVENTS)).await;
            before = after;
            match events {
                Ok(Ok(Some(events))) => self.push(events),
                Ok(Ok(None)) => self.reset(),
                Ok(Err(error)) => {
                    tracing::error!(%error, "could not compare publications for event listeners");
                    self.reset();
                }
                Err(error) => {
                    tracing::error!(%error, "could not compare publications for event listeners");
                    self.reset();
                }
            }
        }
    }

    fn push(&self, events: Vec<StoryEvent>) {
        if events.is_empty() {
            return;
        }
        let mut ring = self.ring();
        for event in events {
            ring.push(event);
        }
        drop(ring);
        self.wake();
    }

    fn reset(&self) {
        self.ring().reset();
        self.wake();
    }

    /// Wakes all listeners. A closed signal stays closed.
    fn wake(&self) {
        self.shared.signal.send_modify(|_| {});
    }

    /// Every change leaves the ring valid, so poisoning is ignored.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, position: u64) -> String {
        format!("{:x}-{position:x}", self.shared.server)
    }

    /// The position in an id of this server.
    fn position(&self, id: &str) -> Option<u64> {
        let (server, position) = id.split_once('-')?;
        let number = |digits: &str| u64::from_str_radix(digits, 16).ok();
        (number(server)? == self.shared.server).then(|| number(position)).flatten()
    }

    /// A permit for one listener, from this network if it is counted; `None` if a limit is reached.
    fn permit(&self, network: Option<IpAddr>) -> Option<ListenerPermit> {
        let permit = Arc::clone(&self.shared.permits).try_acquire_owned().ok()?;
        if let Some(network) = network {
            let mut networks = self.shared.networks.lock().unwrap_or_else(PoisonError::into_inner);
            let count = networks.entry(network).or_default();
            if *count >= self.shared.max_per_network {
                return None;
            }
            *count += 1;
        }
        let network = network.map(|network| (Arc::clone(&self.shared), network));
        Some(ListenerPermit { _permit: permit, network })
    }

    /// The events for one listener, beginning after the event with the id `last_id` if given;
    /// `None` if a limit is reached.
    pub(crate) fn listen(
        &self,
        filter: EventFilter,
        last_id: Option<&str>,
        network: Option<IpAddr>,
    ) -> Option<mpsc::Receiver<Event>> {
        let permit = self.permit(network)?;
        let position = last_id.map_or_else(|| Some(self.ring().end()), |id| self.position(id));
        let (sender, receiver) = mpsc::channel(BATCH);
        let listener = Listener { events: self.clone(), filter, sender, _permit: permit };
        let mut signal = self.shared.signal.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = listener.run(position) => {}
                _ = signal.wait_for(|signal| *signal == Signal::Closed) => {}
            }
        });
        Some(receiver)
    }
}

/// One connection.
struct Listener {
    events: Events,
    filter: EventFilter,
    sender: mpsc::Sender<Event>,
    _permit: ListenerPermit,
}

impl Listener {
    /// Sends the events from a position on until the client disconnects; `None` is an unknown
    /// position.
    async fn run(self, mut position: Option<u64>) {
        let mut signal = self.events.shared.signal.subscribe();
        // A client stores an id without data, but dispatches no event (WHATWG HTML §9.2.6).
        let first = Event::default().retry(RECONNECT_AFTER);
        let first = match position {
            Some(position) => first.id(self.events.id(position)),
            None => first,
        };
        let mut is_connected = self.send(first).await;
        while is_connected {
            signal.mark_unchanged();
            let (found, end) = {
                let ring = self.events.ring();
                (position.and_then(|position| Some((position, ring.from(position)?))), ring.end())
            };
            is_connected = match found {
                None => {
                    position = Some(end);
                    self.send(Event::default().event("reset").id(self.events.id(end)).data("{}")).await
                }
                Some((_, found)) if found.is_empty() => tokio::select! {
                    changed = signal.changed() => changed.is_ok(),
                    () = self.sender.closed() => false,
                },
                Some((from, found)) => {
                    position = Some(from + found.len() as u64);
                    self.send_all(&found, from).await
                }
            };
        }
    }

    /// Whether the connection took all events in time.
    async fn send_all(&self, events: &[Arc<StoryEvent>], from: u64) -> bool {
        for (next, event) in (from + 1..).zip(events) {
            let id = self.events.id(next);
            let event = match event.for_listener(&self.filter) {
                Some((kind, data)) => Event::default().event(kind.name()).id(id).data(data),
                // The client need not read filtered events again after a reconnect.
                None => Event::default().id(id),
            };
            if !self.send(event).await {
                return false;
            }
        }
        true
    }

    /// Whether the connection took the event in time.
    async fn send(&self, event: Event) -> bool {
        matches!(tokio::time::timeout(SEND_TIMEOUT, self.sender.send(event)).await, Ok(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_cannot_use_up_all_permits() {
        let shared = Shared {
            server: 1,
            ring: Mutex::default(),
            signal: watch::Sender::new(Signal::Open),
            permits: Arc::new(Semaphore::new(4)),
            max_per_network: 2,
            networks: Mutex::default(),
        };
        let events = Events { shared: Arc::new(shared) };
        let network = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        let (one, two) = (events.permit(network(1)), events.permit(network(1)));
        assert!(one.is_some() && two.is_some());
        assert!(events.permit(network(1)).is_none());
        let other = events.permit(network(2));
        let uncounted = events.permit(None);
        assert!(other.is_some() && uncounted.is_some());
        drop(one);
        assert!(events.permit(network(1)).is_some());
        drop((two, other, uncounted));
        assert!(events.shared.networks.lock().unwrap().is_empty());
        assert_eq!(events.shared.permits.available_permits(), 4);
    }

    #[tokio::test]
    async fn an_id_is_valid_for_one_server() {
        let shared = |server| Shared {
            server,
            ring: Mutex::default(),
            signal: watch::Sender::new(Signal::Open),
            permits: Arc::new(Semaphore::new(1)),
            max_per_network: 1,
            networks: Mutex::default(),
        };
        let (one, other) = (Events { shared: Arc::new(shared(17)) }, Events { shared: Arc::new(shared(18)) });
        assert_eq!(one.position(&one.id(4)), Some(4));
        assert_eq!(other.position(&one.id(4)), None);
        for odd in ["", "-", "11", "11-", "11-x", "ä-ö", "11-11-11"] {
            assert_eq!(one.position(odd), None, "{odd}");
        }
    }
}
