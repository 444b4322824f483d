//! An app with doubles for everything outside of the server.

use std::sync::{Arc, Mutex};

use courant_model::{ArticleId, Timestamp};
use courant_render::Publication;
use courant_server::{
    Access, App, ClickCounting, Events, HubSubscriptions, Metrics, Pushed, Readiness, ReadyState,
    Verification,
};
use serde_json::json;
use tokio::sync::watch;

/// Maximum number of event listeners.
pub(crate) const LISTENERS: usize = 2;

pub(crate) const NOW: &str = "2026-01-14T12:00:00Z";

/// Counted articles with their days.
#[derive(Clone, Default)]
pub(crate) struct Clicks(pub(crate) Arc<Mutex<Vec<(ArticleId, String)>>>);

impl ClickCounting for Clicks {
    fn now(&self) -> Timestamp {
        NOW.parse().unwrap()
    }

    fn salt(&self) -> Option<[u8; 32]> {
        Some([7; 32])
    }

    fn count(&self, article: ArticleId, day: Timestamp) {
        self.0.lock().unwrap().push((article, day.to_string()));
    }
}

/// One subscription with the id `s1`.
#[derive(Clone)]
pub(crate) struct Subscriptions;

impl HubSubscriptions for Subscriptions {
    async fn exists(&self, id: String) -> bool {
        id == "s1"
    }

    async fn verify(&self, _: String, request: Verification) -> bool {
        request.mode == "subscribe"
    }

    async fn receive(&self, _: String, _: Pushed) -> bool {
        true
    }
}

/// A program that works, with one failing check.
#[derive(Clone)]
pub(crate) struct Degraded;

impl Readiness for Degraded {
    async fn ready_state(&self) -> ReadyState {
        ReadyState { ready: true, failing: vec!["git".to_owned()], full: json!({ "disks": ["/srv/news"] }) }
    }
}

impl Metrics for Degraded {
    async fn text(&self) -> Result<String, String> {
        Ok("# EOF\n".to_owned())
    }
}

pub(crate) type TestApp<S> = App<S, Clicks, Subscriptions, Degraded>;

/// An app without click counting, hubs, images and access control.
pub(crate) fn app<S>(publication: watch::Receiver<Arc<Publication>>, search: S) -> TestApp<S> {
    App {
        events: Events::start(publication.clone(), LISTENERS, 17),
        publication,
        search,
        access: Access::open(),
        images: None,
        click_counter: None,
        hub_subscriptions: None,
        hub_callback_path: "/websub",
        readiness: Degraded,
        own_hubs: Vec::new(),
        own_feeds: Vec::new(),
        hsts_days: 0,
    }
}
