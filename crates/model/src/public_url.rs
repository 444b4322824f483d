//! The URLs that a site may publish.
//!
//! The HTTP client refuses certain hosts (see [`special_range`]); a link or an image with such a
//! URL would make readers' browsers fetch it instead. So nothing that a site publishes contains
//! one, whatever its source.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::special::{SpecialRange, inner_v4, special_range};

/// Maximum length in bytes of a URL that is fetched or published; RFC 9110, section 4.1, recommends
/// at least 8000.
pub const MAX_URL_BYTES: usize = 8192;

/// Endings of names that are never public: special-use names (RFC 6761, 6762, 7686, 8375, 9476),
/// ICANN's name for private use (`internal`), and those that private networks use without
/// registration (RFC 6762, appendix G).
const PRIVATE_ENDINGS: [&str; 12] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "onion",
    "alt",
];

/// Ports that browsers block ("bad port", WHATWG Fetch, section 2.9): services other than the web.
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Why a URL may not be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlProblem {
    /// It cannot be parsed, or is relative where it must be absolute.
    Invalid,
    /// Neither http nor https.
    Scheme(String),
    /// It contains a user name or a password.
    UserInfo,
    /// It has no host.
    NoHost,
    /// Its host is an IP address that is not public.
    Special {
        /// The IP address.
        address: IpAddr,
        /// The special-purpose range that contains it.
        range: &'static str,
    },
    /// Its host is the name of a private network or of this machine.
    PrivateName(String),
    /// Its port is one that browsers block.
    Port(u16),
    /// It is longer than [`MAX_URL_BYTES`].
    TooLong(usize),
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => write!(f, "invalid URL"),
            Self::Scheme(scheme) => write!(f, "scheme {scheme} is not http or https"),
            Self::UserInfo => write!(f, "the URL contains a user name or password"),
            Self::NoHost => write!(f, "the URL has no host"),
            Self::Special { address, range } => write!(f, "{address} is not a public IP address ({range})"),
            Self::PrivateName(name) => write!(f, "{name} is not a public host name"),
            Self::Port(port) => write!(f, "port {port} is blocked by browsers"),
            Self::TooLong(bytes) => {
                write!(f, "the URL has {bytes} bytes; at most {MAX_URL_BYTES} are allowed")
            }
        }
    }
}

/// The rule for published URLs: http or https, no user name, a public host, a port that browsers do
/// not block. The owner may allow ranges and hosts of their own network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublicUrls {
    allowed: Vec<Allowed>,
}

/// An exception that the owner allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Allowed {
    /// A range of IP addresses: the first one, and the number of fixed leading bits.
    Range(IpAddr, u8),
    /// A host and all names below it, in lower case.
    Host(String),
}

impl FromStr for Allowed {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(range) = range(text) {
            return Ok(range);
        }
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        let is_name = !name.is_empty()
            && name.split('.').all(|label| {
                !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
            // A host that ends in digits is an invalid IPv4 address (WHATWG URL, section 3.5).
            && name.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
        if is_name { Ok(Self::Host(name)) } else { Err(()) }
    }
}

fn range(text: &str) -> Option<Allowed> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(bits);
    (prefix <= bits).then_some(Allowed::Range(address, prefix))
}

impl PublicUrls {
    /// The rule that also allows these: ranges (`192.168.1.0/24`), single IP addresses, and host
    /// names with all names below them.
    ///
    /// Errors: the first entry that is not one of these.
    pub fn allowing<T: AsRef<str>>(entries: &[T]) -> Result<Self, String> {
        let allowed = entries
            .iter()
            .map(|entry| entry.as_ref().trim().parse().map_err(|()| entry.as_ref().to_owned()))
            .collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// The rule that also allows the hosts of these URLs, for what the owner wrote about their own
    /// site.
    #[must_use]
    pub fn and_hosts_of<'a>(mut self, urls: impl IntoIterator<Item = &'a Url>) -> Self {
        self.allowed.extend(urls.into_iter().filter_map(|url| match url.host()? {
            Host::Domain(name) => Some(Allowed::Host(name.trim_end_matches('.').to_owned())),
            Host::Ipv4(address) => Some(Allowed::Range(address.into(), 32)),
            Host::Ipv6(address) => Some(Allowed::Range(address.into(), 128)),
        }));
        self
    }

    /// Checks whether a URL may be published.
    ///
    /// Errors: why it may not.
    pub fn check(&self, url: &Url) -> Result<(), UrlProblem> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlProblem::Scheme(url.scheme().to_owned()));
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(UrlProblem::TooLong(url.as_str().len()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::UserInfo);
        }
        if let Some(port) = url.port().filter(|port| BAD_PORTS.contains(port)) {
            return Err(UrlProblem::Port(port));
        }
        match url.host().ok_or(UrlProblem::NoHost)? {
            Host::Ipv4(address) => self.check_ip(address.into()),
            Host::Ipv6(address) => self.check_ip(address.into()),
            Host::Domain(name) => self.check_name(name.trim_end_matches('.')),
        }
    }

    /// Checks an unparsed URL, which must be absolute.
    ///
    /// Errors: why it may not be published.
    pub fn check_text(&self, text: &str) -> Result<(), UrlProblem> {
        self.check(&Url::parse(text).map_err(|_| UrlProblem::Invalid)?)
    }

    /// Checks an unparsed URL that may also be a path of the site itself (`/images/a.jpg`). What
    /// browsers read as another host (`//host`, `/\host`) is not a path.
    ///
    /// Errors: why it may not be published.
    pub fn check_text_or_path(&self, text: &str) -> Result<(), UrlProblem> {
        // Browsers remove tabs and line breaks anywhere in a URL (WHATWG URL, section 4.4).
        let mut characters =
            text.trim_start_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r'));
        match (characters.next(), characters.next()) {
            (Some('/'), Some('/' | '\\')) => Err(UrlProblem::Invalid),
            (Some('/'), _) => Ok(()),
            _ => self.check_text(text),
        }
    }

    fn check_ip(&self, address: IpAddr) -> Result<(), UrlProblem> {
        let Some(range) = special_range(address) else { return Ok(()) };
        let reached = inner_v4(address).map(IpAddr::V4);
        let allowed = |entry: &Allowed| match *entry {
            Allowed::Range(network, prefix) => {
                let range = SpecialRange { network, prefix, name: "allowed by the owner" };
                range.contains(address) || reached.is_some_and(|inner| range.contains(inner))
            }
            Allowed::Host(_) => false,
        };
        if self.allowed.iter().any(allowed) { Ok(()) } else { Err(UrlProblem::Special { address, range }) }
    }

    /// Checks whether a host name, in lower case and without a final dot, is public or allowed.
    ///
    /// Errors: why it may not be published.
    pub fn check_name(&self, name: &str) -> Result<(), UrlProblem> {
        let below = |ending: &str| {
            name.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        if name.is_empty() {
            return Err(UrlProblem::NoHost);
        }
        let is_private = !name.contains('.') || PRIVATE_ENDINGS.iter().any(|ending| below(ending));
        let allowed = |entry: &Allowed| matches!(entry, Allowed::Host(host) if below(host));
        if is_private && !self.allowed.iter().any(allowed) {
            return Err(UrlProblem::PrivateName(name.to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(rule: &PublicUrls, text: &str) -> Result<(), UrlProblem> {
        rule.check_text(text)
    }

    #[test]
    fn what_may_not_be_fetched_may_not_be_published() {
        let rule = PublicUrls::default();
        for bad in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fe80::1]/",
            "http://10.1.2.3/x",
            "http://169.254.169.254/latest/meta-data/",
            "http://192.168.0.1:8080/",
            "https://100.64.0.1/",
            "http://localhost/",
            "http://localhost:9000/x",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://printer.local/",
            "http://wiki/",
            "http://wiki.intranet/",
            "http://metadata.google.internal/",
            "http://router.home.arpa/",
            "http://abc.onion/",
            "https://ann@news.example/",
            "https://ann:secret@news.example/",
            "https://:secret@news.example/",
            "ftp://news.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "blob:https://news.example/1",
            "//news.example/x",
            "/x",
            "",
            "https://news.example:22/",
            "https://news.example:0/",
        ] {
            assert!(checked(&rule, bad).is_err(), "{bad}");
        }
        for good in [
            "https://news.example/a?b=c#d",
            "http://news.example:8080/",
            "https://xn--bcher-kva.example/",
            "https://93.184.216.34/",
            "https://[2606:2800:220:1::1]/",
            "https://localhost.news.example/",
            "https://mylocal/".replace("mylocal", "my.local.example").as_str(),
            "https://@news.example/",
        ] {
            assert_eq!(checked(&rule, good), Ok(()), "{good}");
        }
        let long = format!("https://news.example/{}", "a".repeat(MAX_URL_BYTES));
        assert!(matches!(checked(&rule, &long), Err(UrlProblem::TooLong(_))));
    }

    #[test]
    fn the_owner_may_allow_their_own_network() {
        let rule = PublicUrls::allowing(&["10.0.0.0/8", "127.77.0.1", "wiki", "corp.home.arpa"]).unwrap();
        for good in [
            "http://10.1.2.3/",
            "http://[::ffff:10.0.0.1]/",
            "http://127.77.0.1/",
            "http://wiki/",
            "http://a.corp.home.arpa/",
        ] {
            assert_eq!(checked(&rule, good), Ok(()), "{good}");
        }
        for bad in [
            "http://127.77.0.2/",
            "http://192.168.0.1/",
            "http://b.home.arpa/",
            "http://xwiki/",
            "http://ann@wiki/",
        ] {
            assert!(checked(&rule, bad).is_err(), "{bad}");
        }
        for wrong in ["10.0.0.0/33", "10.0.0", "::1/129", "a b", "*", ""] {
            assert_eq!(PublicUrls::allowing(&[wrong]), Err(wrong.to_owned()));
        }
        let own = PublicUrls::default().and_hosts_of([&Url::parse("http://127.0.0.1:8080/").unwrap()]);
        assert_eq!(checked(&own, "http://127.0.0.1:8080/a"), Ok(()));
        assert!(checked(&own, "http://127.0.0.2/").is_err());
    }

    #[test]
    fn a_path_of_the_site_is_distinguished_from_another_host() {
        let rule = PublicUrls::default();
        for good in ["/images/a.jpg", "/", "https://news.example/a.jpg"] {
            assert_eq!(rule.check_text_or_path(good), Ok(()), "{good}");
        }
        for bad in [
            "//evil.example/a.jpg",
            "/\\evil.example/a",
            "/\t/evil.example/a",
            " \n//evil.example",
            "a.jpg",
            "javascript:x",
        ] {
            assert!(rule.check_text_or_path(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_spelling_of_a_special_address_passes(bits in any::<u32>()) {
            let address = std::net::Ipv4Addr::from(bits);
            let rule = PublicUrls::default();
            let expected = special_range(address.into()).is_none();
            for text in [format!("http://{address}/"), format!("http://{bits}/"), format!("http://0x{bits:x}/")] {
                prop_assert_eq!(rule.check_text(&text).is_ok(), expected, "{}", text);
            }
        }
    }
}
