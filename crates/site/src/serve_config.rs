//! `[serve]`, `[beacon]` and `[api]`: how the site is answered, and what is counted of it.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ListenAddress;

/// The most connections that can be asked for.
const MAX_CONNECTIONS: usize = 1_000_000;
/// The longest time for which browsers are bound to HTTPS: two years.
const MAX_HSTS_DAYS: u32 = 730;

/// `[serve]`: the web server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    #[serde(with = "address")]
    pub listen: ListenAddress,
    /// Where figures for a monitoring system are answered; nowhere where empty.
    #[serde(with = "maybe_address")]
    pub metrics: Option<ListenAddress>,
    /// Proxies in front of this program whose `X-Forwarded-For` is believed.
    #[serde(with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// How many clients may listen to events at once.
    pub listeners: usize,
    /// Connections at once; 0 for as many as is usual and file descriptors allow.
    pub max_connections: usize,
    /// Connections at once of one IPv4 address or IPv6 /64.
    pub max_connections_per_network: usize,
    /// Days for which browsers are bound to HTTPS; 0 does not bind them.
    pub hsts_days: u32,
}

impl ServeConfig {
    /// The key that is out of bounds, and what it must be.
    pub fn problem(&self, site: &Url) -> Option<(&'static str, &'static str)> {
        let bounds = [
            (
                "max_connections",
                self.max_connections <= MAX_CONNECTIONS,
                "must be an integer from 0 to 1000000",
            ),
            (
                "max_connections_per_network",
                (1..=MAX_CONNECTIONS).contains(&self.max_connections_per_network),
                "must be an integer from 1 to 1000000",
            ),
            ("hsts_days", self.hsts_days <= MAX_HSTS_DAYS, "must be an integer from 0 to 730"),
            (
                "hsts_days",
                self.hsts_days == 0 || site.scheme() == "https",
                "must be 0 unless [site] url begins with https://",
            ),
        ];
        bounds.into_iter().find(|(_, holds, _)| !holds).map(|(key, _, wanted)| (key, wanted))
    }
}

/// `[beacon]`: whether it is counted which links readers follow.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BeaconConfig {
    pub enabled: bool,
}

/// Networks as `10.0.0.0/8`, or as one address.
mod networks {
    use std::net::IpAddr;

    use ipnet::IpNet;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(networks: &[IpNet], to: S) -> Result<S::Ok, S::Error> {
        networks.iter().map(IpNet::to_string).collect::<Vec<_>>().serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<IpNet>, D::Error> {
        let network = |text: String| {
            let alone = text.parse::<IpAddr>().map(IpNet::from);
            alone.or_else(|_| text.parse()).map_err(|_| {
                D::Error::custom(format!("{text:?} is no address or network such as \"10.0.0.0/8\""))
            })
        };
        Vec::<String>::deserialize(from)?.into_iter().map(network).collect()
    }
}

/// `[api]`: who may ask `/api/v1/`, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    pub keys: KeyRule,
    /// Requests a minute for an address without a key.
    pub rate: u32,
}

/// Whether callers of the API need a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyRule {
    Off,
    Optional,
    Required,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { keys: KeyRule::Off, rate: 60 }
    }
}

/// An address to listen on, as text.
mod address {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::ListenAddress;

    pub(crate) fn serialize<S: Serializer>(address: &ListenAddress, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&address.to_string())
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<ListenAddress, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// An address, or the empty text where there is none: TOML has no null, and every key stands in the file.
mod maybe_address {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::ListenAddress;

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(
        address: &Option<ListenAddress>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&address.as_ref().map(ToString::to_string).unwrap_or_default())
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<ListenAddress>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(D::Error::custom)
    }
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: ListenAddress::Socket(std::net::SocketAddr::from(([127, 0, 0, 1], 8080))),
            metrics: None,
            trusted_proxies: Vec::new(),
            listeners: 1_000,
            max_connections: 0,
            max_connections_per_network: 200,
            hsts_days: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn error_of(text: &str) -> String {
        Config::parse(text, Path::new("courant.toml")).unwrap_err().to_string()
    }

    #[test]
    fn the_site_listens_where_people_write_it() {
        let text = "[serve]\nlisten = \"localhost:8080\"\nmetrics = \"unix:/run/metrics.sock\"\n";
        let serve = Config::parse(text, Path::new("courant.toml")).unwrap().serve;
        assert_eq!(serve.listen.to_string(), "localhost:8080");
        assert_eq!(serve.metrics.unwrap().to_string(), "unix:/run/metrics.sock");
        let error = error_of("[serve]\nlisten = \"8080\"\n");
        assert!(error.starts_with("courant.toml:2: invalid listen address \"8080\": expected "), "{error}");
    }

    #[test]
    fn bounds_of_connections_and_of_https_are_checked() {
        for (line, wanted) in [
            ("max_connections = 1000001", "max_connections must be an integer from 0 to 1000000"),
            (
                "max_connections_per_network = 0",
                "max_connections_per_network must be an integer from 1 to 1000000",
            ),
            ("hsts_days = 731", "hsts_days must be an integer from 0 to 730"),
            ("hsts_days = 30", "hsts_days must be 0 unless [site] url begins with https://"),
        ] {
            assert_eq!(error_of(&format!("[serve]\n{line}\n")), format!("courant.toml:2: [serve] {wanted}"));
        }
        let text = "[site]\nurl = \"https://news.example/\"\n[serve]\nhsts_days = 30\n";
        assert_eq!(Config::parse(text, Path::new("courant.toml")).unwrap().serve.hsts_days, 30);
    }
}
