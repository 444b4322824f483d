//! What the server is made of.

use std::{path::PathBuf, sync::Arc};

use courant_render::Publication;
use tokio::sync::watch;
use url::Url;

use crate::{Access, Events};

/// Everything that the routes of the public listener need; see [`router`](crate::router()).
#[derive(Debug)]
pub struct App<S, C, H, R> {
    /// The current publication; a request uses the one that is current when it arrives.
    pub publication: watch::Receiver<Arc<Publication>>,
    /// Answers searches.
    pub search: S,
    /// Events for listeners; it must follow the same publication.
    pub events: Events,
    /// Who may use the API and how often, and which proxies are trusted.
    pub access: Access,
    /// The folder of cached images, whose names are a hash of their content; `None` if there is
    /// none.
    pub images: Option<PathBuf>,
    /// Counts the links that readers follow; `None` if the site does not count them.
    pub click_counter: Option<C>,
    /// Knows the subscriptions at hubs; `None` if the site subscribes nowhere.
    pub hub_subscriptions: Option<H>,
    /// The path below the site's root at which hubs call: `/websub`.
    pub hub_callback_path: &'static str,
    /// Knows whether the program does its work.
    pub readiness: R,
    /// The hubs that the site's own feeds announce.
    pub own_hubs: Vec<Url>,
    /// The site's own feeds that hubs know: their paths as requested, and their public URLs.
    pub own_feeds: Vec<(String, Url)>,
    /// Days of `Strict-Transport-Security`; 0 sends none.
    pub hsts_days: u32,
}

/// What the handlers of the site share.
#[derive(Debug, Clone)]
pub(crate) struct SiteState<S> {
    pub(crate) publication: watch::Receiver<Arc<Publication>>,
    pub(crate) search: S,
    pub(crate) events: Events,
    pub(crate) access: Access,
    pub(crate) images: Option<PathBuf>,
}

impl<S> SiteState<S> {
    /// The current publication.
    pub(crate) fn current(&self) -> Arc<Publication> {
        Arc::clone(&self.publication.borrow())
    }
}
