//! The HTTP client for outgoing requests, set up from the site's configuration.

use std::{net::SocketAddr, sync::Arc};

use courant_net::{Client, ClientConfig, OriginOverride, user_agent};
use courant_site::Site;

use crate::{clock::Clock, context::Context};

/// A client with the limits of the site's configuration. `origins` maps host names to socket
/// addresses that receive their requests instead (the demo's newswire).
pub fn client_of(site: &Site, clock: Clock, origins: Vec<(String, SocketAddr)>) -> anyhow::Result<Client> {
    Ok(Client::new(client_config(site, clock, origins)?)?)
}

/// The limits that the site's configuration sets for outgoing requests.
///
/// Errors: an entry of `[fetch] allow` that is neither an IP range nor a host name.
pub fn client_config(
    site: &Site,
    clock: Clock,
    origins: Vec<(String, SocketAddr)>,
) -> anyhow::Result<ClientConfig> {
    site.config.fetch.public_addresses()?;
    let fetch = &site.config.fetch;
    let allow = fetch.allowed_ranges().collect();
    let contact =
        if fetch.contact.is_empty() { site.config.site.url.as_str() } else { fetch.contact.as_str() };
    Ok(ClientConfig {
        user_agent: user_agent(Some(contact)),
        total_timeout: fetch.timeout_s.duration(),
        max_bytes: fetch.max_bytes,
        max_redirects: fetch.max_redirects,
        host_in_flight: fetch.host_requests,
        host_pause: fetch.host_pause_ms.duration(),
        robots: fetch.robots,
        allow,
        ports: fetch.ports.clone(),
        clock: Arc::new(move || clock.now()),
        origins: origins.into_iter().map(|(host, origin)| OriginOverride { host, origin }).collect(),
        ..ClientConfig::default()
    })
}

/// Loads the stored pauses of hosts (`Retry-After`) into the client.
pub(crate) async fn restore_pauses(context: &Context, client: &Client) -> anyhow::Result<()> {
    for (host, until) in context.store.host_pauses(context.clock.now()).await? {
        client.set_host_pause(&host, Some(until));
    }
    Ok(())
}

/// Stores the pauses that hosts have requested (`Retry-After`), so that they outlive a restart.
pub(crate) async fn save_pauses(context: &Context, client: &Client) -> anyhow::Result<()> {
    for (host, until) in client.host_pauses() {
        context.store.set_host_pause(&host, until, "requested by Retry-After").await?;
    }
    Ok(())
}
