//! Errors of the client, in the cases that callers distinguish.

use std::{fmt::Write as _, net::IpAddr, time::Duration};

use jiff::Timestamp;
use url::Url;

use crate::redirect::RedirectProblem;

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The `User-Agent` contains bytes that are not allowed in a header.
    #[error("invalid user agent {0:?}: expected visible ASCII characters")]
    UserAgent(String),
    /// The HTTP library rejected its configuration.
    #[error("cannot build the HTTP client")]
    Build(#[source] reqwest::Error),
}

/// Why the guard blocked a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockReason {
    /// Neither http nor https.
    #[error("scheme {0} is not http or https")]
    Scheme(String),
    /// The port is not allowed.
    #[error("port {0} is blocked: expected 80, 443 or one that the configuration allows")]
    Port(u16),
    /// The URL contains a user name or password.
    #[error("the URL contains a user name or password")]
    UserInfo,
    /// No host.
    #[error("the URL has no host")]
    NoHost,
    /// The URL is too long.
    #[error("the URL is {0} bytes long, more than {max}", max = crate::limits::MAX_URL_BYTES)]
    TooLong(usize),
    /// The host is, or resolves to, an address that is not public.
    #[error("{address} is not a public address ({range})")]
    Address {
        /// The address.
        address: IpAddr,
        /// The special-purpose range that contains it.
        range: &'static str,
    },
}

/// The stage at which time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeoutStage {
    /// The connection.
    #[error("no connection in time")]
    Connect,
    /// The head of the response.
    #[error("no response in time")]
    Head,
    /// The next chunk of the body.
    #[error("the body paused for too long")]
    Idle,
    /// The whole request.
    #[error("not finished in time")]
    Total,
    /// Decoding the body.
    #[error("the body could not be decoded in time")]
    Decode,
}

/// Why a document was not fetched. `place` is the host and path of the URL, without user names and
/// queries, which may contain secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The guard blocked the URL; no connection was made.
    #[error("{place}: blocked, {why}")]
    Blocked {
        /// Host and path of the URL.
        place: String,
        /// The reason.
        why: BlockReason,
    },
    /// The host name has no address, or could not be looked up.
    #[error("{place}: host not found: {why}")]
    Dns {
        /// Host and path of the URL.
        place: String,
        /// The resolver's error.
        why: String,
    },
    /// No connection, or it was closed before the response.
    #[error("{place}: cannot connect: {why}")]
    Connect {
        /// Host and path of the URL.
        place: String,
        /// The system's error.
        why: String,
    },
    /// No trusted encrypted connection.
    #[error("{place}: no trusted TLS connection: {why}")]
    Tls {
        /// Host and path of the URL.
        place: String,
        /// The reason.
        why: String,
    },
    /// A time limit was reached.
    #[error("{place}: {stage}")]
    Timeout {
        /// Host and path of the URL.
        place: String,
        /// The stage.
        stage: TimeoutStage,
    },
    /// The body is larger than allowed, on the wire or decoded.
    #[error("{place}: body larger than {limit} bytes")]
    TooLarge {
        /// Host and path of the URL.
        place: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The body ended before its announced end.
    #[error("{place}: body ended early")]
    Truncated {
        /// Host and path of the URL.
        place: String,
    },
    /// A success status without a body.
    #[error("{place}: empty body")]
    Empty {
        /// Host and path of the URL.
        place: String,
    },
    /// The body's content coding is unknown or damaged.
    #[error("{place}: cannot decode the body: {why}")]
    Decode {
        /// Host and path of the URL.
        place: String,
        /// The reason.
        why: String,
    },
    /// The body has more content codings than allowed.
    #[error("{place}: body has {count} content codings ({names}), more than {max}", max = crate::limits::MAX_CODINGS)]
    TooManyCodings {
        /// Host and path of the URL.
        place: String,
        /// The number of codings.
        count: usize,
        /// The names of the first five.
        names: String,
    },
    /// More redirects than allowed.
    #[error("{place}: more than {limit} redirects")]
    TooManyRedirects {
        /// The last URL.
        place: String,
        /// The limit.
        limit: usize,
    },
    /// The redirects lead back to a URL visited before.
    #[error("{place}: redirect loop")]
    RedirectLoop {
        /// The URL visited twice.
        place: String,
    },
    /// An invalid redirect.
    #[error("{place}: bad redirect, {why}")]
    BadRedirect {
        /// The URL that redirects.
        place: String,
        /// The reason.
        why: RedirectProblem,
    },
    /// A status that is neither a success nor a redirect.
    #[error("{place}: answered {code}{}", retry_text(*.retry_after))]
    Status {
        /// Host and path of the URL.
        place: String,
        /// The status code.
        code: u16,
        /// The wait that the server asks for, at most [`RETRY_AFTER_MAX`](crate::RETRY_AFTER_MAX).
        retry_after: Option<Duration>,
    },
    /// A page that asks visitors to prove that they are human.
    #[error("{place}: answered {code} with a challenge to robots")]
    Challenge {
        /// Host and path of the URL.
        place: String,
        /// The status code.
        code: u16,
    },
    /// The host asked for a pause; no request was made.
    #[error("{place}: host asked to wait until {until}")]
    HostPaused {
        /// Host and path of the URL.
        place: String,
        /// The end of the pause.
        until: Timestamp,
    },
    /// Too many requests wait for this host; no request was made.
    #[error("{place}: {waiting} requests are already waiting for this host")]
    Busy {
        /// Host and path of the URL.
        place: String,
        /// The number of waiting requests.
        waiting: usize,
    },
    /// robots.txt forbids the page; no request for the page was made.
    #[error("{place}: forbidden by robots.txt")]
    Robots {
        /// Host and path of the URL.
        place: String,
    },
    /// robots.txt could not be read, which forbids everything for now (RFC 9309, section 2.3.1.4).
    #[error("{place}: robots.txt cannot be read at present ({why})")]
    RobotsUnreachable {
        /// Host and path of the URL.
        place: String,
        /// The reason.
        why: String,
    },
    /// The response is not valid HTTP.
    #[error("{place}: invalid HTTP response: {why}")]
    Protocol {
        /// Host and path of the URL.
        place: String,
        /// The reason.
        why: String,
    },
}

fn retry_text(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!(" and asks to wait {} s", wait.as_secs()))
}

impl FetchError {
    /// Whether the same request may succeed later without a change of the configuration.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Truncated { .. }
            | Self::Empty { .. }
            | Self::HostPaused { .. }
            | Self::Busy { .. }
            | Self::RobotsUnreachable { .. } => true,
            Self::Status { code, .. } => matches!(code, 408 | 425 | 429 | 500..=599),
            Self::Blocked { .. }
            | Self::Tls { .. }
            | Self::TooLarge { .. }
            | Self::TooManyCodings { .. }
            | Self::Decode { .. }
            | Self::TooManyRedirects { .. }
            | Self::RedirectLoop { .. }
            | Self::BadRedirect { .. }
            | Self::Challenge { .. }
            | Self::Robots { .. }
            | Self::Protocol { .. } => false,
        }
    }

    /// Whether the document is permanently gone (410) and must not be requested again.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Status { code: 410, .. })
    }

    /// The wait from `now` that the server asked for, if it did.
    pub fn asked_to_wait(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::HostPaused { until, .. } => Duration::try_from(until.duration_since(now)).ok(),
            _ => None,
        }
    }

    /// The class of the error for metrics.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "blocked",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            // Too many codings exceed a limit just like too many bytes.
            Self::TooLarge { .. } | Self::TooManyCodings { .. } => "too_large",
            Self::Truncated { .. } => "truncated",
            Self::Empty { .. } => "empty",
            Self::Decode { .. } => "decode",
            Self::TooManyRedirects { .. } | Self::RedirectLoop { .. } | Self::BadRedirect { .. } => {
                "redirect"
            }
            Self::Status { .. } => "http",
            Self::Challenge { .. } => "challenge",
            Self::HostPaused { .. } => "paused",
            Self::Busy { .. } => "busy",
            Self::Robots { .. } | Self::RobotsUnreachable { .. } => "robots",
            Self::Protocol { .. } => "protocol",
        }
    }
}

/// Host, port unless it is the default, and path; cut after 200 characters.
pub(crate) fn place(url: &Url) -> String {
    let mut place = url.host_str().unwrap_or(url.scheme()).to_owned();
    if let Some(port) = url.port() {
        // Writing to a string cannot fail.
        let _ = write!(place, ":{port}");
    }
    place.push_str(url.path());
    if let Some((end, _)) = place.char_indices().nth(200) {
        place.truncate(end);
        place.push('…');
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_contain_no_secrets() {
        let url = Url::parse("https://ann:secret@news.example:8443/feed.xml?key=secret#secret").unwrap();
        let error =
            FetchError::Status { place: place(&url), code: 429, retry_after: Some(Duration::from_mins(1)) };
        assert_eq!(error.to_string(), "news.example:8443/feed.xml: answered 429 and asks to wait 60 s");
    }

    #[test]
    fn temporary_errors() {
        let status = |code| FetchError::Status { place: "x".into(), code, retry_after: None };
        assert!(status(503).is_temporary() && status(429).is_temporary());
        assert!(!status(404).is_temporary() && !status(410).is_temporary());
        assert!(status(410).is_gone());
    }
}
