//! The progress of one connection. Its stream and its service record it; the task of the connection
//! reads the deadline.

use std::{
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    sync::Notify,
    time::{Duration, Instant},
};

use super::{counts::Counted, limits::Limits};

/// [`Slot::idle_order`] of an evicted connection.
pub(super) const EVICTED: u64 = u64::MAX;

/// The shared state of one connection.
#[derive(Debug)]
pub(super) struct Slot {
    /// The network by which it is counted, if it is.
    pub(super) network: Option<IpAddr>,
    /// Notified when the connection is evicted.
    pub(super) evicted: Notify,
    /// Its order among idle connections; 0 while it is not idle. Changed under the registry's lock.
    pub(super) idle_order: AtomicU64,
    /// Its order among stalled connections; 0 while it is not stalled. Changed under the same lock.
    pub(super) stalled_order: AtomicU64,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// Whether a request is in progress.
    active: bool,
    /// Whether a response has been sent.
    answered: bool,
    /// Whether a part of a request's head has arrived.
    received: bool,
    /// The start of the current wait.
    since: Instant,
    /// Since when the client has read nothing of what is ready.
    stalled: Option<Instant>,
    /// Since when the server only waits for the client to close.
    lingering: Option<Instant>,
}

/// The time at which a connection is closed, and the event that is counted then.
pub(super) type Deadline = (Instant, Option<Counted>);

impl Slot {
    pub(super) fn new(network: Option<IpAddr>) -> Self {
        let progress = Progress {
            active: false,
            answered: false,
            received: false,
            since: Instant::now(),
            stalled: None,
            lingering: None,
        };
        Self {
            network,
            evicted: Notify::new(),
            idle_order: AtomicU64::new(0),
            stalled_order: AtomicU64::new(0),
            progress: Mutex::new(progress),
        }
    }

    pub(super) fn idle_order(&self) -> u64 {
        self.idle_order.load(Ordering::Relaxed)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_active(&self) -> bool {
        self.progress().active
    }

    pub(super) fn request_began(&self) {
        let mut progress = self.progress();
        progress.active = true;
        progress.received = false;
    }

    /// The response was passed to the connection, which may not have sent all of it yet.
    pub(super) fn request_ended(&self) {
        let mut progress = self.progress();
        progress.active = false;
        progress.answered = true;
        progress.since = Instant::now();
    }

    /// Everything is sent.
    pub(super) fn became_idle(&self) {
        let mut progress = self.progress();
        progress.since = Instant::now();
    }

    /// Bytes have arrived.
    pub(super) fn received(&self) {
        let mut progress = self.progress();
        if !progress.active && !progress.received && progress.lingering.is_none() {
            progress.received = true;
            progress.since = Instant::now();
        }
    }

    /// The client does not read; false if it was stalled already.
    pub(super) fn stall(&self) -> bool {
        let mut progress = self.progress();
        let begins = progress.stalled.is_none();
        progress.stalled.get_or_insert_with(Instant::now);
        begins
    }

    /// The client has read something; false if it was not stalled.
    pub(super) fn resume(&self) -> bool {
        self.progress().stalled.take().is_some()
    }

    /// How long the client has read nothing.
    pub(super) fn stalled_for(&self) -> Duration {
        self.progress().stalled.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// The last response is sent; the server only waits for the client to close.
    pub(super) fn linger(&self) {
        self.progress().lingering.get_or_insert_with(Instant::now);
    }

    /// When the connection is to be closed; `None` while a request is in progress and the client
    /// reads.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Deadline> {
        let progress = self.progress();
        let after = |since: Instant, time: Duration, what| Some((since + time, what));
        if let Some(since) = progress.lingering {
            return after(since, limits.linger, None);
        }
        if let Some(since) = progress.stalled {
            return after(since, limits.write, Some(Counted::WriteTimeout));
        }
        match (progress.active, progress.received, progress.answered) {
            (true, _, _) => None,
            (false, true, _) => after(progress.since, limits.head, Some(Counted::HeadTimeout)),
            (false, false, true) => after(progress.since, limits.idle, Some(Counted::IdleTimeout)),
            (false, false, false) => after(progress.since, limits.head, Some(Counted::IdleTimeout)),
        }
    }
}
