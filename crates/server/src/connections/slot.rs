//! How far one connection is. Its stream and its service note it; what drives the connection reads the deadline.

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

/// One connection, as all who deal with it know it.
#[derive(Debug)]
pub(super) struct Slot {
    /// By which it is counted, where it is.
    pub(super) network: Option<IpAddr>,
    /// Told when it has to make room for another.
    pub(super) evicted: Notify,
    /// Its place among those that wait for a request; 0 while it has a request. Changed under the registry's lock.
    pub(super) place: AtomicU64,
    /// Its place among those whose client takes nothing; 0 where the client does. Changed under the same lock.
    pub(super) blocked_place: AtomicU64,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// Whether a request is being answered.
    active: bool,
    /// Whether an answer was sent already.
    answered: bool,
    /// Whether a part of a head has arrived.
    heard: bool,
    /// When what it waits for began.
    since: Instant,
    /// Since when the client has taken nothing of what is ready.
    blocked: Option<Instant>,
    /// Since when it is only read until the client closes.
    lingers: Option<Instant>,
}

/// When a connection has to have come further, and as what it is counted where it has not.
pub(super) type Deadline = (Instant, Option<Counted>);

impl Slot {
    pub(super) fn new(network: Option<IpAddr>) -> Self {
        let progress = Progress {
            active: false,
            answered: false,
            heard: false,
            since: Instant::now(),
            blocked: None,
            lingers: None,
        };
        Self {
            network,
            evicted: Notify::new(),
            place: AtomicU64::new(0),
            blocked_place: AtomicU64::new(0),
            progress: Mutex::new(progress),
        }
    }

    pub(super) fn place(&self) -> u64 {
        self.place.load(Ordering::Relaxed)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_active(&self) -> bool {
        self.progress().active
    }

    pub(super) fn began(&self) {
        let mut progress = self.progress();
        progress.active = true;
        progress.heard = false;
    }

    /// The answer was handed over; parts of it may not be sent yet.
    pub(super) fn ended(&self) {
        let mut progress = self.progress();
        progress.active = false;
        progress.answered = true;
        progress.since = Instant::now();
    }

    /// Everything that was handed over is sent.
    pub(super) fn rests(&self) {
        let mut progress = self.progress();
        progress.since = Instant::now();
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        let mut progress = self.progress();
        if !progress.active && !progress.heard && progress.lingers.is_none() {
            progress.heard = true;
            progress.since = Instant::now();
        }
    }

    /// The client takes nothing now; false where that is so already.
    pub(super) fn block(&self) -> bool {
        let mut progress = self.progress();
        let begins = progress.blocked.is_none();
        progress.blocked.get_or_insert_with(Instant::now);
        begins
    }

    /// The client took something; false where it does anyway.
    pub(super) fn unblock(&self) -> bool {
        self.progress().blocked.take().is_some()
    }

    /// For how long the client has taken nothing.
    pub(super) fn blocked_for(&self) -> Duration {
        self.progress().blocked.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub(super) fn lingers(&self) {
        self.progress().lingers.get_or_insert_with(Instant::now);
    }

    /// When it must have come further; `None` while a request is being answered and the client reads.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Deadline> {
        let progress = self.progress();
        let after = |since: Instant, time: Duration, what| Some((since + time, what));
        if let Some(since) = progress.lingers {
            return after(since, limits.linger, None);
        }
        if let Some(since) = progress.blocked {
            return after(since, limits.write, Some(Counted::WriteTimeout));
        }
        match (progress.active, progress.heard, progress.answered) {
            (true, _, _) => None,
            (false, true, _) => after(progress.since, limits.head, Some(Counted::HeadTimeout)),
            (false, false, true) => after(progress.since, limits.idle, Some(Counted::IdleTimeout)),
            (false, false, false) => after(progress.since, limits.head, Some(Counted::IdleTimeout)),
        }
    }
}
