//! What happens to every request before, and to every response after, a handler.

pub(crate) mod access;
pub(crate) mod compression;
pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod hsts;
pub(crate) mod hub_links;
pub(crate) mod rate_limit;
