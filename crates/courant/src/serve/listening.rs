//! Where the program listens, and within which bounds.

use anyhow::Context as _;
use courant_pipeline::Context;
use courant_server::{Limits, ListenAddress, Listeners};
use courant_site::Site;

use crate::descriptors;

/// Connections of a monitoring system at once.
const MAX_METRICS_CONNECTIONS: usize = 32;

/// Listens on an address that `setting` names.
pub(crate) async fn bind(address: &ListenAddress, setting: &str) -> anyhow::Result<Listeners> {
    address
        .bind()
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {setting}"))
}

/// The bounds of the site's connections.
pub(crate) fn limits(context: &Context) -> Limits {
    let serve = &context.site.config.serve;
    let room = room(&context.site);
    if let Some(wanted) = room.wanted {
        tracing::warn!(
            "serving at most {} connections instead of {wanted}: the limit of file descriptors is {}; \
             raise LimitNOFILE= or `ulimit -Hn`",
            room.connections,
            room.descriptors,
        );
    }
    Limits {
        max_connections: room.connections,
        max_per_network: serve.max_connections_per_network,
        exempt: serve.trusted_proxies.clone(),
        ..Limits::default()
    }
}

/// How many clients may listen to events: at most half of all connections, so that others get an answer.
pub(crate) fn listeners(context: &Context, limits: &Limits) -> usize {
    let wanted = context.site.config.serve.listeners;
    let most = limits.max_connections / 2;
    if wanted > most {
        tracing::warn!("{most} clients may listen to events instead of {wanted}: half of all connections");
    }
    wanted.min(most)
}

/// How many connections there is room for.
pub(crate) fn room(site: &Site) -> descriptors::ConnectionLimit {
    let serve = &site.config.serve;
    descriptors::room(serve.max_connections, serve.listeners, site.config.fetch.parallel)
}

/// The bounds of the connections of a monitoring system.
pub(crate) fn metrics_limits() -> Limits {
    Limits { max_connections: MAX_METRICS_CONNECTIONS, ..Limits::default() }
}
