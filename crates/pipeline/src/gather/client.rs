//! The way out, as the site's configuration sets it.

use std::{net::SocketAddr, sync::Arc};

use courant_net::{Client, ClientConfig, OriginOverride, user_agent};
use courant_site::Site;

use crate::{clock::Clock, context::Context};

/// A client that behaves as the site's configuration says. `origins` sends the requests for some hosts to an
/// address of ours (the demo's newswire).
pub fn client_of(site: &Site, clock: Clock, origins: Vec<(String, SocketAddr)>) -> anyhow::Result<Client> {
    Ok(Client::new(client_config(site, clock, origins)?)?)
}

/// The limits and manners that the site's configuration sets.
///
/// Errors: an entry of `[fetch] allow` that is neither a range nor a name.
pub(crate) fn client_config(
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

/// Takes the pauses that hosts asked for before the last stop into the client.
pub(crate) async fn recall_pauses(context: &Context, client: &Client) -> anyhow::Result<()> {
    for (host, until) in context.store.host_pauses(context.clock.now()).await? {
        client.set_host_pause(&host, Some(until));
    }
    Ok(())
}

/// Stores the pauses that hosts have asked for.
pub(crate) async fn keep_pauses(context: &Context, client: &Client) -> anyhow::Result<()> {
    for (host, until) in client.host_pauses() {
        context.store.set_host_pause(&host, until, "asked for by Retry-After").await?;
    }
    Ok(())
}
