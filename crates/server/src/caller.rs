//! Who asks: the address of a client, also behind a proxy.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;

/// The address that a request comes from. Behind a proxy it is the last one of `X-Forwarded-For`, which the proxy has added;
/// what stands before it anybody may have written.
pub(crate) fn address_of(headers: &HeaderMap, peer: Option<IpAddr>, behind_proxy: bool) -> IpAddr {
    let forwarded = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        let last = last.rsplit(',').next()?.trim();
        let with_port = || last.parse::<SocketAddr>().map(|address| address.ip());
        let plain = last.trim_start_matches('[').trim_end_matches(']');
        plain.parse().or_else(|_| with_port()).ok()
    };
    let stated = if behind_proxy { forwarded() } else { None };
    stated.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_believed_and_nobody_else() {
        let peer: IpAddr = "127.0.0.1".parse().unwrap();
        let of = |values: &[&str], behind| {
            let headers: HeaderMap = values
                .iter()
                .map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap()))
                .collect();
            address_of(&headers, Some(peer), behind).to_string()
        };
        assert_eq!(of(&["192.0.2.7"], false), "127.0.0.1");
        for (values, wanted) in [
            (&["192.0.2.7"][..], "192.0.2.7"),
            (&["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
            (&["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
            (&["192.0.2.7:4711"], "192.0.2.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["nonsense"], "127.0.0.1"),
            (&[], "127.0.0.1"),
        ] {
            assert_eq!(of(values, true), wanted, "{values:?}");
        }
    }
}
