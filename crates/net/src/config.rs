//! The configuration of the client.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use jiff::Timestamp;

use crate::resolve::{Resolve, SystemResolver};

/// The client's clock: the wall clock, or a fixed one in tests.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The `User-Agent` of Courant: its name and version, and how to contact the owner (RFC 9110,
/// section 10.1.5). `contact` is a URL or mail address, ideally the site's page about its robot.
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match contact.map(str::trim).filter(|contact| !contact.is_empty()) {
        Some(contact) => format!("Courant/{version} (+{contact})"),
        None => format!("Courant/{version} (self-hosted news desk; no contact configured)"),
    }
}

/// Sends every request for some hosts to one address, over plain HTTP; the `Host` header and the
/// URL that callers see stay the same. The demo and the tests use it. These addresses are
/// configured explicitly, so the address filter does not apply to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginOverride {
    /// A host (`news.example`), all hosts below one (`*.example`), or every host (`*`).
    pub host: String,
    /// The address that gets the requests.
    pub origin: SocketAddr,
}

impl OriginOverride {
    /// Whether this override applies to `host`, which is in lower case as in a `Url`.
    pub fn covers(&self, host: &str) -> bool {
        match self.host.strip_prefix('*') {
            Some("") => true,
            Some(ending) => host.len() > ending.len() && host.ends_with(ending),
            None => self.host.eq_ignore_ascii_case(host),
        }
    }
}

/// The configuration of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct ClientConfig {
    /// The `User-Agent` header; see [`user_agent()`].
    pub user_agent: String,
    /// Maximum time for the DNS lookup, connecting and the TLS handshake.
    pub connect_timeout: Duration,
    /// Maximum time from sending the request to the head of the response.
    pub head_timeout: Duration,
    /// Maximum time between two chunks of a body.
    pub idle_timeout: Duration,
    /// Maximum time for a request with all redirects, without the wait for permits.
    pub total_timeout: Duration,
    /// Maximum size of a body in bytes, as transferred and again after decoding.
    pub max_bytes: u64,
    /// Maximum number of redirects.
    pub max_redirects: usize,
    /// Minimum time between the starts of two requests to one registrable domain.
    pub host_pause: Duration,
    /// Maximum number of concurrent requests to one registrable domain.
    pub host_in_flight: usize,
    /// Maximum number of requests that wait for one registrable domain; further ones fail as busy.
    pub host_waiting: usize,
    /// Networks that may be requested although they are not public, for example a feed bridge in
    /// the owner's network.
    pub allow: Vec<IpNet>,
    /// Allowed ports besides 80 and 443.
    pub ports: Vec<u16>,
    /// Hosts whose requests go to another address.
    pub origins: Vec<OriginOverride>,
    /// Whether robots.txt is obeyed; see [`Purpose::obeys_robots`](crate::Purpose::obeys_robots).
    pub robots: bool,
    /// Resolves host names; its results are filtered in any case.
    pub resolver: Arc<dyn Resolve>,
    /// The clock for dates in headers, pauses and the age of robots.txt.
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
    fn the_user_agent_contains_the_contact() {
        let name = user_agent(Some("https://desk.example/robot"));
        assert!(name.starts_with("Courant/") && name.ends_with(" (+https://desk.example/robot)"), "{name}");
        assert_eq!(user_agent(Some(" ")), user_agent(None));
    }
}
