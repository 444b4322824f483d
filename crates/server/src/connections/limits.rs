//! How many connections there may be, and how long each step of one may take.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use crate::client_address::network;

/// The bounds of a listener's connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; at least 1.
    pub max_connections: usize,
    /// Connections at once of one network: an IPv4 address, or a /64 of IPv6; at least 1.
    pub max_per_network: usize,
    /// From the first byte of a request's head to its last, and from opening a connection to its first byte.
    pub head: Duration,
    /// From the end of an answer to the first byte of the next request.
    pub idle: Duration,
    /// For how long a client may take nothing of an answer that is ready.
    pub write: Duration,
    /// For how long what a client still sends is read after the last answer, so that it gets to see that answer.
    pub linger: Duration,
    /// Who has no limit by network: proxies, which bring everybody's requests. Loopback has none either.
    pub exempt: Vec<IpNet>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_per_network: 200,
            head: Duration::from_secs(10),
            // Longer than proxies keep their connections (nginx: 60 s), so that the proxy is the one that closes.
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
            linger: Duration::from_secs(1),
            exempt: Vec::new(),
        }
    }
}

impl Limits {
    /// The network by which connections of this address are counted; `None` where they are not.
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
