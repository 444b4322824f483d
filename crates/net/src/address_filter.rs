//! Which networks may be connected to.

use std::net::IpAddr;

use courant_model::{inner_v4, special_range};
use ipnet::IpNet;

use crate::error::BlockReason;

/// Allows connections to public addresses and to the networks that the owner has allowed.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressFilter {
    allow: Vec<IpNet>,
}

impl AddressFilter {
    pub(crate) const fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// An error for an address that must not be connected to.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), BlockReason> {
        let Some(range) = special_range(address) else { return Ok(()) };
        let embedded = inner_v4(address).map(IpAddr::V4);
        let allowed =
            |net: &IpNet| net.contains(&address) || embedded.is_some_and(|inner| net.contains(&inner));
        if self.allow.iter().any(allowed) { Ok(()) } else { Err(BlockReason::Address { address, range }) }
    }
}
