//! The maximum number of connections, and the time limits of each stage of a connection.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use crate::client_address::network;

/// The limits of a listener's connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of open connections; at least 1.
    pub max_connections: usize,
    /// Maximum number of open connections from one network, an IPv4 address or an IPv6 /64; at
    /// least 1.
    pub max_per_network: usize,
    /// From the first to the last byte of a request's head, and from the start of a connection to
    /// its first byte.
    pub head: Duration,
    /// From the end of a response to the first byte of the next request.
    pub idle: Duration,
    /// How long a client may read nothing of a response that is ready.
    pub write: Duration,
    /// How long the server reads on after the last response, so that the client gets that response.
    pub linger: Duration,
    /// Networks without a limit of their own: proxies, which forward the requests of many clients.
    /// Loopback has none either.
    pub exempt: Vec<IpNet>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_per_network: 200,
            head: Duration::from_secs(10),
            // Longer than proxies keep connections open (nginx: 60 s), so that the proxy closes
            // them.
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(1),
            exempt: Vec::new(),
        }
    }
}

impl Limits {
    /// The network by which connections from this address are counted; `None` if they are not
    /// counted.
    pub(super) fn network_of(&self, address: IpAddr) -> Option<IpAddr> {
        let address = address.to_canonical();
        let is_exempt = address.is_loopback() || self.exempt.iter().any(|net| net.contains(&address));
        (!is_exempt).then(|| network(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_and_loopback_are_not_counted_by_network() {
        let limits = Limits { exempt: vec!["10.0.0.0/8".parse().unwrap()], ..Limits::default() };
        let of = |text: &str| limits.network_of(text.parse().unwrap()).map(|found| found.to_string());
        for exempt in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3"] {
            assert_eq!(of(exempt), None, "{exempt}");
        }
        assert_eq!(of("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(of("::ffff:192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(of("2001:db8:1:2::7").as_deref(), Some("2001:db8:1:2::"));
    }
}
