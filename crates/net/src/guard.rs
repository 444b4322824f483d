//! The guard: decides whether a URL may be requested at all.
//!
//! It checks the first URL and each redirect. Hosts that are IP addresses are checked here in every
//! notation (`http://0x7f.1/` is `127.0.0.1` once parsed). Host names are checked by the
//! [resolver](crate::resolve): connections use exactly its filtered addresses, so a name whose
//! addresses change after the check does not pass it.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use crate::{
    address_filter::AddressFilter,
    config::{ClientConfig, OriginOverride},
    error::BlockReason,
    limits::MAX_URL_BYTES,
};

/// Where a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// To the host of the URL.
    Direct,
    /// To a configured address, over plain HTTP.
    Origin(SocketAddr),
}

/// The rules for URLs.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) filter: AddressFilter,
    ports: Vec<u16>,
    origins: Vec<OriginOverride>,
}

impl Guard {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        Self {
            filter: AddressFilter::new(config.allow.clone()),
            ports: config.ports.clone(),
            origins: config.origins.clone(),
        }
    }

    /// Where to send a request for this URL, or why it is blocked.
    pub(crate) fn route(&self, url: &Url) -> Result<Route, BlockReason> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BlockReason::Scheme(url.scheme().to_owned()));
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(BlockReason::TooLong(url.as_str().len()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BlockReason::UserInfo);
        }
        let host = url.host().ok_or(BlockReason::NoHost)?;
        let name = url.host_str().unwrap_or_default().trim_end_matches('.');
        if let Some(found) = self.origins.iter().find(|origin| origin.covers(name)) {
            return Ok(Route::Origin(found.origin));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !matches!(port, 80 | 443) && !self.ports.contains(&port) {
            return Err(BlockReason::Port(port));
        }
        match host {
            Host::Ipv4(address) => self.filter.check(IpAddr::V4(address))?,
            Host::Ipv6(address) => self.filter.check(IpAddr::V6(address))?,
            Host::Domain(_) => {}
        }
        Ok(Route::Direct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(config: &ClientConfig, url: &str) -> Result<Route, BlockReason> {
        Guard::new(config).route(&Url::parse(url).unwrap())
    }

    #[test]
    fn unusual_notations_of_local_addresses() {
        let config = ClientConfig::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0.0.0.0/",
            "http://①②⑦.0.0.1/",
            "http://127.0.0.1./",
        ] {
            assert!(
                matches!(route(&config, url), Err(BlockReason::Address { .. })),
                "{url}: {:?}",
                route(&config, url)
            );
        }
    }

    #[test]
    fn schemes_ports_and_names() {
        let config = ClientConfig { ports: vec![8080], ..ClientConfig::default() };
        assert_eq!(route(&config, "http://news.example/"), Ok(Route::Direct));
        assert_eq!(route(&config, "https://news.example:8080/"), Ok(Route::Direct));
        assert_eq!(route(&config, "http://news.example:25/"), Err(BlockReason::Port(25)));
        assert_eq!(route(&config, "gopher://news.example/"), Err(BlockReason::Scheme("gopher".into())));
        assert_eq!(route(&config, "file:///etc/passwd"), Err(BlockReason::Scheme("file".into())));
        assert_eq!(route(&config, "http://news.example@93.184.216.34/"), Err(BlockReason::UserInfo));
        let long = format!("http://news.example/{}", "a".repeat(MAX_URL_BYTES));
        assert!(matches!(route(&config, &long), Err(BlockReason::TooLong(_))));
    }

    #[test]
    fn the_owner_may_allow_a_network() {
        let config = ClientConfig { allow: vec!["10.0.0.0/8".parse().unwrap()], ..ClientConfig::default() };
        assert_eq!(route(&config, "http://10.0.0.1/"), Ok(Route::Direct));
        assert_eq!(route(&config, "http://[::ffff:10.0.0.1]/"), Ok(Route::Direct));
        assert!(route(&config, "http://192.168.0.1/").is_err());
    }

    #[test]
    fn a_configured_origin_is_exempt() {
        let origin = SocketAddr::from(([127, 0, 0, 1], 9));
        let config = ClientConfig {
            origins: vec![OriginOverride { host: "*.example".into(), origin }],
            ..ClientConfig::default()
        };
        assert_eq!(route(&config, "https://news.example/"), Ok(Route::Origin(origin)));
        assert!(route(&config, "http://127.0.0.1:9/").is_err());
    }
}
