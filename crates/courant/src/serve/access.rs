//! Access to the API: the site's rules, and the keys of the store, which another process may
//! change.

use std::{num::NonZeroU32, time::Duration};

use anyhow::Context as _;
use courant_pipeline::Context;
use courant_server::{Access, AccessRules, ApiKey, KeyPolicy};
use courant_site::KeyRule;
use courant_store::ApiKeyRow;
use tokio_util::sync::CancellationToken;

use crate::health::{self, Health, Step};

/// Interval of reading the keys again.
const KEYS_INTERVAL: Duration = Duration::from_secs(2);
/// Maximum time of reading them.
const KEYS_TIMEOUT: Duration = Duration::from_mins(10);

/// Access to the API by the site's rules; keys follow the store until `stop`.
pub(super) async fn start(
    context: &Context,
    health: &Health,
    stop: CancellationToken,
) -> anyhow::Result<Access> {
    let rules = &context.site.config.api;
    let access = Access::new(AccessRules {
        keys: match rules.keys {
            KeyRule::Off => KeyPolicy::Off,
            KeyRule::Optional => KeyPolicy::Optional,
            KeyRule::Required => KeyPolicy::Required,
        },
        rate: NonZeroU32::new(rules.rate).unwrap_or(NonZeroU32::MIN),
        trusted_proxies: context.site.config.serve.trusted_proxies.clone(),
    });
    if access.uses_keys() {
        access.set_keys(api_keys(context).await?);
        let (context, access, health) = (context.clone(), access.clone(), health.clone());
        tokio::spawn(async move {
            let following = follow_keys(context, access, &health, &stop);
            health.tasks.watch("api keys", KEYS_TIMEOUT, &stop, following).await;
        });
    }
    Ok(access)
}

/// Keeps the keys in step with the store, which another process may change.
async fn follow_keys(context: Context, access: Access, health: &Health, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        health::rest("waiting", KEYS_INTERVAL);
        tokio::select! {
            () = tokio::time::sleep(KEYS_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
        health::step("reading the API keys");
        let keys = api_keys(&context).await.map(|keys| access.set_keys(keys));
        health.note(Step::Keys, keys.map_err(|error| format!("the API keys were not updated: {error:#}")));
    }
}

async fn api_keys(context: &Context) -> anyhow::Result<Vec<ApiKey>> {
    let rows = context.store.api_keys().await.context("cannot read the API keys")?;
    let key = |row: ApiKeyRow| ApiKey {
        name: row.name,
        digest: row.digest,
        rate: NonZeroU32::new(row.rate).unwrap_or(NonZeroU32::MIN),
    };
    Ok(rows.into_iter().map(key).collect())
}
