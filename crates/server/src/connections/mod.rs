//! The connections of the web server: accepted within limits, timed, and shut down gracefully.

mod accept;
mod connection;
mod counts;
mod io;
mod limits;
mod registry;
mod slot;

pub use accept::{serve, serve_stream};
pub use counts::{ConnectionCounts, Counted, CountedIn};
pub use limits::Limits;

/// Counts an event of a request. A request without a connection, as in tests, is not counted.
pub(crate) fn note(extensions: &axum::http::Extensions, what: Counted) {
    if let Some(counts) = extensions.get::<ConnectionCounts>() {
        counts.note(what);
    }
}

/// The phase of the server's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Requests in progress are finished, and no more are accepted.
    Stopping,
    /// All connections are closed now.
    Ended,
}

#[cfg(test)]
mod tests;
