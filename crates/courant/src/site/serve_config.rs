//! `[serve]`, `[beacon]` and `[api]`: how the site is answered, and what is counted of it.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// `[serve]`: the web server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeConfig {
    pub(crate) listen: std::net::SocketAddr,
    /// Where figures for a monitoring system are answered; nowhere where empty.
    #[serde(with = "maybe_address")]
    pub(crate) metrics: Option<std::net::SocketAddr>,
    /// Proxies in front of this program whose `X-Forwarded-For` is believed.
    #[serde(with = "networks")]
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// How many clients may listen to events at once.
    pub(crate) listeners: usize,
}

/// `[beacon]`: whether it is counted which links readers follow.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BeaconConfig {
    pub(crate) enabled: bool,
}

/// Networks as `10.0.0.0/8`, or as one address.
mod networks {
    use std::net::IpAddr;

    use ipnet::IpNet;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(networks: &[IpNet], to: S) -> Result<S::Ok, S::Error> {
        networks.iter().map(IpNet::to_string).collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<IpNet>, D::Error> {
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
pub(crate) struct ApiConfig {
    pub(crate) keys: KeyRule,
    /// Requests a minute for an address without a key.
    pub(crate) rate: u32,
}

/// Whether callers of the API need a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyRule {
    Off,
    Optional,
    Required,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { keys: KeyRule::Off, rate: 60 }
    }
}

/// An address, or the empty text where there is none: TOML has no null, and every key stands in the file.
mod maybe_address {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(address: &Option<SocketAddr>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&address.map(|address| address.to_string()).unwrap_or_default())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        let wanted =
            || D::Error::custom(format!("{text:?} is no address and port; as in \"127.0.0.1:9108\""));
        text.parse().map(Some).map_err(|_| wanted())
    }
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics: None,
            trusted_proxies: Vec::new(),
            listeners: 1_000,
        }
    }
}
