//! What became of connections and requests, counted for a monitoring system and told to the log now and then.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::time::{Duration, Instant};

/// How often the log is told of the same thing.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A connection was accepted by the operating system.
    Accepted,
    /// A connection was refused because as many are open as may be, and all of them are busy.
    RefusedTotal,
    /// A connection was refused because its network has as many as one may have, and all of them are busy.
    RefusedNetwork,
    /// A connection that waited for a request, or whose client did not read, was closed to make room for another.
    Evicted,
    /// A connection was closed because the head of its request did not arrive in time.
    HeadTimeout,
    /// A connection was closed because no further request came.
    IdleTimeout,
    /// A request was refused because its body did not arrive in time.
    BodyTimeout,
    /// An answer did not begin in time.
    AnswerTimeout,
    /// A connection was closed because its client did not read the answer.
    WriteTimeout,
    /// A connection could not be accepted because the process or the machine ran out of file descriptors.
    NoDescriptors,
    /// A connection could not be accepted for another reason.
    AcceptFailed,
    /// A request had no valid `Host`, or more than one.
    BadHost,
    /// A request had a path and query that are too long.
    AddressTooLong,
    /// A request had a body that is larger than allowed.
    BodyTooLarge,
    /// A push was refused because too many bytes of pushes are being received.
    PushNoRoom,
    /// A push or a hub's question named no subscription.
    PushUnknown,
    /// A client that wanted to listen to events found no room.
    ListenerNoRoom,
    /// An answer was refused because too many bytes of answers wait for slow clients.
    AnswerNoRoom,
}

/// In which metric a thing is counted.
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
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Accepted,
        Self::RefusedTotal,
        Self::RefusedNetwork,
        Self::Evicted,
        Self::HeadTimeout,
        Self::IdleTimeout,
        Self::BodyTimeout,
        Self::AnswerTimeout,
        Self::WriteTimeout,
        Self::NoDescriptors,
        Self::AcceptFailed,
        Self::BadHost,
        Self::AddressTooLong,
        Self::BodyTooLarge,
        Self::PushNoRoom,
        Self::PushUnknown,
        Self::ListenerNoRoom,
        Self::AnswerNoRoom,
    ];

    /// The metric to which it belongs, and its label there; the label is empty where the metric has one value.
    pub const fn metric(self) -> (CountedIn, &'static str) {
        match self {
            Self::Accepted => (CountedIn::Accepted, ""),
            Self::RefusedTotal => (CountedIn::Refused, "max_connections"),
            Self::RefusedNetwork => (CountedIn::Refused, "max_connections_per_network"),
            Self::Evicted => (CountedIn::Evicted, ""),
            Self::HeadTimeout => (CountedIn::TimedOut, "head"),
            Self::IdleTimeout => (CountedIn::TimedOut, "idle"),
            Self::BodyTimeout => (CountedIn::TimedOut, "body"),
            Self::AnswerTimeout => (CountedIn::TimedOut, "answer"),
            Self::WriteTimeout => (CountedIn::TimedOut, "write"),
            Self::NoDescriptors => (CountedIn::AcceptFailed, "descriptors"),
            Self::AcceptFailed => (CountedIn::AcceptFailed, "other"),
            Self::BadHost => (CountedIn::RequestRefused, "host"),
            Self::AddressTooLong => (CountedIn::RequestRefused, "address_too_long"),
            Self::BodyTooLarge => (CountedIn::RequestRefused, "body_too_large"),
            Self::PushNoRoom => (CountedIn::RequestRefused, "push_no_room"),
            Self::PushUnknown => (CountedIn::RequestRefused, "push_unknown"),
            Self::ListenerNoRoom => (CountedIn::RequestRefused, "listeners"),
            Self::AnswerNoRoom => (CountedIn::RequestRefused, "answers_no_room"),
        }
    }

    /// What the log says, at most once a minute; `None` for what happens on any quiet day.
    const fn message(self) -> Option<&'static str> {
        Some(match self {
            Self::Accepted | Self::IdleTimeout | Self::BadHost | Self::AddressTooLong | Self::PushUnknown => {
                return None;
            }
            Self::RefusedTotal => {
                "refused connections: [serve] max_connections are open and all are busy; raise it, or see who connects"
            }
            Self::RefusedNetwork => {
                "refused connections of a network that has [serve] max_connections_per_network open, all busy; \
                 name a proxy in trusted_proxies"
            }
            Self::Evicted => {
                "closed connections that waited for a request, to make room for new ones: \
                 [serve] max_connections or max_connections_per_network was reached"
            }
            Self::HeadTimeout => "closed connections whose request did not arrive within 10 seconds",
            Self::BodyTimeout => "refused requests whose body did not arrive in time",
            Self::AnswerTimeout => {
                "gave up answers that did not begin within 10 seconds: the machine is overloaded"
            }
            Self::WriteTimeout => "closed connections whose client read nothing for 30 seconds",
            Self::NoDescriptors => {
                "out of file descriptors: connections wait; raise LimitNOFILE= or `ulimit -n`, \
                 or lower [serve] max_connections"
            }
            Self::AcceptFailed => "could not accept connections",
            Self::BodyTooLarge => "refused requests with a body larger than allowed",
            Self::PushNoRoom => "refused pushes of hubs: too many bytes of pushes are being received",
            Self::ListenerNoRoom => {
                "refused listeners to events: [serve] listeners, or the share of one network, is reached"
            }
            Self::AnswerNoRoom => "refused requests: too many bytes of answers wait for slow clients",
        })
    }
}

/// Counters of connections and of requests that were refused. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct ConnectionCounts(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    happened: [AtomicU64; Counted::ALL.len()],
    /// When the log was told last, and of how many.
    logged: Mutex<[Option<(Instant, u64)>; Counted::ALL.len()]>,
}

impl ConnectionCounts {
    /// How many connections are open now.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// How often this has happened since the start.
    pub fn count(&self, what: Counted) -> u64 {
        self.0.happened[what as usize].load(Ordering::Relaxed)
    }

    /// Counts it, and tells the log where it was not told of the same within the last minute.
    pub(crate) fn note(&self, what: Counted) {
        self.note_with(what, "");
    }

    /// As [`Self::note`], with a detail for the log.
    pub(crate) fn note_with(&self, what: Counted, detail: &str) {
        let count = self.0.happened[what as usize].fetch_add(1, Ordering::Relaxed) + 1;
        let Some(message) = what.message() else { return };
        if let Some(more) = self.due(what, count) {
            let colon = if detail.is_empty() { "" } else { ": " };
            tracing::warn!(count = more, in_all = count, "{message}{colon}{detail}");
        }
    }

    /// How often it happened since the log was told, where it is to be told again.
    fn due(&self, what: Counted, count: u64) -> Option<u64> {
        let mut logged = self.0.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, now) = (&mut logged[what as usize], Instant::now());
        let told = match *last {
            Some((at, _)) if now.duration_since(at) < LOG_EVERY => return None,
            Some((_, told)) => told,
            None => 0,
        };
        *last = Some((now, count));
        Some(count.saturating_sub(told))
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
    fn each_thing_has_a_counter_and_a_place_among_the_metrics_of_its_own() {
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
    async fn the_log_is_told_once_a_minute_with_how_often() {
        let counts = ConnectionCounts::default();
        assert_eq!(counts.due(Counted::Evicted, 1), Some(1));
        assert_eq!(counts.due(Counted::Evicted, 2), None);
        assert_eq!(counts.due(Counted::WriteTimeout, 1), Some(1), "another thing");
        tokio::time::advance(LOG_EVERY).await;
        assert_eq!(counts.due(Counted::Evicted, 900), Some(899));
    }
}
