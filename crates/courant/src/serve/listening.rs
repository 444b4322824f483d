//! Listening sockets and connection limits.

use anyhow::Context as _;
use courant_pipeline::Context;
use courant_server::{Limits, Listeners};
use courant_site::ListenAddress;
use courant_site::Site;

use crate::descriptors;

/// Maximum concurrent connections for metrics.
const MAX_METRICS_CONNECTIONS: usize = 32;

/// Listens on an address; `setting` names the setting in errors.
pub(crate) async fn bind(address: &ListenAddress, setting: &str) -> anyhow::Result<Listeners> {
    Listeners::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {setting}"))
}

/// The limits of the site's connections.
pub(crate) fn limits(context: &Context) -> Limits {
    let serve = &context.site.config.serve;
    let limit = connection_limit(&context.site);
    if let Some(wanted) = limit.wanted {
        tracing::warn!(
            "serving at most {} connections instead of {wanted}: the limit of file descriptors is {}; \
             raise LimitNOFILE= or `ulimit -Hn`",
            limit.connections,
            limit.descriptors,
        );
    }
    Limits {
        max_connections: limit.connections,
        max_per_network: serve.max_connections_per_network,
        exempt: serve.trusted_proxies.clone(),
        ..Limits::default()
    }
}

/// Maximum number of clients that listen to events: at most half of all connections, so that others
/// get an answer.
pub(crate) fn listeners(context: &Context, limits: &Limits) -> usize {
    let wanted = context.site.config.serve.listeners;
    let max = limits.max_connections / 2;
    if wanted > max {
        tracing::warn!(
            "only {max} clients may listen to events instead of {wanted}: half of all connections"
        );
    }
    wanted.min(max)
}

/// The maximum number of connections.
pub(crate) fn connection_limit(site: &Site) -> descriptors::ConnectionLimit {
    let serve = &site.config.serve;
    descriptors::connection_limit(serve.max_connections, serve.listeners, site.config.fetch.parallel)
}

/// The limits of connections for metrics.
pub(crate) fn metrics_limits() -> Limits {
    Limits { max_connections: MAX_METRICS_CONNECTIONS, ..Limits::default() }
}
