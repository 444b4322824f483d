//! WebSub (W3C Recommendation of 2018): subscribes to hubs of sources, receives their pushes, and
//! notifies the hubs of this site.
//!
//! While a verified hub is trusted, its source is polled only once a day. A poll that finds entries
//! the hub did not push ends that trust until the lease is renewed.
//!
//! A hub with a plain HTTP URL gets no secret, so anyone can push in its name: its pushes are not
//! read, they only bring the next poll of the source forward.

use std::sync::Arc;

use anyhow::anyhow;
use courant_formats::feed::{self, Feed, FeedContext};
use courant_model::{Timestamp, redacted_url};
use courant_net::{
    Client, Fetched, special_range,
    websub::{self, HubOffer},
};
use courant_render::Invalidation;
use courant_site::Site;
use courant_store::{SourceDay, Subscription};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::sync::{Notify, watch};
use tracing::Span;
use url::{Host, Url};

use crate::{
    context::Context,
    gather::{
        entries::{NewEntries, take_entries},
        quotas::Quotas,
    },
    tasks,
};

/// Path of the callback that hubs call, below the root of the site.
pub const CALLBACK_PATH: &str = "/websub";

/// Maximum number of concurrent requests to hubs.
const MAX_CONCURRENT_HUB_REQUESTS: usize = 8;

/// The feeds of this site that hubs are notified about, below its root.
const OWN_FEEDS: [&str; 3] = ["feed.xml", "atom.xml", "feed.json"];

/// The hub that a response names, in its `Link` header or in the feed.
pub(crate) fn offer(fetched: &Fetched, feed: &Feed) -> Option<HubOffer> {
    let links = feed.links.iter().filter_map(|link| Some((link.rel.as_deref()?, link.href.as_str())));
    websub::hub_offer(&fetched.headers, links, &fetched.final_url)
}

/// Updates the subscription of a source after a poll and returns it. `last_poll` is the time of the
/// last successful poll before this one, `new` the number of entries found that the hub had not
/// pushed.
pub(crate) async fn after_poll(
    context: &Context,
    client: &Client,
    source: &Url,
    offer: Option<HubOffer>,
    last_poll: Option<Timestamp>,
    new: u64,
) -> anyhow::Result<Option<Subscription>> {
    let known = context.store.subscription_of(source).await?;
    let Some(offer) = offer else {
        if known.is_some() {
            context.store.forget_subscription(source).await?;
        }
        return Ok(None);
    };
    let Some(mut known) = known.filter(|known| known.hub == offer.hub && known.topic == offer.topic) else {
        return subscribe(context, client, source, offer).await;
    };
    // The hub is not responsible for what was published before the subscription.
    let was_relied_on = known.lease_end.is_some() && last_poll.is_some_and(|poll| poll > known.asked);
    if known.trusted && was_relied_on && new > 0 && websub::can_sign(&known.hub) {
        known.trusted = false;
        context.store.save_subscription(&known).await?;
        let (source, hub) = (redacted_url(source), redacted_url(&known.hub));
        tracing::info!(
            source,
            hub,
            "a poll found entries that the hub did not push; polling at normal intervals again"
        );
    }
    Ok(Some(known))
}

/// Whether a source needs only a daily poll because its hub pushes changes.
pub(crate) fn spares_polls(subscription: &Subscription, now: Timestamp) -> bool {
    subscription.is_live(now) && websub::can_sign(&subscription.hub)
}

/// Renews the subscriptions whose lease ends soon.
pub(crate) async fn renew(context: &Context, client: &Client) -> anyhow::Result<()> {
    let now = context.clock.now();
    let mut due = context.store.subscriptions().await?;
    due.retain(|known| websub::needs_renewal(known.asked, known.lease_end, now));
    for known in &mut due {
        known.asked = now;
        context.store.save_subscription(known).await?;
    }
    // Concurrent, so that a hub that does not answer does not delay the others.
    stream::iter(&due)
        .for_each_concurrent(MAX_CONCURRENT_HUB_REQUESTS, |known| request_push(context, client, known))
        .await;
    Ok(())
}

async fn subscribe(
    context: &Context,
    client: &Client,
    source: &Url,
    offer: HubOffer,
) -> anyhow::Result<Option<Subscription>> {
    if !context.site.config.push.subscribe || !is_reachable(&context.site.config.site.url) {
        return Ok(None);
    }
    let subscription = Subscription {
        id: random_token()?,
        source: source.clone(),
        hub: offer.hub,
        topic: offer.topic,
        secret: random_token()?,
        asked: context.clock.now(),
        lease_end: None,
        last_push: None,
        trusted: true,
    };
    // Stored before the request, because the hub may call back before it answers.
    context.store.save_subscription(&subscription).await?;
    request_push(context, client, &subscription).await;
    Ok(Some(subscription))
}

/// Asks a hub to push the source. If it refuses, the source is polled as before.
async fn request_push(context: &Context, client: &Client, subscription: &Subscription) {
    tasks::heartbeat();
    let callback = context.site.config.site.url.join(&format!("websub/{}", subscription.id));
    let Ok(callback) = callback else { return };
    let form =
        websub::subscribe_form(&subscription.hub, &subscription.topic, &callback, &subscription.secret);
    let (source, hub) = (redacted_url(&subscription.source), redacted_url(&subscription.hub));
    match client.post_form(&subscription.hub, &form).await {
        Ok(_) if websub::can_sign(&subscription.hub) => {
            tracing::info!(source, hub, "sent a subscription request to the hub");
        }
        Ok(_) => tracing::info!(
            source,
            hub,
            "sent a subscription request without a secret, because the hub's URL is plain HTTP: a push only brings the next poll \
             forward"
        ),
        Err(error) => tracing::info!(source, hub, %error, "the subscription request to the hub failed"),
    }
}

/// Whether a hub on the web could call this site.
fn is_reachable(site: &Url) -> bool {
    match site.host() {
        Some(Host::Domain(name)) => name.contains('.') && !name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => special_range(address.into()).is_none(),
        Some(Host::Ipv6(address)) => special_range(address.into()).is_none(),
        None => false,
    }
}

/// 160 random bits as hexadecimal digits.
fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system provides no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A document that a hub pushed to this site's callback.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// `X-Hub-Signature`.
    pub signature: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// Handles the requests of hubs to this site's callback.
#[derive(Clone)]
pub struct HubCallbacks {
    /// The context since the last reload.
    context: watch::Receiver<Context>,
    /// Notified when a push has brought new work.
    pub arrived: Arc<Notify>,
}

impl HubCallbacks {
    pub fn new(context: watch::Receiver<Context>) -> Self {
        Self { context, arrived: Arc::default() }
    }

    fn context(&self) -> Context {
        self.context.borrow().clone()
    }

    /// Whether there is a subscription with this id.
    pub async fn exists(&self, id: &str) -> anyhow::Result<bool> {
        Ok(self.context().store.subscription(id).await?.is_some())
    }

    /// Whether this site requested what a hub wants to verify; then it is stored as verified.
    /// `mode` is `hub.mode`, `topic` the URL of the feed and `lease_seconds` the duration that the
    /// hub grants.
    pub async fn verify(
        &self,
        id: &str,
        mode: &str,
        topic: &str,
        lease_seconds: Option<u64>,
    ) -> anyhow::Result<bool> {
        let context = self.context();
        let Some(known) = context.store.subscription(id).await? else { return Ok(false) };
        if topic != known.topic.as_str() {
            return Ok(false);
        }
        match mode {
            "subscribe" => {
                let end = websub::lease_end(context.clock.now(), lease_seconds);
                let verified = Subscription { lease_end: Some(end), trusted: true, ..known };
                context.store.save_subscription(&verified).await?;
                Ok(true)
            }
            "denied" => {
                let denied = Subscription { lease_end: None, ..known };
                context.store.save_subscription(&denied).await?;
                Ok(true)
            }
            // Courant never unsubscribes, so such a request is not its own.
            _ => Ok(false),
        }
    }

    /// Queues pushed entries within the limits of the source; the next poll finds the rest.
    async fn take_push(&self, known: &Subscription, bytes: u64, feed: &Feed) -> anyhow::Result<NewEntries> {
        let context = &self.context();
        let limits = &context.site.config.limits;
        let source = known.source.as_str();
        let quotas = Quotas::of(&context.store, context.clock.now()).await?;
        let is_out = quotas.allowance(source, limits).is_out_of_bytes();
        let left_out = if is_out { feed.entries.len() as u64 } else { 0 };
        quotas.count(source, SourceDay { bytes, left_out, articles: 0 }, limits);
        let taken = if is_out {
            NewEntries { waiting: left_out, ..NewEntries::default() }
        } else {
            take_entries(context, &quotas, &known.source, &known.topic, &feed.entries).await?
        };
        quotas.store(&context.store).await?;
        if taken.waiting > 0
            && let Some(mut state) = context.store.source(&known.source).await?
        {
            // The source must send the waiting entries again, which a 304 response would not.
            (state.etag, state.last_modified) = (None, None);
            context.store.save_source(&state).await?;
        }
        Ok(taken)
    }

    /// Takes the entries of a push; false if there is no subscription with this id. A push with a
    /// bad signature, or of something that is not a feed, is accepted and dropped.
    #[tracing::instrument(name = "push", level = "error", skip_all, fields(source))]
    pub async fn receive(&self, id: &str, pushed: Push<'_>) -> anyhow::Result<bool> {
        let context = &self.context();
        let Some(known) = context.store.subscription(id).await? else { return Ok(false) };
        Span::current().record("source", redacted_url(&known.source));
        if !websub::can_sign(&known.hub) {
            if poll_soon(context, &known.source).await? {
                tracing::info!("the hub reported a change; polling the source");
                self.arrived.notify_one();
            }
            return Ok(true);
        }
        let signature = pushed.signature.unwrap_or_default();
        if !websub::is_signed(&known.secret, signature, pushed.body) {
            tracing::info!("a push without a valid signature was dropped");
            return Ok(true);
        }
        let feed_context = FeedContext {
            base_url: Some(known.topic.as_str()),
            content_type: pushed.content_type,
            ..FeedContext::default()
        };
        let feed = match feed::parse(pushed.body, &feed_context) {
            Ok(feed) => feed,
            Err(error) => {
                tracing::info!(%error, "a push that is not a feed was dropped");
                return Ok(true);
            }
        };
        let entries = self.take_push(&known, pushed.body.len() as u64, &feed).await?;
        // The time of the next poll stays: pushes must not postpone the daily poll for ever.
        context.store.note_push(id, context.clock.now(), entries.new + entries.edited > 0).await?;
        self.arrived.notify_one();
        Ok(true)
    }
}

/// Makes a source due for the next round and returns whether it is. Failing sources are left alone,
/// and no source is polled more often than `[poll] min_minutes` allows.
async fn poll_soon(context: &Context, source: &Url) -> anyhow::Result<bool> {
    let now = context.clock.now();
    let Some(mut state) = context.store.source(source).await? else { return Ok(false) };
    let min_interval = SignedDuration::from_mins(i64::from(context.site.config.poll.min_minutes.0));
    let is_fresh = state.last_success.is_none_or(|poll| now.duration_since(poll) < min_interval);
    if state.gone || state.failures > 0 || is_fresh || state.next_due <= now {
        return Ok(false);
    }
    state.next_due = now;
    state.because = Some("its hub reported a change".to_owned());
    context.store.save_source(&state).await?;
    Ok(true)
}

/// Path and URL of the feeds of this site that hubs are notified about.
pub fn own_feeds(site: &Site) -> Vec<(String, Url)> {
    let feeds = OWN_FEEDS.iter().filter_map(|name| site.config.site.url.join(name).ok());
    feeds.map(|feed| (feed.path().to_owned(), feed)).collect()
}

/// The paths of changed feeds that name the site's hubs: the feeds of the site and of its topics.
pub(crate) fn pushed_feeds(site: &Site, touched: &Invalidation) -> Vec<String> {
    if touched.all {
        let topics = site.topics.iter().map(|topic| format!("/topics/{}", topic.id));
        let folders = std::iter::once(String::new()).chain(topics);
        return folders.flat_map(|folder| OWN_FEEDS.map(|name| format!("{folder}/{name}"))).collect();
    }
    let is_pushed = |path: &&String| {
        let Some((folder, name)) = path.rsplit_once('/') else { return false };
        OWN_FEEDS.contains(&name) && (folder.is_empty() || folder.starts_with("/topics/"))
    };
    touched.paths.iter().filter(is_pushed).cloned().collect()
}

/// Notifies the hubs of this site that the feeds at these paths have changed.
pub async fn tell_hubs(context: &Context, client: &Client, feeds: &[String]) {
    for hub in &context.site.config.push.hubs {
        for path in feeds {
            tasks::heartbeat();
            let Ok(topic) = context.site.config.site.url.join(&path[1..]) else { continue };
            if let Err(error) = client.post_form(hub, &websub::publish_form(&topic)).await {
                tracing::warn!(hub = redacted_url(hub), feed = %topic, %error, "cannot notify the hub about a feed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use courant_model::Topic;

    use super::*;

    #[test]
    fn hubs_are_notified_about_the_feeds_that_name_them() {
        let mut site = Site::bare();
        site.topics = vec![Topic { id: "mills".to_owned(), ..Topic::default() }];
        let all = pushed_feeds(&site, &Invalidation { all: true, ..Invalidation::default() });
        assert_eq!(all.len(), 6);
        assert!(all.contains(&"/feed.xml".to_owned()) && all.contains(&"/topics/mills/feed.json".to_owned()));
        let paths = ["/", "/atom.xml", "/stories/a/feed.xml", "/topics/mills/", "/topics/mills/feed.xml"];
        let touched = Invalidation { paths: paths.map(str::to_owned).into(), ..Invalidation::default() };
        assert_eq!(pushed_feeds(&site, &touched), ["/atom.xml", "/topics/mills/feed.xml"]);
    }
}
