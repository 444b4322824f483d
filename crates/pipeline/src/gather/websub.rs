//! WebSub: asking hubs to push what sources publish, and taking in what they push.
//!
//! A hub that has verified and not disappointed spares its source all but a daily poll. A poll that finds what
//! the hub did not push ends that trust until the lease is renewed.
//!
//! A hub at a plain HTTP URL gets no secret, so anyone can push in its name: its pushes are not read, they bring the
//! next poll of the source forward.

use std::sync::Arc;

use anyhow::anyhow;
use courant_formats::feed::{self, Feed, FeedContext};
use courant_model::{Timestamp, redacted_url};
use courant_net::{
    Client, Fetched, special_range,
    websub::{self, HubOffer},
};
use courant_render::Touched;
use courant_server::{Push, Pushed, Verification};
use courant_site::Site;
use courant_store::{SourceDay, Subscription};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::sync::{Notify, watch};
use url::{Host, Url};

use crate::{
    context::Context,
    gather::{
        entries::{NewEntries, take_entries},
        quotas::Quotas,
    },
    tasks,
};

/// Where hubs call, below the root of the site.
pub const CALLBACK_PATH: &str = "/websub";

/// So many hubs are asked at once.
const HUBS_AT_ONCE: usize = 8;

/// The feeds of this site that hubs are told about, below its root.
const OWN_FEEDS: [&str; 3] = ["feed.xml", "atom.xml", "feed.json"];

/// The hub that a document names.
pub(crate) fn offer(fetched: &Fetched, feed: &Feed) -> Option<HubOffer> {
    let links = feed.links.iter().filter_map(|link| Some((link.rel.as_deref()?, link.href.as_str())));
    websub::hub_offer(&fetched.headers, links, &fetched.final_url)
}

/// Brings the subscription of a source in line with what a poll found, and gives it. `last_poll` is when the
/// source last answered before this poll, `new` how many entries it found that the hub had not pushed.
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
    // What was published before the hub was asked is no fault of it.
    let relied = known.lease_end.is_some() && last_poll.is_some_and(|poll| poll > known.asked);
    if known.trusted && relied && new > 0 && websub::can_sign(&known.hub) {
        known.trusted = false;
        context.store.save_subscription(&known).await?;
        let (source, hub) = (redacted_url(source), redacted_url(&known.hub));
        tracing::info!(source, hub, "the hub did not push what a poll found; polling as before");
    }
    Ok(Some(known))
}

/// Whether a source need not be polled often, as its hub says when it changes.
pub(crate) fn spares_polls(subscription: &Subscription, now: Timestamp) -> bool {
    subscription.is_live(now) && websub::can_sign(&subscription.hub)
}

/// Asks again where a lease comes to its end.
pub(crate) async fn renew(context: &Context, client: &Client) -> anyhow::Result<()> {
    let now = context.clock.now();
    let mut due = context.store.subscriptions().await?;
    due.retain(|known| websub::wants_renewal(known.asked, known.lease_end, now));
    for known in &mut due {
        known.asked = now;
        context.store.save_subscription(known).await?;
    }
    // A hub that does not answer keeps no other waiting.
    stream::iter(&due).for_each_concurrent(HUBS_AT_ONCE, |known| ask(context, client, known)).await;
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
        id: random()?,
        source: source.clone(),
        hub: offer.hub,
        topic: offer.topic,
        secret: random()?,
        asked: context.clock.now(),
        lease_end: None,
        last_push: None,
        trusted: true,
    };
    // Stored before the hub is asked: it may call while its answer is still under way.
    context.store.save_subscription(&subscription).await?;
    ask(context, client, &subscription).await;
    Ok(Some(subscription))
}

/// A hub that refuses costs nothing but the hope: the source is polled as before.
async fn ask(context: &Context, client: &Client, subscription: &Subscription) {
    tasks::heartbeat();
    let callback = context.site.config.site.url.join(&format!("websub/{}", subscription.id));
    let Ok(callback) = callback else { return };
    let form =
        websub::subscribe_form(&subscription.hub, &subscription.topic, &callback, &subscription.secret);
    let (source, hub) = (redacted_url(&subscription.source), redacted_url(&subscription.hub));
    match client.post_form(&subscription.hub, &form).await {
        Ok(_) if websub::can_sign(&subscription.hub) => {
            tracing::info!(source, hub, "asked the hub to push");
        }
        Ok(_) => tracing::info!(
            source,
            hub,
            "asked the hub to push, without a secret as its URL is plain HTTP: a push only brings the next poll forward"
        ),
        Err(error) => tracing::info!(source, hub, "the hub does not push: {error}"),
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

/// 160 random bits in letters and digits.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the machine gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The desk as hubs see it.
#[derive(Clone)]
pub struct HubCallbacks {
    /// The desk as it is after the last reload.
    context: watch::Receiver<Context>,
    /// Told when a push has brought something to do.
    pub arrived: Arc<Notify>,
}

impl HubCallbacks {
    pub fn new(context: watch::Receiver<Context>) -> Self {
        Self { context, arrived: Arc::default() }
    }

    fn context(&self) -> Context {
        self.context.borrow().clone()
    }

    async fn verified(&self, id: &str, asked: &Verification) -> anyhow::Result<bool> {
        let context = self.context();
        let Some(known) = context.store.subscription(id).await? else { return Ok(false) };
        if asked.topic != known.topic.as_str() {
            return Ok(false);
        }
        match asked.mode.as_str() {
            "subscribe" => {
                let end = websub::lease_end(context.clock.now(), asked.lease_seconds);
                let verified = Subscription { lease_end: Some(end), trusted: true, ..known };
                context.store.save_subscription(&verified).await?;
                Ok(true)
            }
            "denied" => {
                let denied = Subscription { lease_end: None, ..known };
                context.store.save_subscription(&denied).await?;
                Ok(true)
            }
            // We never ask to end a subscription; who asks in our name is refused.
            _ => Ok(false),
        }
    }

    /// Takes in what was pushed, within the limits of the source; what is over them is found by the next poll.
    async fn taken(&self, known: &Subscription, bytes: u64, feed: &Feed) -> anyhow::Result<NewEntries> {
        let context = &self.context();
        let limits = &context.site.config.limits;
        let source = known.source.as_str();
        let quotas = Quotas::of(&context.store, context.clock.now()).await?;
        let is_out = quotas.allowance(source, limits).is_out_of_bytes();
        let left_out = if is_out { feed.entries.len() as u64 } else { 0 };
        quotas.count(source, SourceDay { bytes, left_out, articles: 0 }, limits);
        let news = if is_out {
            NewEntries { waiting: left_out, ..NewEntries::default() }
        } else {
            take_entries(context, &quotas, &known.source, &known.topic, &feed.entries).await?
        };
        quotas.store(&context.store).await?;
        if news.waiting > 0
            && let Some(mut state) = context.store.source(&known.source).await?
        {
            // An answer without a body (304) would not tell of what waits.
            (state.etag, state.last_modified) = (None, None);
            context.store.save_source(&state).await?;
        }
        Ok(news)
    }

    async fn received(&self, id: &str, pushed: &Pushed) -> anyhow::Result<bool> {
        let context = &self.context();
        let Some(known) = context.store.subscription(id).await? else { return Ok(false) };
        let source = redacted_url(&known.source);
        if !websub::can_sign(&known.hub) {
            if poll_soon(context, &known.source).await? {
                tracing::info!(source, "the hub says that it changed; polling it");
                self.arrived.notify_one();
            }
            return Ok(true);
        }
        let signature = pushed.signature.as_deref().unwrap_or_default();
        if !websub::is_signed(&known.secret, signature, &pushed.body) {
            tracing::info!(source, "a push without a good signature was dropped");
            return Ok(true);
        }
        let feed_context = FeedContext {
            base_url: Some(known.topic.as_str()),
            content_type: pushed.content_type.as_deref(),
            ..FeedContext::default()
        };
        let feed = match feed::parse(&pushed.body, &feed_context) {
            Ok(feed) => feed,
            Err(error) => {
                tracing::info!(source, "a push that is not a feed was dropped: {error}");
                return Ok(true);
            }
        };
        let news = self.taken(&known, pushed.body.len() as u64, &feed).await?;
        // The time of the next poll stays: pushes must not put off the daily one for ever.
        context.store.note_push(id, context.clock.now(), news.new + news.edited > 0).await?;
        self.arrived.notify_one();
        Ok(true)
    }
}

/// Has a source polled by the next round, and says whether it will be: not one that fails, and none more often than
/// the site's owner allows.
async fn poll_soon(context: &Context, source: &Url) -> anyhow::Result<bool> {
    let now = context.clock.now();
    let Some(mut state) = context.store.source(source).await? else { return Ok(false) };
    let rest = SignedDuration::from_mins(i64::from(context.site.config.poll.min_minutes.0));
    let is_fresh = state.last_success.is_none_or(|poll| now.duration_since(poll) < rest);
    if state.gone || state.failures > 0 || is_fresh || state.next_due <= now {
        return Ok(false);
    }
    state.next_due = now;
    state.because = Some("its hub says that it changed".to_owned());
    context.store.save_source(&state).await?;
    Ok(true)
}

impl Push for HubCallbacks {
    async fn knows(&self, id: String) -> bool {
        let store = self.context.borrow().store.clone();
        match store.subscription(&id).await {
            Ok(known) => known.is_some(),
            Err(error) => {
                tracing::error!("a subscription could not be looked up: {error:#}");
                false
            }
        }
    }

    async fn verify(&self, id: String, asked: Verification) -> bool {
        self.verified(&id, &asked).await.unwrap_or_else(|error| {
            tracing::error!("a hub's question could not be answered: {error:#}");
            false
        })
    }

    async fn receive(&self, id: String, pushed: Pushed) -> bool {
        self.received(&id, &pushed).await.unwrap_or_else(|error| {
            tracing::error!("a push could not be stored: {error:#}");
            false
        })
    }
}

/// The feeds of this site that hubs are told about: path and address of each.
pub fn own_feeds(site: &Site) -> Vec<(String, Url)> {
    let feeds = OWN_FEEDS.iter().filter_map(|name| site.config.site.url.join(name).ok());
    feeds.map(|feed| (feed.path().to_owned(), feed)).collect()
}

/// Of the documents that changed, by path, the feeds that name the site's hubs: those of the site and of its topics.
pub(crate) fn pushed_feeds(site: &Site, touched: &Touched) -> Vec<String> {
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

/// Tells the hubs of this site that the feeds at these paths have changed.
pub async fn tell_hubs(context: &Context, client: &Client, feeds: &[String]) {
    for hub in &context.site.config.push.hubs {
        for path in feeds {
            tasks::heartbeat();
            let Ok(topic) = context.site.config.site.url.join(&path[1..]) else { continue };
            if let Err(error) = client.post_form(hub, &websub::publish_form(&topic)).await {
                tracing::warn!(hub = redacted_url(hub), "the hub was not told about {topic}: {error}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use courant_model::Topic;

    use super::*;

    #[test]
    fn hubs_are_told_of_the_feeds_that_name_them() {
        let mut site = Site::bare();
        site.topics = vec![Topic { id: "mills".to_owned(), ..Topic::default() }];
        let all = pushed_feeds(&site, &Touched { all: true, ..Touched::default() });
        assert_eq!(all.len(), 6);
        assert!(all.contains(&"/feed.xml".to_owned()) && all.contains(&"/topics/mills/feed.json".to_owned()));
        let paths = ["/", "/atom.xml", "/stories/a/feed.xml", "/topics/mills/", "/topics/mills/feed.xml"];
        let touched = Touched { paths: paths.map(str::to_owned).into(), ..Touched::default() };
        assert_eq!(pushed_feeds(&site, &touched), ["/atom.xml", "/topics/mills/feed.xml"]);
    }
}
