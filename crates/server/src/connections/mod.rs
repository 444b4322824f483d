//! The connections of the web server: accepted within bounds, driven by time limits, ended well.

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

/// Counts something about a request, where its connection is counted: not in a test without one.
pub(crate) fn note(extensions: &axum::http::Extensions, what: Counted) {
    if let Some(counts) = extensions.get::<ConnectionCounts>() {
        counts.note(what);
    }
}

/// How far the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Requests that are being answered are finished, and no more come.
    Stopping,
    /// Everything ends now.
    Ended,
}

#[cfg(test)]
mod tests;
