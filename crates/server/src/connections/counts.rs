//! Counters of what happens to connections and requests, for a monitoring system and, at intervals,
//! the log.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::time::{Duration, Instant};

/// Minimum time between two log messages about the same event.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// A counted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A connection was accepted by the operating system.
    Accepted,
    /// A connection was refused because the maximum number is open and all are busy.
    RefusedTotal,
    /// A connection was refused because its network has the maximum number open and all are busy.
    RefusedNetwork,
    /// An idle connection, or one whose client did not read, was closed to make room for another.
    Evicted,
    /// A connection was closed because the head of its request did not arrive in time.
    HeadTimeout,
    /// A connection was closed because no further request arrived.
    IdleTimeout,
    /// A request was refused because its body did not arrive in time.
    BodyTimeout,
    /// A response did not begin in time.
    ResponseTimeout,
    /// A connection was closed because its client did not read the response.
    WriteTimeout,
    /// A connection could not be accepted because the process or the machine ran out of file
    /// descriptors.
    NoDescriptors,
    /// A connection could not be accepted for another reason.
    AcceptFailed,
    /// A request had no valid `Host`, or more than one.
    BadHost,
    /// A request had a URL that was too long.
    UriTooLong,
    /// A request had a body that was too large.
    BodyTooLarge,
    /// A push was refused because too many bytes of pushes were being received.
    TooManyPushes,
    /// A push or verification by a hub had an unknown subscription id.
    UnknownSubscription,
    /// An event listener was refused because there are too many.
    TooManyListeners,
    /// A request was refused because too many bytes of responses wait for slow clients.
    TooManyPendingResponses,
}

/// The metric of a [`Counted`] event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedIn {
    /// Connections accepted.
    Accepted,
    /// Connections refused, by reason.
    Refused,
    /// Connections closed to make room.
    Evicted,
    /// Connections and requests that took too long, by stage.
    TimedOut,
    /// Failures to accept, by reason.
    AcceptFailed,
    /// Requests refused, by reason.
    RequestRefused,
}

impl Counted {
    /// All events.
    pub const ALL: [Self; 18] = [
        Self::Accepted,
        Self::RefusedTotal,
        Self::RefusedNetwork,
        Self::Evicted,
        Self::HeadTimeout,
        Self::IdleTimeout,
        Self::BodyTimeout,
        Self::ResponseTimeout,
        Self::WriteTimeout,
        Self::NoDescriptors,
        Self::AcceptFailed,
        Self::BadHost,
        Self::UriTooLong,
        Self::BodyTooLarge,
        Self::TooManyPushes,
        Self::UnknownSubscription,
        Self::TooManyListeners,
        Self::TooManyPendingResponses,
    ];

    /// The metric, and the label of the event in it; empty if the metric has a single value.
    pub const fn metric(self) -> (CountedIn, &'static str) {
        match self {
            Self::Accepted => (CountedIn::Accepted, ""),
            Self::RefusedTotal => (CountedIn::Refused, "max_connections"),
            Self::RefusedNetwork => (CountedIn::Refused, "max_connections_per_network"),
            Self::Evicted => (CountedIn::Evicted, ""),
            Self::HeadTimeout => (CountedIn::TimedOut, "head"),
            Self::IdleTimeout => (CountedIn::TimedOut, "idle"),
            Self::BodyTimeout => (CountedIn::TimedOut, "body"),
            Self::ResponseTimeout => (CountedIn::TimedOut, "answer"),
            Self::WriteTimeout => (CountedIn::TimedOut, "write"),
            Self::NoDescriptors => (CountedIn::AcceptFailed, "descriptors"),
            Self::AcceptFailed => (CountedIn::AcceptFailed, "other"),
            Self::BadHost => (CountedIn::RequestRefused, "host"),
            Self::UriTooLong => (CountedIn::RequestRefused, "address_too_long"),
            Self::BodyTooLarge => (CountedIn::RequestRefused, "body_too_large"),
            Self::TooManyPushes => (CountedIn::RequestRefused, "push_no_room"),
            Self::UnknownSubscription => (CountedIn::RequestRefused, "push_unknown"),
            Self::TooManyListeners => (CountedIn::RequestRefused, "listeners"),
            Self::TooManyPendingResponses => (CountedIn::RequestRefused, "answers_no_room"),
        }
    }

    /// The log message, written at most once a minute; `None` for ordinary events.
    const fn message(self) -> Option<&'static str> {
        Some(match self {
            Self::Accepted
            | Self::IdleTimeout
            | Self::BadHost
            | Self::UriTooLong
            | Self::UnknownSubscription => {
                return None;
            }
            Self::RefusedTotal => {
                "refused connections: [serve] max_connections are open and all are busy; raise it, or check who connects"
            }
            Self::RefusedNetwork => {
                "refused connections of a network that has [serve] max_connections_per_network open, all busy; \
                 if it is a proxy, add it to trusted_proxies"
            }
            Self::Evicted => {
                "closed idle connections to make room for new ones: \
                 [serve] max_connections or max_connections_per_network was reached"
            }
            Self::HeadTimeout => "closed connections whose request did not arrive within 10 seconds",
            Self::BodyTimeout => "refused requests whose body did not arrive in time",
            Self::ResponseTimeout => {
                "gave up responses that did not begin within 10 seconds: the machine is overloaded"
            }
            Self::WriteTimeout => "closed connections whose client read nothing for 30 seconds",
            Self::NoDescriptors => {
                "out of file descriptors, so new connections wait; raise LimitNOFILE= or `ulimit -n`, \
                 or lower [serve] max_connections"
            }
            Self::AcceptFailed => "could not accept connections",
            Self::BodyTooLarge => "refused requests with a body larger than allowed",
            Self::TooManyPushes => "refused pushes of hubs: too many bytes of pushes are being received",
            Self::TooManyListeners => {
                "refused event listeners: [serve] listeners, or the share of one network, is reached"
            }
            Self::TooManyPendingResponses => {
                "refused requests: too many bytes of responses wait for slow clients"
            }
        })
    }
}

/// Counters of connections and of refused requests. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct ConnectionCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    by_event: [AtomicU64; Counted::ALL.len()],
    /// The time and the count of the last log message by event.
    logged: Mutex<[Option<(Instant, u64)>; Counted::ALL.len()]>,
}

impl ConnectionCounts {
    /// The number of open connections.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// The number of these events since the start.
    pub fn count(&self, what: Counted) -> u64 {
        self.0.by_event[what as usize].load(Ordering::Relaxed)
    }

    /// Counts an event, and logs it unless a message about it was logged in the last minute.
    pub(crate) fn note(&self, what: Counted) {
        self.note_with(what, "");
    }

    /// As [`Self::note`], with details for the log.
    pub(crate) fn note_with(&self, what: Counted, detail: &str) {
        let count = self.0.by_event[what as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let Some(message) = what.message() else { return };
        if let Some(more) = self.due(what, count) {
            let colon = if detail.is_empty() { "" } else { ": " };
            tracing::warn!(count = more, in_all = count, "{message}{colon}{detail}");
        }
    }

    /// The number of events since the last log message, if another message is due.
    fn due(&self, what: Counted, count: u64) -> Option<u64> {
        let mut logged = self.0.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, now) = (&mut logged[what as usize], Instant::now());
        let logged_count = match *last {
            Some((at, _)) if now.duration_since(at) < LOG_INTERVAL => return None,
            Some((_, logged_count)) => logged_count,
            None => 0,
        };
        *last = Some((now, count));
        Some(count.saturating_sub(logged_count))
    }

    pub(crate) fn opened(&self) {
        self.0.open.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_own_counter_and_metric_label() {
        let counts = ConnectionCounts::default();
        for (at, what) in Counted::ALL.into_iter().enumerate() {
            assert_eq!(what as usize, at);
            for _ in 0..=at {
                counts.note(what);
            }
            let same = Counted::ALL.iter().filter(|other| other.metric() == what.metric());
            assert_eq!(same.count(), 1, "{what:?}");
        }
        for (at, what) in Counted::ALL.into_iter().enumerate() {
            assert_eq!(counts.count(what), at as u64 + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_logged_once_a_minute_with_their_number() {
        let counts = ConnectionCounts::default();
        assert_eq!(counts.due(Counted::Evicted, 1), Some(1));
        assert_eq!(counts.due(Counted::Evicted, 2), None);
        assert_eq!(counts.due(Counted::WriteTimeout, 1), Some(1), "another event");
        tokio::time::advance(LOG_INTERVAL).await;
        assert_eq!(counts.due(Counted::Evicted, 900), Some(899));
    }
}
