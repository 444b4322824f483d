//! `[serve]`: the web server.

use std::net::SocketAddr;

use ipnet::IpNet;
use url::Url;

use super::{
    empty_text,
    section::{Invalid, config_section},
    units::Days,
};
use crate::listen_address::ListenAddress;

config_section! {
    /// The web server of `courant run` and `courant serve`.
    ["serve"]
    pub struct ServeConfig {
        /// Address to listen on: `"127.0.0.1:8080"`, `"localhost:8080"`; `":8080"` or `"[::]:8080"`
        /// for all addresses of this machine; `"unix:/run/courant.sock"` for a proxy on this
        /// machine.
        pub listen: ListenAddress = ListenAddress::Socket(SocketAddr::from(([127, 0, 0, 1], 8080))),
        /// Address that answers /metrics and the full /readyz for a monitoring system, such as
        /// "127.0.0.1:9108"; "" for none.
        #[serde(with = "empty_text")]
        pub metrics: Option<ListenAddress> = None,
        /// Proxies in front of this program whose X-Forwarded-For is trusted:
        /// `["127.0.0.1", "10.0.0.0/8"]`.
        #[serde(with = "networks")]
        pub trusted_proxies: Vec<IpNet> = Vec::new(),
        /// Maximum number of clients that listen to /api/v1/events/ at the same time; each is an
        /// open connection.
        #[range(0..=100_000)]
        pub listeners: usize = 1_000,
        /// Maximum number of concurrent connections of all clients. 0 stands for 4,096 more than
        /// `listeners`, or as many as file descriptors allow.
        #[range(0..=1_000_000)]
        pub max_connections: usize = 0,
        /// Maximum number of concurrent connections of one IPv4 address or one IPv6 /64. It does
        /// not apply to `trusted_proxies` and this machine.
        #[range(1..=1_000_000)]
        pub max_connections_per_network: usize = 200,
        /// Days for which browsers remember to use HTTPS only (Strict-Transport-Security), for a
        /// site whose url begins with https://; 0 turns it off. It can't be taken back before that
        /// time is over: begin with 1.
        #[range(0..=730)]
        pub hsts_days: Days = Days(0),
    }
}

impl ServeConfig {
    /// `site` is the URL of the site.
    pub(super) fn validate(&self, site: &Url) -> Result<(), Invalid> {
        if self.hsts_days > Days(0) && site.scheme() != "https" {
            return Err(Invalid::new("hsts_days", "must be 0 unless [site] url begins with https://"));
        }
        Ok(())
    }
}

/// Networks as text: `10.0.0.0/8`, or one IP address.
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
                D::Error::custom(format!("{text:?} is not an IP address or a network such as \"10.0.0.0/8\""))
            })
        };
        Vec::<String>::deserialize(from)?.into_iter().map(network).collect()
    }
}
