//! Resolves host names.
//!
//! The HTTP library connects to exactly the addresses from [`FilteringResolver`], which returns
//! only allowed ones: there is no second lookup with another result.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns;

use crate::{address_filter::AddressFilter, error::BlockReason};

/// A future of addresses.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Resolves host names.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`, or an error if it has none.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.map(|found| found.ip()).collect())
        })
    }
}

/// Maximum number of addresses per host name.
const MAX_ADDRESSES: usize = 16;

/// A resolver that returns only addresses that the filter allows.
#[derive(Clone)]
pub(crate) struct FilteringResolver {
    pub(crate) inner: Arc<dyn Resolve>,
    pub(crate) filter: AddressFilter,
}

/// All addresses of a host are blocked, the first for this reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockedAddress(pub(crate) BlockReason);

impl fmt::Display for BlockedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for BlockedAddress {}

impl FilteringResolver {
    fn filter(filter: &AddressFilter, found: &[IpAddr]) -> Result<Vec<SocketAddr>, BlockedAddress> {
        let mut blocked = None;
        let mut allowed = Vec::new();
        for &address in found {
            match filter.check(address) {
                Ok(()) => allowed.push(SocketAddr::new(address, 0)),
                Err(reason) => blocked = blocked.or(Some(reason)),
            }
        }
        allowed.truncate(MAX_ADDRESSES);
        match blocked {
            Some(reason) if allowed.is_empty() => Err(BlockedAddress(reason)),
            _ => Ok(allowed),
        }
    }
}

impl dns::Resolve for FilteringResolver {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        let resolving = self.inner.resolve(name.as_str());
        let filter = self.filter.clone();
        Box::pin(async move {
            let allowed = Self::filter(&filter, &resolving.await?)?;
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "no addresses").into());
            }
            Ok(Box::new(allowed.into_iter()) as dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(found: &[&str]) -> Result<Vec<SocketAddr>, BlockedAddress> {
        let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        FilteringResolver::filter(&AddressFilter::default(), &found)
    }

    #[test]
    fn only_public_addresses_are_returned() {
        assert_eq!(filter(&["93.184.216.34", "127.0.0.1"]).unwrap(), ["93.184.216.34:0".parse().unwrap()]);
        assert!(matches!(filter(&["10.0.0.5"]), Err(BlockedAddress(BlockReason::Address { .. }))));
        assert_eq!(filter(&[]).unwrap(), []);
    }
}
