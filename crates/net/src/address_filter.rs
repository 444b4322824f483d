//! Which networks may be connected to.

use std::net::IpAddr;

use courant_model::{inner_v4, special_range};
use ipnet::IpNet;

use crate::error::BlockReason;

/// Which networks may be dialled.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressFilter {
    allow: Vec<IpNet>,
}

impl AddressFilter {
    pub(crate) const fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Passes public addresses and those that the owner allows.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), BlockReason> {
        let Some(range) = special_range(address) else { return Ok(()) };
        let reached = inner_v4(address).map(IpAddr::V4);
        let allowed =
            |net: &IpNet| net.contains(&address) || reached.is_some_and(|inner| net.contains(&inner));
        if self.allow.iter().any(allowed) { Ok(()) } else { Err(BlockReason::Address { address, range }) }
    }
}
