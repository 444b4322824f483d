//! Every range of IANA's two registries of special-purpose addresses (RFC 6890) is recognised, from
//! its first to its last address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use courant_net::special_range;
use ipnet::IpNet;

/// The registries as of 2025. IPv4-mapped and NAT64 addresses have their own tests: what counts is
/// the IPv4 address in them.
const REGISTERED: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    // Multicast has its own registry.
    "224.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

#[test]
fn every_registered_range_is_special() {
    for text in REGISTERED {
        let range: IpNet = text.parse().unwrap();
        for address in [range.network(), middle(&range), range.broadcast()] {
            assert!(special_range(address).is_some(), "{address} of {range}");
        }
    }
}

/// The address in the middle of a range.
fn middle(range: &IpNet) -> IpAddr {
    match range {
        IpNet::V4(range) => {
            let (first, last) = (u32::from(range.network()), u32::from(range.broadcast()));
            Ipv4Addr::from(first + (last - first) / 2).into()
        }
        IpNet::V6(range) => {
            let (first, last) = (u128::from(range.network()), u128::from(range.broadcast()));
            Ipv6Addr::from(first + (last - first) / 2).into()
        }
    }
}

#[test]
fn addresses_with_an_embedded_special_address_are_special() {
    let ranges = REGISTERED.iter().filter_map(|text| match text.parse().unwrap() {
        IpNet::V4(range) => Some(range),
        IpNet::V6(_) => None,
    });
    for address in ranges.flat_map(|range| [range.network(), range.broadcast()]) {
        let [a, b, c, d] = address.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for wrapped in [
            address.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            // Teredo contains the client's address with all bits inverted (RFC 4380, section 4).
            Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, !high, !low),
        ] {
            assert!(special_range(wrapped.into()).is_some(), "{wrapped} contains {address}");
        }
    }
}

#[test]
fn addresses_next_to_a_range_are_public() {
    for text in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "203.0.114.0",
        "223.255.255.255",
        "2001:200::",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2620:4f:7fff::",
        "2620:4f:8001::",
        "3ffe:ffff::",
        "64:ff9b::5db8:d822",
        "::ffff:93.184.216.34",
    ] {
        assert_eq!(special_range(text.parse().unwrap()), None, "{text}");
    }
}
