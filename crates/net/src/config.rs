//! What the owner of a site may set about the way out.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use jiff::Timestamp;

use crate::resolve::{Resolve, SystemResolver};

/// Where the client reads the time: the wall clock, or a clock that a test holds.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The name under which Courant asks: its product token with the version, and how to reach the person who runs
/// it (RFC 9110, section 10.1.5). `contact` is a web or mail address, best the site's own page about its robot.
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match contact.map(str::trim).filter(|contact| !contact.is_empty()) {
        Some(contact) => format!("Courant/{version} (+{contact})"),
        None => format!("Courant/{version} (self-hosted news desk; no contact configured)"),
    }
}

/// Sends every request for some hosts to one address, in plain HTTP, while the `Host` header and the address
/// that callers see stay what they were. The demo's invented web and the tests live behind such overrides. As
/// they are named in the configuration they are exempt from the address filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginOverride {
    /// A host (`news.example`), all hosts below one (`*.example`), or every host (`*`).
    pub host: String,
    /// Where the requests go.
    pub origin: SocketAddr,
}

impl OriginOverride {
    /// Whether `host` (lower case, as `Url` gives it) is one of those that are sent elsewhere.
    pub fn covers(&self, host: &str) -> bool {
        match self.host.strip_prefix('*') {
            Some("") => true,
            Some(ending) => host.len() > ending.len() && host.ends_with(ending),
            None => self.host.eq_ignore_ascii_case(host),
        }
    }
}

/// Limits and manners of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct ClientConfig {
    /// The `User-Agent` header; see [`user_agent()`].
    pub user_agent: String,
    /// How long finding the address, connecting and the TLS handshake may take.
    pub connect_timeout: Duration,
    /// How long the head of the answer may take once the request is sent.
    pub head_timeout: Duration,
    /// How long a body may pause between two pieces.
    pub idle_timeout: Duration,
    /// How long a request may take with all its redirects, without the time it waits for its turn.
    pub total_timeout: Duration,
    /// The largest body, in bytes, on the wire and again after decoding.
    pub max_bytes: u64,
    /// How many redirects are followed.
    pub max_redirects: usize,
    /// The least time between the starts of two requests to one registrable domain.
    pub host_pause: Duration,
    /// The most requests that are under way to one registrable domain.
    pub host_in_flight: usize,
    /// How many requests may wait for their turn at one registrable domain; more are refused as busy.
    pub host_waiting: usize,
    /// Networks that may be asked though they are not public: a feed bridge in the owner's own network.
    pub allow: Vec<IpNet>,
    /// Ports that may be asked beside 80 and 443.
    pub ports: Vec<u16>,
    /// Hosts whose requests go to a named address.
    pub origins: Vec<OriginOverride>,
    /// Whether robots.txt is asked and obeyed for what no owner listed.
    pub robots: bool,
    /// Who turns host names into addresses; the answers are filtered all the same.
    pub resolver: Arc<dyn Resolve>,
    /// The clock by which dates in headers, pauses and the age of robots.txt are read.
    pub clock: Clock,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            user_agent: user_agent(None),
            connect_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_mins(1),
            max_bytes: 16 << 20,
            max_redirects: 10,
            host_pause: Duration::from_secs(1),
            host_in_flight: 2,
            host_waiting: 1024,
            allow: Vec::new(),
            ports: Vec::new(),
            origins: Vec::new(),
            robots: true,
            resolver: Arc::new(SystemResolver),
            #[expect(clippy::disallowed_methods, reason = "the default of a clock that can be replaced")]
            clock: Arc::new(Timestamp::now),
        }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("user_agent", &self.user_agent)
            .field("max_bytes", &self.max_bytes)
            .field("max_redirects", &self.max_redirects)
            .field("host_pause", &self.host_pause)
            .field("host_in_flight", &self.host_in_flight)
            .field("allow", &self.allow)
            .field("ports", &self.ports)
            .field("origins", &self.origins)
            .field("robots", &self.robots)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn override_patterns() {
        let covers = |pattern: &str, host| {
            OriginOverride { host: pattern.into(), origin: ([127, 0, 0, 1], 1).into() }.covers(host)
        };
        assert!(covers("news.example", "news.example"));
        assert!(!covers("news.example", "a.news.example"));
        assert!(covers("*.example", "a.news.example"));
        assert!(!covers("*.example", "example"));
        assert!(!covers("*.example", "news.example.com"));
        assert!(covers("*", "anything.test"));
    }

    #[test]
    fn the_name_says_whom_to_ask() {
        let name = user_agent(Some("https://desk.example/robot"));
        assert!(name.starts_with("Courant/") && name.ends_with(" (+https://desk.example/robot)"), "{name}");
        assert_eq!(user_agent(Some(" ")), user_agent(None));
    }
}
