//! What can go wrong on the way out, in the cases that a caller acts on.

use std::{fmt::Write as _, net::IpAddr, time::Duration};

use jiff::Timestamp;
use url::Url;

use crate::redirect::RedirectProblem;

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The `User-Agent` holds bytes that no header may.
    #[error("user agent {0:?} cannot stand in a header; wanted visible ASCII")]
    UserAgent(String),
    /// The HTTP machinery refused its configuration.
    #[error("cannot build the HTTP client")]
    Build(#[source] reqwest::Error),
}

/// Why the guard refused an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockReason {
    /// Neither http nor https.
    #[error("scheme {0} is not http or https")]
    Scheme(String),
    /// The port is not one of those allowed.
    #[error("port {0} is blocked: expected 80, 443 or one that the configuration allows")]
    Port(u16),
    /// A user name or password stands in the address.
    #[error("the address holds a user name or password")]
    UserInfo,
    /// No host.
    #[error("the address has no host")]
    NoHost,
    /// Longer than any honest address.
    #[error("the address is {0} bytes long, more than {max}", max = crate::limits::MAX_URL_BYTES)]
    TooLong(usize),
    /// The host is, or resolves to, an address that is not public.
    #[error("{address} is not a public address ({range})")]
    Address {
        /// The address.
        address: IpAddr,
        /// The special-purpose range that it lies in.
        range: &'static str,
    },
}

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeoutStage {
    /// The connection.
    #[error("no connection in time")]
    Connect,
    /// The head of the answer.
    #[error("no answer in time")]
    Head,
    /// The next piece of the body.
    #[error("the body paused for too long")]
    Idle,
    /// The end of the whole request.
    #[error("not finished in time")]
    Total,
    /// The body without its content coding.
    #[error("the body could not be decoded in time")]
    Decode,
}

/// Why a document was not fetched. `place` is host and path of the address that failed, without user names and
/// queries, which may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The guard refused; no connection was made.
    #[error("{place}: blocked, {why}")]
    Blocked {
        /// The address.
        place: String,
        /// The rule.
        why: BlockReason,
    },
    /// The host name has no address, or could not be looked up.
    #[error("{place}: host not found: {why}")]
    Dns {
        /// The address.
        place: String,
        /// What the resolver said.
        why: String,
    },
    /// No connection, or it broke before the answer.
    #[error("{place}: cannot connect: {why}")]
    Connect {
        /// The address.
        place: String,
        /// What the system said.
        why: String,
    },
    /// No trusted encrypted connection.
    #[error("{place}: no trusted TLS connection: {why}")]
    Tls {
        /// The address.
        place: String,
        /// What was wrong with it.
        why: String,
    },
    /// A time limit was reached.
    #[error("{place}: {stage}")]
    Timeout {
        /// The address.
        place: String,
        /// Where the time ran out.
        stage: TimeoutStage,
    },
    /// The body is larger than allowed, on the wire or decoded.
    #[error("{place}: body larger than {limit} bytes")]
    TooLarge {
        /// The address.
        place: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The body ended before its announced end.
    #[error("{place}: body ended early")]
    Truncated {
        /// The address.
        place: String,
    },
    /// Success without a body.
    #[error("{place}: empty body")]
    Empty {
        /// The address.
        place: String,
    },
    /// The body's content coding is unknown or damaged.
    #[error("{place}: cannot decode the body: {why}")]
    Decode {
        /// The address.
        place: String,
        /// What was wrong.
        why: String,
    },
    /// The body has more than one content coding; a body in more than one is refused.
    #[error("{place}: body has {count} content codings ({names}), more than {max}", max = crate::limits::MAX_CODINGS)]
    TooManyCodings {
        /// The address.
        place: String,
        /// How many.
        count: usize,
        /// Their names, the first five.
        names: String,
    },
    /// More redirects than allowed.
    #[error("{place}: more than {limit} redirects")]
    TooManyRedirects {
        /// The last address.
        place: String,
        /// The limit.
        limit: usize,
    },
    /// The redirects lead back to an address already visited.
    #[error("{place}: redirects in a circle")]
    RedirectLoop {
        /// The address visited twice.
        place: String,
    },
    /// A redirect that leads nowhere.
    #[error("{place}: bad redirect, {why}")]
    BadRedirect {
        /// The address that redirects.
        place: String,
        /// What is wrong with it.
        why: RedirectProblem,
    },
    /// A status that is neither success nor redirect.
    #[error("{place}: answered {code}{}", retry_text(*.retry_after))]
    Status {
        /// The address.
        place: String,
        /// The status code.
        code: u16,
        /// How long the server asks to be left alone, capped at [`RETRY_AFTER_MAX`](crate::RETRY_AFTER_MAX).
        retry_after: Option<Duration>,
    },
    /// A page that asks the visitor to prove that he is human.
    #[error("{place}: answered {code} with a challenge to robots")]
    Challenge {
        /// The address.
        place: String,
        /// The status code.
        code: u16,
    },
    /// The host asked to be left alone; no request was made.
    #[error("{place}: host asked to wait until {until}")]
    HostPaused {
        /// The address.
        place: String,
        /// When it may be asked again.
        until: Timestamp,
    },
    /// Too many requests wait for this host; no request was made.
    #[error("{place}: {waiting} requests already wait for this host")]
    Busy {
        /// The address.
        place: String,
        /// How many wait.
        waiting: usize,
    },
    /// robots.txt forbids the page; no request for the page was made.
    #[error("{place}: forbidden by robots.txt")]
    Robots {
        /// The address.
        place: String,
    },
    /// robots.txt could not be read, which forbids everything for now (RFC 9309, section 2.3.1.4).
    #[error("{place}: robots.txt cannot be read at present ({why})")]
    RobotsUnreachable {
        /// The address.
        place: String,
        /// Why it could not be read.
        why: String,
    },
    /// The answer breaks the rules of HTTP.
    #[error("{place}: answer breaks the rules of HTTP: {why}")]
    Protocol {
        /// The address.
        place: String,
        /// Which rule.
        why: String,
    },
}

fn retry_text(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!(" and asks to wait {} s", wait.as_secs()))
}

impl FetchError {
    /// Whether the same request may well succeed later without anyone changing anything here.
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

    /// Whether the document is gone for good (410): it is not to be asked for again.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Status { code: 410, .. })
    }

    /// How long the server wants to be left alone, counted from `now`, as far as the error says.
    pub fn asked_to_wait(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::HostPaused { until, .. } => Duration::try_from(until.duration_since(now)).ok(),
            _ => None,
        }
    }

    /// One word for counting and for metrics.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "blocked",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            // Packed more often than allowed is beyond our limits as is a body of more bytes.
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

/// Host, port where it is not the usual one, and path; cut after 200 characters.
pub(crate) fn place(url: &Url) -> String {
    let mut place = url.host_str().unwrap_or(url.scheme()).to_owned();
    if let Some(port) = url.port() {
        // Writing into a string cannot fail.
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
    fn messages_hold_no_secrets() {
        let url = Url::parse("https://ann:secret@news.example:8443/feed.xml?key=secret#secret").unwrap();
        let error =
            FetchError::Status { place: place(&url), code: 429, retry_after: Some(Duration::from_mins(1)) };
        assert_eq!(error.to_string(), "news.example:8443/feed.xml: answered 429 and asks to wait 60 s");
    }

    #[test]
    fn what_may_pass_by_itself() {
        let status = |code| FetchError::Status { place: "x".into(), code, retry_after: None };
        assert!(status(503).is_temporary() && status(429).is_temporary());
        assert!(!status(404).is_temporary() && !status(410).is_temporary());
        assert!(status(410).is_gone());
    }
}
