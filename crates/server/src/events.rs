//! What is new, as it comes: server-sent events (WHATWG HTML §9.2) at `/api/v1/events/`.
//!
//! Every new publication is compared with the one before, once for all listeners, and what has become of stories goes
//! into a bounded ring. A listener is a place in that ring: it holds no copies, and what it has missed while it was
//! away, or slow, it reads from there. Who comes too late is told to fetch the lists anew.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use courant_render::{ListError, NewsFilter, Publication, StoryNews};
use futures_util::stream;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::{
    AppState,
    connections::{Counted, note},
    params,
    problem::Problem,
    site::failed,
};

/// How many events are kept for those who come back, and how many one publication may bring: beyond that the lists
/// are the shorter way.
const MOST_EVENTS: usize = 1_000;
/// How much memory they may take.
const MOST_BYTES: usize = 8 << 20;
/// Events that are handed to a connection before it has taken the first.
const AHEAD: usize = 8;
/// How long a connection may take over one event before it is dropped.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a comment is sent where nothing happens, so that nothing in between closes the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// When a client that lost the connection should come back.
const COME_BACK: Duration = Duration::from_secs(5);
/// When a client that found no room should try again, in seconds.
const TRY_AGAIN: &str = "60";
/// One network may have a tenth of all listeners, and this many in any case.
const LEAST_OF_NETWORK: usize = 10;
/// With `X-Accel-Buffering: no`, nginx passes events on as they come.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// The events of a running server, and who listens. Clones share them.
#[derive(Debug, Clone)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Tells this server's events from those of one before it, whose ring is gone.
    start: u64,
    ring: Mutex<Ring>,
    /// Changes with every publication that brings something.
    news: watch::Sender<Signal>,
    room: Arc<Semaphore>,
    /// How many listeners one network may have, and how many each has.
    most_of_network: usize,
    networks: Mutex<HashMap<IpAddr, usize>>,
}

/// The room that a listener takes, until dropped.
#[derive(Debug)]
struct Room {
    _permit: OwnedSemaphorePermit,
    network: Option<(Arc<Shared>, IpAddr)>,
}

impl Drop for Room {
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

/// The last events; each has a place, counted from the start.
#[derive(Debug, Default)]
struct Ring {
    events: VecDeque<Arc<StoryNews>>,
    /// The place of the first that is kept.
    first: u64,
    bytes: usize,
}

impl Ring {
    /// The place of the event that comes next.
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    fn push(&mut self, news: StoryNews) {
        self.bytes += news.size();
        self.events.push_back(Arc::new(news));
        while self.events.len() > MOST_EVENTS || self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.size();
            self.first += 1;
        }
    }

    /// Forgets everything: whoever listens must look at the lists.
    fn skip(&mut self) {
        self.first = self.end() + 1;
        self.events.clear();
        self.bytes = 0;
    }

    /// What stands from a place on; `None` where that is not kept any more, or never was.
    fn from(&self, place: u64) -> Option<Vec<Arc<StoryNews>>> {
        let at = place.checked_sub(self.first).filter(|_| place <= self.end())?;
        Some(self.events.iter().skip(at as usize).take(AHEAD).cloned().collect())
    }
}

impl Events {
    /// Follows a publication for as long as there may be a newer one. At most `listeners` are served at once.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn start(publication: watch::Receiver<Arc<Publication>>, listeners: usize) -> Self {
        let shared = Shared {
            #[allow(clippy::disallowed_methods, reason = "numbers must grow over restarts")]
            start: Timestamp::now().as_microsecond().unsigned_abs(),
            ring: Mutex::default(),
            news: watch::Sender::new(Signal::Open),
            room: Arc::new(Semaphore::new(listeners.min(Semaphore::MAX_PERMITS))),
            most_of_network: (listeners / 10).max(LEAST_OF_NETWORK),
            networks: Mutex::default(),
        };
        let events = Self { shared: Arc::new(shared) };
        tokio::spawn(events.clone().follow(publication));
        events
    }

    /// Ends all connections and takes no new ones, so that the server can stop.
    pub fn close(&self) {
        self.shared.news.send_replace(Signal::Closed);
    }

    async fn follow(self, mut publication: watch::Receiver<Arc<Publication>>) {
        let mut before = Arc::clone(&publication.borrow_and_update());
        while publication.changed().await.is_ok() {
            let after = Arc::clone(&publication.borrow_and_update());
            let compared = Arc::clone(&after);
            let news = tokio::task::spawn_blocking(move || compared.news_since(&before, MOST_EVENTS)).await;
            before = after;
            match news {
                Ok(Ok(Some(news))) => self.take(news),
                Ok(Ok(None)) => self.reset(),
                Ok(Err(error)) => {
                    tracing::error!("news could not be told to listeners: {error}");
                    self.reset();
                }
                Err(error) => {
                    tracing::error!("news could not be told to listeners: {error}");
                    self.reset();
                }
            }
        }
    }

    fn take(&self, news: Vec<StoryNews>) {
        if news.is_empty() {
            return;
        }
        let mut ring = self.ring();
        for news in news {
            ring.push(news);
        }
        drop(ring);
        self.ring_bell();
    }

    fn reset(&self) {
        self.ring().skip();
        self.ring_bell();
    }

    /// Wakes all listeners; once closed, it stays so.
    fn ring_bell(&self) {
        self.shared.news.send_modify(|_| {});
    }

    /// What is shared is whole after each change, so a panic elsewhere spoils nothing.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, place: u64) -> String {
        format!("{:x}-{place:x}", self.shared.start)
    }

    /// The place that an id of this server names.
    fn place(&self, id: &str) -> Option<u64> {
        let (start, place) = id.split_once('-')?;
        let number = |digits: &str| u64::from_str_radix(digits, 16).ok();
        (number(start)? == self.shared.start).then(|| number(place)).flatten()
    }

    /// Room for one listener, of this network where listeners of it are counted.
    fn room(&self, network: Option<IpAddr>) -> Option<Room> {
        let permit = Arc::clone(&self.shared.room).try_acquire_owned().ok()?;
        if let Some(network) = network {
            let mut networks = self.shared.networks.lock().unwrap_or_else(PoisonError::into_inner);
            let count = networks.entry(network).or_default();
            if *count >= self.shared.most_of_network {
                return None;
            }
            *count += 1;
        }
        Some(Room { _permit: permit, network: network.map(|network| (Arc::clone(&self.shared), network)) })
    }

    /// A stream for one listener; `None` where there is no room.
    fn listen(
        &self,
        filter: NewsFilter,
        last: Option<&str>,
        network: Option<IpAddr>,
    ) -> Option<mpsc::Receiver<Event>> {
        let room = self.room(network)?;
        let place = last.map_or_else(|| Some(self.ring().end()), |id| self.place(id));
        let (sender, receiver) = mpsc::channel(AHEAD);
        let listener = Listener { events: self.clone(), filter, sender, _room: room };
        let mut news = self.shared.news.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = listener.run(place) => {}
                _ = news.wait_for(|signal| *signal == Signal::Closed) => {}
            }
        });
        Some(receiver)
    }
}

/// One connection.
struct Listener {
    events: Events,
    filter: NewsFilter,
    sender: mpsc::Sender<Event>,
    _room: Room,
}

impl Listener {
    /// Tells what comes from a place on, until the client goes; `None` is a place that is not known here.
    async fn run(self, mut place: Option<u64>) {
        let mut news = self.events.shared.news.subscribe();
        // An id without data is remembered by the client and shown to nobody (WHATWG HTML §9.2.6).
        let hello = Event::default().retry(COME_BACK);
        let hello = match place {
            Some(place) => hello.id(self.events.id(place)),
            None => hello,
        };
        let mut goes_on = self.send(hello).await;
        while goes_on {
            news.mark_unchanged();
            let (found, end) = {
                let ring = self.events.ring();
                (place.and_then(|place| Some((place, ring.from(place)?))), ring.end())
            };
            goes_on = match found {
                None => {
                    place = Some(end);
                    self.send(Event::default().event("reset").id(self.events.id(end)).data("{}")).await
                }
                Some((_, found)) if found.is_empty() => tokio::select! {
                    changed = news.changed() => changed.is_ok(),
                    () = self.sender.closed() => false,
                },
                Some((from, found)) => {
                    place = Some(from + found.len() as u64);
                    self.tell(&found, from).await
                }
            };
        }
    }

    async fn tell(&self, news: &[Arc<StoryNews>], from: u64) -> bool {
        for (after, news) in (from + 1..).zip(news) {
            let id = self.events.id(after);
            let event = match news.told_to(&self.filter) {
                Some((what, data)) => Event::default().event(what.name()).id(id).data(data),
                // What the filter lets through not is not missed either.
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
        matches!(tokio::time::timeout(PATIENCE, self.sender.send(event)).await, Ok(Ok(())))
    }
}

/// `/api/v1/events/`.
pub(crate) async fn events<S: Clone>(State(state): State<AppState<S>>, request: Request) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let filter = match params::news_filter(uri) {
        Ok(filter) => filter,
        Err(problem) => return problem.into_response(),
    };
    match filter.topic.as_deref().map_or(Ok(()), |topic| state.present().know_topic(topic)) {
        Ok(()) => {}
        Err(ListError::Parameter { name, detail }) => {
            return Problem::parameter(name, detail).into_response();
        }
        Err(error @ ListError::Render(_)) => return failed(uri.path(), &error),
    }
    // An id that is no text names nothing, like one of another server.
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?"));
    let last = last.filter(|id| !id.is_empty());
    let Some(receiver) = state.events.listen(filter, last, state.access.network(&request)) else {
        note(request.extensions(), Counted::ListenerNoRoom);
        let detail = "as many clients listen as this server has room for; try again later";
        let mut full = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
        full.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(TRY_AGAIN));
        return full;
    };
    let events = stream::unfold(receiver, async |mut receiver| {
        let event = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), receiver))
    });
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    ([UNBUFFERED], stream).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_kept_or_it_is_not() {
        let mut ring = Ring::default();
        assert_eq!(ring.from(0), Some(Vec::new()));
        assert_eq!(ring.from(1), None, "what has not been cannot have been seen");
        ring.skip();
        assert_eq!(ring.from(0), None);
        assert_eq!(ring.from(ring.end()), Some(Vec::new()));
    }

    #[test]
    fn one_network_does_not_take_the_room_of_all() {
        let shared = Shared {
            start: 1,
            ring: Mutex::default(),
            news: watch::Sender::new(Signal::Open),
            room: Arc::new(Semaphore::new(4)),
            most_of_network: 2,
            networks: Mutex::default(),
        };
        let events = Events { shared: Arc::new(shared) };
        let network = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        let (one, two) = (events.room(network(1)), events.room(network(1)));
        assert!(one.is_some() && two.is_some());
        assert!(events.room(network(1)).is_none());
        let other = events.room(network(2));
        let uncounted = events.room(None);
        assert!(other.is_some() && uncounted.is_some());
        drop(one);
        assert!(events.room(network(1)).is_some());
        drop((two, other, uncounted));
        assert!(events.shared.networks.lock().unwrap().is_empty());
        assert_eq!(events.shared.room.available_permits(), 4);
    }

    #[tokio::test]
    async fn an_id_is_of_one_server() {
        let shared = |start| Shared {
            start,
            ring: Mutex::default(),
            news: watch::Sender::new(Signal::Open),
            room: Arc::new(Semaphore::new(1)),
            most_of_network: 1,
            networks: Mutex::default(),
        };
        let (one, other) = (Events { shared: Arc::new(shared(17)) }, Events { shared: Arc::new(shared(18)) });
        assert_eq!(one.place(&one.id(4)), Some(4));
        assert_eq!(other.place(&one.id(4)), None);
        for odd in ["", "-", "11", "11-", "11-x", "ä-ö", "11-11-11"] {
            assert_eq!(one.place(odd), None, "{odd}");
        }
    }
}
