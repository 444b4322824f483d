//! IP addresses outside of the public internet.
//!
//! One table of the special-purpose ranges in the registries of IANA (IPv4:
//! iana-ipv4-special-registry, IPv6: iana-ipv6-special-registry), with multicast, deprecated and
//! unassigned space added. Ranges that the registry calls globally reachable but that hold no web
//! servers (anycast helpers, AS112) are refused as well, because Courant needs nothing from them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of IP addresses with a special purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialRange {
    /// The first address.
    pub network: IpAddr,
    /// Number of fixed leading bits.
    pub prefix: u8,
    /// Its purpose and the document that defines it.
    pub name: &'static str,
}

impl SpecialRange {
    /// Whether the range contains the address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                u32::from(network).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                u128::from(network).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            _ => false,
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, name: &'static str) -> SpecialRange {
    SpecialRange { network: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix, name }
}

const fn v6(head: [u16; 4], prefix: u8, name: &'static str) -> SpecialRange {
    let [a, b, c, d] = head;
    SpecialRange { network: IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), prefix, name }
}

/// Narrow ranges precede the wide ones that contain them, so that the most specific name is found.
const RANGES: &[SpecialRange] = &[
    v4(0, 0, 0, 0, 8, "this network, RFC 791"),
    v4(10, 0, 0, 0, 8, "private use, RFC 1918"),
    v4(100, 64, 0, 0, 10, "shared address space, RFC 6598"),
    v4(127, 0, 0, 0, 8, "loopback, RFC 1122"),
    v4(169, 254, 0, 0, 16, "link-local, RFC 3927"),
    v4(172, 16, 0, 0, 12, "private use, RFC 1918"),
    v4(192, 0, 0, 0, 24, "IETF protocol assignments, RFC 6890"),
    v4(192, 0, 2, 0, 24, "documentation, RFC 5737"),
    v4(192, 31, 196, 0, 24, "AS112, RFC 7535"),
    v4(192, 52, 193, 0, 24, "AMT, RFC 7450"),
    v4(192, 88, 99, 0, 24, "6to4 relays, RFC 7526"),
    v4(192, 168, 0, 0, 16, "private use, RFC 1918"),
    v4(192, 175, 48, 0, 24, "AS112, RFC 7534"),
    v4(198, 18, 0, 0, 15, "benchmarking, RFC 2544"),
    v4(198, 51, 100, 0, 24, "documentation, RFC 5737"),
    v4(203, 0, 113, 0, 24, "documentation, RFC 5737"),
    v4(224, 0, 0, 0, 4, "multicast, RFC 5771"),
    v4(255, 255, 255, 255, 32, "limited broadcast, RFC 8190"),
    v4(240, 0, 0, 0, 4, "reserved, RFC 1112"),
    v6([0, 0, 0, 0], 96, "unspecified, loopback and IPv4-compatible, RFC 4291"),
    v6([0x64, 0xff9b, 1, 0], 48, "local NAT64, RFC 8215"),
    v6([0x100, 0, 0, 0], 64, "discard-only, RFC 6666"),
    v6([0x100, 0, 0, 1], 64, "dummy prefix, RFC 9780"),
    v6([0x2001, 0, 0, 0], 32, "Teredo, RFC 4380"),
    v6([0x2001, 2, 0, 0], 48, "benchmarking, RFC 5180"),
    v6([0x2001, 3, 0, 0], 32, "AMT, RFC 7450"),
    v6([0x2001, 4, 0x112, 0], 48, "AS112, RFC 7535"),
    v6([0x2001, 0x10, 0, 0], 28, "ORCHID, RFC 4843"),
    v6([0x2001, 0x20, 0, 0], 28, "ORCHIDv2, RFC 7343"),
    v6([0x2001, 0x30, 0, 0], 28, "drone remote identification, RFC 9374"),
    v6([0x2001, 0, 0, 0], 23, "IETF protocol assignments, RFC 2928"),
    v6([0x2001, 0xdb8, 0, 0], 32, "documentation, RFC 3849"),
    v6([0x2002, 0, 0, 0], 16, "6to4, RFC 3056"),
    v6([0x2620, 0x4f, 0x8000, 0], 48, "AS112, RFC 7534"),
    v6([0x3fff, 0, 0, 0], 20, "documentation, RFC 9637"),
    v6([0x5f00, 0, 0, 0], 16, "segment routing, RFC 9602"),
    v6([0xfc00, 0, 0, 0], 7, "unique local, RFC 4193"),
    v6([0xfe80, 0, 0, 0], 10, "link-local, RFC 4291"),
    v6([0xfec0, 0, 0, 0], 10, "site-local, RFC 3879"),
    v6([0xff00, 0, 0, 0], 8, "multicast, RFC 4291"),
];

/// All IPv6 space that IANA has allocated for global unicast (RFC 4291, section 2.4).
const GLOBAL_UNICAST: SpecialRange = v6([0x2000, 0, 0, 0], 3, "global unicast");

/// The well-known prefix under which a translator reaches IPv4 (RFC 6052).
const NAT64: SpecialRange = v6([0x64, 0xff9b, 0, 0], 96, "NAT64");

/// The name of the special range that contains an address; `None` if the address is public.
///
/// An IPv4-mapped address and one under the NAT64 prefix reach the IPv4 address inside and are
/// treated like it.
pub fn special_range(address: IpAddr) -> Option<&'static str> {
    if let Some(inner) = inner_v4(address) {
        return special_range(IpAddr::V4(inner));
    }
    if let Some(range) = RANGES.iter().find(|range| range.contains(address)) {
        return Some(range.name);
    }
    (address.is_ipv6() && !GLOBAL_UNICAST.contains(address)).then_some("unassigned, RFC 4291")
}

/// The IPv4 address that is reached through this one: the one inside an IPv4-mapped address (RFC
/// 4291, section 2.5.5.2) or one under the NAT64 prefix (RFC 6052); `None` for all others.
pub fn inner_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    v6.to_ipv4_mapped().or_else(|| {
        let [.., a, b, c, d] = v6.octets();
        NAT64.contains(address).then(|| Ipv4Addr::new(a, b, c, d))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn special(text: &str) -> bool {
        special_range(text.parse().unwrap()).is_some()
    }

    #[test]
    fn special_addresses() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:5db8:d822::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "::2:0:0",
        ] {
            assert!(special(text), "{text}");
        }
    }

    #[test]
    fn public_addresses() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:93.184.216.34",
            "64:ff9b::5db8:d822",
            "2001:4860:4860::8888",
            "2001:200::1",
            "2606:2800:220:1::1",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(!special(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn wrapped_addresses_are_treated_like_what_they_reach(bits in any::<u32>()) {
            let inner = Ipv4Addr::from(bits);
            let expected = special_range(IpAddr::V4(inner));
            prop_assert_eq!(special_range(IpAddr::V6(inner.to_ipv6_mapped())), expected);
            let [a, b, c, d] = inner.octets();
            let nat64 = Ipv6Addr::from([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
            prop_assert_eq!(special_range(IpAddr::V6(nat64)), expected);
        }
    }
}
