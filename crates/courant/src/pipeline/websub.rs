//! WebSub: asking hubs to push what sources publish, and taking in what they push.
//!
//! A hub that has verified and not disappointed spares its source all but a daily poll. A poll that finds what
//! the hub did not push ends that trust until the lease is renewed.

use std::sync::Arc;

use anyhow::anyhow;
use courant_formats::feed::{self, Feed, FeedContext};
use courant_model::Timestamp;
use courant_net::{
    Client, Fetched, special_range,
    websub::{self, HubOffer},
};
use courant_render::Touched;
use courant_server::{Push, Pushed, Verification};
use courant_store::Subscription;
use futures_util::{StreamExt, stream};
use tokio::sync::Notify;
use url::{Host, Url};

use super::{Desk, named::take_entries};
use crate::site::Site;

/// Where hubs call, below the root of the site.
pub(crate) const CALLBACK_PATH: &str = "/websub";

/// So many hubs are asked at once.
const HUBS_AT_ONCE: usize = 8;

/// The feeds of this site that hubs are told about, below its root.
const OWN_FEEDS: [&str; 3] = ["feed.xml", "atom.xml", "feed.json"];

/// The hub that a document names.
pub(super) fn offer(fetched: &Fetched, feed: &Feed) -> Option<HubOffer> {
    let links = feed.links.iter().filter_map(|link| Some((link.rel.as_deref()?, link.href.as_str())));
    websub::hub_offer(&fetched.headers, links, &fetched.final_url)
}

/// Brings the subscription of a source in line with what a poll found, and gives it. `last_poll` is when the
/// source last answered before this poll, `new` how many entries it found that the hub had not pushed.
pub(super) async fn after_poll(
    desk: &Desk,
    client: &Client,
    source: &Url,
    offer: Option<HubOffer>,
    last_poll: Option<Timestamp>,
    new: u64,
) -> anyhow::Result<Option<Subscription>> {
    let known = desk.store.subscription_of(source).await?;
    let Some(offer) = offer else {
        if known.is_some() {
            desk.store.forget_subscription(source).await?;
        }
        return Ok(None);
    };
    let Some(mut known) = known.filter(|known| known.hub == offer.hub && known.topic == offer.topic) else {
        return subscribe(desk, client, source, offer).await;
    };
    // What was published before the hub was asked is no fault of it.
    let relied = known.lease_end.is_some() && last_poll.is_some_and(|poll| poll > known.asked);
    if known.trusted && relied && new > 0 {
        known.trusted = false;
        desk.store.save_subscription(&known).await?;
        tracing::info!(%source, hub = %known.hub, "the hub did not push what a poll found; polling as before");
    }
    Ok(Some(known))
}

/// Asks again where a lease comes to its end.
pub(super) async fn renew(desk: &Desk, client: &Client) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let mut due = desk.store.subscriptions().await?;
    due.retain(|known| websub::wants_renewal(known.asked, known.lease_end, now));
    for known in &mut due {
        known.asked = now;
        desk.store.save_subscription(known).await?;
    }
    // A hub that does not answer keeps no other waiting.
    stream::iter(&due).for_each_concurrent(HUBS_AT_ONCE, |known| ask(desk, client, known)).await;
    Ok(())
}

async fn subscribe(
    desk: &Desk,
    client: &Client,
    source: &Url,
    offer: HubOffer,
) -> anyhow::Result<Option<Subscription>> {
    if !desk.site.config.push.subscribe || !is_reachable(&desk.site.config.site.url) {
        return Ok(None);
    }
    let subscription = Subscription {
        id: random()?,
        source: source.clone(),
        hub: offer.hub,
        topic: offer.topic,
        secret: random()?,
        asked: desk.clock.now(),
        lease_end: None,
        last_push: None,
        trusted: true,
    };
    // Stored before the hub is asked: it may call while its answer is still under way.
    desk.store.save_subscription(&subscription).await?;
    ask(desk, client, &subscription).await;
    Ok(Some(subscription))
}

/// A hub that refuses costs nothing but the hope: the source is polled as before.
async fn ask(desk: &Desk, client: &Client, subscription: &Subscription) {
    let callback = desk.site.config.site.url.join(&format!("websub/{}", subscription.id));
    let Ok(callback) = callback else { return };
    let form = websub::subscribe_form(&subscription.topic, &callback, &subscription.secret);
    match client.post_form(&subscription.hub, &form).await {
        Ok(_) => {
            tracing::info!(source = %subscription.source, hub = %subscription.hub, "asked the hub to push");
        }
        Err(error) => tracing::info!(source = %subscription.source, "the hub does not push: {error}"),
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
pub(crate) struct PushDesk {
    desk: Desk,
    /// Told when a push has brought something to do.
    pub(crate) arrived: Arc<Notify>,
}

impl PushDesk {
    pub(crate) fn new(desk: Desk) -> Self {
        Self { desk, arrived: Arc::default() }
    }

    async fn verified(&self, id: &str, asked: &Verification) -> anyhow::Result<bool> {
        let Some(known) = self.desk.store.subscription(id).await? else { return Ok(false) };
        if asked.topic != known.topic.as_str() {
            return Ok(false);
        }
        match asked.mode.as_str() {
            "subscribe" => {
                let end = websub::lease_end(self.desk.clock.now(), asked.lease_seconds);
                let verified = Subscription { lease_end: Some(end), trusted: true, ..known };
                self.desk.store.save_subscription(&verified).await?;
                Ok(true)
            }
            "denied" => {
                let denied = Subscription { lease_end: None, ..known };
                self.desk.store.save_subscription(&denied).await?;
                Ok(true)
            }
            // We never ask to end a subscription; who asks in our name is refused.
            _ => Ok(false),
        }
    }

    async fn received(&self, id: &str, pushed: &Pushed) -> anyhow::Result<bool> {
        let desk = &self.desk;
        let Some(known) = desk.store.subscription(id).await? else { return Ok(false) };
        let signature = pushed.signature.as_deref().unwrap_or_default();
        if !websub::is_signed(&known.secret, signature, &pushed.body) {
            tracing::info!(source = %known.source, "a push without a good signature was dropped");
            return Ok(true);
        }
        let context = FeedContext {
            base_url: Some(known.topic.as_str()),
            content_type: pushed.content_type.as_deref(),
            ..FeedContext::default()
        };
        let feed = match feed::parse(&pushed.body, &context) {
            Ok(feed) => feed,
            Err(error) => {
                tracing::info!(source = %known.source, "a push that is no feed was dropped: {error}");
                return Ok(true);
            }
        };
        let news = take_entries(desk, &known.source, &known.topic, &feed.entries).await?;
        // The time of the next poll stays: pushes must not put off the daily one for ever.
        desk.store.note_push(id, desk.clock.now(), news.new + news.edited > 0).await?;
        self.arrived.notify_one();
        Ok(true)
    }
}

impl Push for PushDesk {
    async fn knows(&self, id: String) -> bool {
        match self.desk.store.subscription(&id).await {
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
pub(crate) fn own_feeds(site: &Site) -> Vec<(String, Url)> {
    let feeds = OWN_FEEDS.iter().filter_map(|name| site.config.site.url.join(name).ok());
    feeds.map(|feed| (feed.path().to_owned(), feed)).collect()
}

/// Of the documents that changed, by path, the feeds that name the site's hubs: those of the site and of its topics.
pub(super) fn pushed_feeds(site: &Site, touched: &Touched) -> Vec<String> {
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
pub(crate) async fn tell_hubs(desk: &Desk, client: &Client, feeds: &[String]) {
    for hub in &desk.site.config.push.hubs {
        for path in feeds {
            let Ok(topic) = desk.site.config.site.url.join(&path[1..]) else { continue };
            if let Err(error) = client.post_form(hub, &websub::publish_form(&topic)).await {
                tracing::warn!(%hub, "the hub was not told about {topic}: {error}");
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
