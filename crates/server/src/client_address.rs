//! Who asks: the address of a client, also behind proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The address that a request comes from: the peer's; behind trusted proxies the right-most address of `X-Forwarded-For` that is none of
/// theirs, because whatever stands further left was written by somebody who is not trusted. An entry that is no address
/// ends the search at the last one before it.
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

/// What stands for an address where callers are counted: of IPv6 the /64 alone, which one subscriber has, and of which a
/// device changes the rest by itself (RFC 8981).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// An address as proxies write it: alone, in brackets, or with a port.
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
    fn a_network_is_one_caller() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!((of("192.0.2.7"), of("::ffff:192.0.2.7")), ("192.0.2.7".into(), "192.0.2.7".into()));
        assert_eq!(
            (of("2001:db8:1:2::7"), of("2001:db8:1:2:ffff::9")),
            ("2001:db8:1:2::".into(), "2001:db8:1:2::".into())
        );
        assert_eq!(of("2001:db8:1:3::7"), "2001:db8:1:3::");
    }

    #[test]
    fn only_trusted_proxies_say_who_asked() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128"].iter().map(|net| net.parse().unwrap()).collect();
        for (peer, forwarded, wanted) in [
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
            assert_eq!(found, wanted.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        }
        let mut twice = headers(&[("x-forwarded-for", "192.0.2.66")]);
        twice.append("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        assert_eq!(client("10.0.0.1".parse().unwrap(), &twice, &trusted).to_string(), "198.51.100.1");
    }
}
