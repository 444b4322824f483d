//! From host names to the addresses that are dialled.
//!
//! The HTTP machinery dials exactly what [`Filtered`] answers, and [`Filtered`] answers only what the guard
//! passes: there is no second look-up whose answer could differ.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns;

use crate::{address_filter::AddressFilter, error::BlockReason};

/// Addresses to come.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who turns a host name into addresses.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`; an error where it has none.
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

/// More addresses of one name than this are not tried.
const MAX_ADDRESSES: usize = 16;

/// A resolver that answers only what the guard passes.
#[derive(Clone)]
pub(crate) struct Filtered {
    pub(crate) inner: Arc<dyn Resolve>,
    pub(crate) filter: AddressFilter,
}

/// Every address of the name was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) BlockReason);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl Filtered {
    fn pass(filter: &AddressFilter, found: &[IpAddr]) -> Result<Vec<SocketAddr>, Refused> {
        let mut refused = None;
        let mut passed = Vec::new();
        for &address in found {
            match filter.check(address) {
                Ok(()) => passed.push(SocketAddr::new(address, 0)),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        passed.truncate(MAX_ADDRESSES);
        match refused {
            Some(reason) if passed.is_empty() => Err(Refused(reason)),
            _ => Ok(passed),
        }
    }
}

impl dns::Resolve for Filtered {
    fn resolve(&self, name: dns::Name) -> dns::Resolving {
        let answer = self.inner.resolve(name.as_str());
        let filter = self.filter.clone();
        Box::pin(async move {
            let passed = Self::pass(&filter, &answer.await?)?;
            if passed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "no addresses").into());
            }
            Ok(Box::new(passed.into_iter()) as dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(found: &[&str]) -> Result<Vec<SocketAddr>, Refused> {
        let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        Filtered::pass(&AddressFilter::default(), &found)
    }

    #[test]
    fn only_public_answers_are_dialled() {
        assert_eq!(pass(&["93.184.216.34", "127.0.0.1"]).unwrap(), ["93.184.216.34:0".parse().unwrap()]);
        assert!(matches!(pass(&["10.0.0.5"]), Err(Refused(BlockReason::Address { .. }))));
        assert_eq!(pass(&[]).unwrap(), []);
    }
}
