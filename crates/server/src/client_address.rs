//! The address of a client, also behind proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address that a request comes from. Behind trusted proxies it is the right-most address of
/// `X-Forwarded-For` that does not belong to them: everything further left was written by an
/// untrusted party. The search ends before an entry that is not an address.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    let values = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    for hop in hops.into_iter().rev() {
        if !trusted.iter().any(|net| net.contains(&address)) {
            break;
        }
        let Some(before) = hop_address(hop.trim()) else { break };
        address = before.to_canonical();
    }
    address
}

/// The network by which a client is counted: an IPv4 address, or an IPv6 /64, which one subscriber
/// has and within which a device changes its address by itself (RFC 8981).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Parses an address as proxies write it: bare, in brackets, or with a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!((of("192.0.2.7"), of("::ffff:192.0.2.7")), ("192.0.2.7".into(), "192.0.2.7".into()));
        assert_eq!(
            (of("2001:db8:1:2::7"), of("2001:db8:1:2:ffff::9")),
            ("2001:db8:1:2::".into(), "2001:db8:1:2::".into())
        );
        assert_eq!(of("2001:db8:1:3::7"), "2001:db8:1:3::");
    }

    #[test]
    fn only_trusted_proxies_may_name_the_client() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128"].iter().map(|net| net.parse().unwrap()).collect();
        for (peer, forwarded, expected) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
            ("::1", "[2001:db8::5]:4711, 10.1.1.1", "2001:db8::5"),
            ("::1", "[2001:db8::5]", "2001:db8::5"),
            ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ] {
            let headers = headers(&[("x-forwarded-for", forwarded)]);
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        }
        let mut twice = headers(&[("x-forwarded-for", "192.0.2.66")]);
        twice.append("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        assert_eq!(client("10.0.0.1".parse().unwrap(), &twice, &trusted).to_string(), "198.51.100.1");
    }
}
