//! What all jobs share: the site, its store, and the rules from its files.

use std::sync::{Arc, atomic::AtomicBool};

use anyhow::Context as _;
use courant_analysis::{
    group::{GroupConfig, Grouper},
    identity::{article_id, canonical_key},
};
use courant_render::Templates;
use courant_site::{Site, private};
use courant_store::{ArticleRow, SourceSync, Store};
use tokio::sync::Mutex;
use url::Url;

use crate::{clock::Clock, rules::Rules};

/// A site with its open store. Clones share everything.
#[derive(Clone)]
pub struct Context {
    pub site: Arc<Site>,
    pub store: Store,
    pub rules: Arc<Rules>,
    pub clock: Clock,
    /// The story index. Locked while a batch is placed and stored, so that batches follow each
    /// other and the index never has more than the store.
    pub(crate) grouper: Arc<Mutex<Option<Grouper>>>,
    /// Whether the lead images of all articles were handled, except of those whose records still
    /// have to be written.
    pub(crate) images_known: Arc<AtomicBool>,
}

impl Context {
    /// Opens the store of a site and builds its rules.
    pub async fn open(site: Site, clock: Clock) -> anyhow::Result<Self> {
        let state = site.state_dir();
        private::folder(&state).with_context(|| format!("cannot create {}", state.display()))?;
        let file = site.store_file();
        let store = Store::open(&file).await.with_context(|| format!("store {}", file.display()))?;
        private::files_in(&state);
        store.sync_sources(&site.sources, clock.now()).await?;
        courant_site::sweep_site(&site);
        Self::with(site, store, clock)
    }

    /// As [`Context::open`], for reading only: possible while another process works on the site.
    pub async fn open_to_read(site: Site, clock: Clock) -> anyhow::Result<Self> {
        let file = site.store_file();
        let store = Store::open_to_read(&file).await.with_context(|| format!("store {}", file.display()))?;
        Self::with(site, store, clock)
    }

    fn with(site: Site, store: Store, clock: Clock) -> anyhow::Result<Self> {
        let rules = Rules::of(&site)?;
        Ok(Self {
            site: Arc::new(site),
            store,
            rules: Arc::new(rules),
            clock,
            grouper: Arc::default(),
            images_known: Arc::default(),
        })
    }

    /// The same context with changed files of the site, for the next round. It shares the store and
    /// the locks.
    ///
    /// Errors: something in the files is not valid; then nothing is changed.
    pub async fn reloaded(&self, site: Site) -> anyhow::Result<(Self, SourceSync)> {
        let rules = Arc::new(Rules::of(&site)?);
        let next = Self { site: Arc::new(site), rules, ..self.clone() };
        next.templates()?;
        let mut grouper = self.grouper.lock().await;
        let sync = next.store.sync_sources(&next.site.sources, next.clock.now()).await?;
        // The rules for grouping may have changed: the story index is rebuilt from the store.
        *grouper = None;
        drop(grouper);
        Ok((next, sync))
    }

    /// The article with this URL, with or without trackers.
    pub async fn find_article(&self, url: &Url) -> anyhow::Result<Option<ArticleRow>> {
        let cleaned = self.rules.urls.clean(url).url;
        for url in [url, &cleaned] {
            if let Some(found) = self.store.article(article_id(&canonical_key(url))).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether articles need no topic, because the site has none.
    pub(crate) fn takes_every_article(&self) -> bool {
        self.site.topics.is_empty()
    }

    /// The site's current templates.
    pub(crate) fn templates(&self) -> anyhow::Result<Templates> {
        Ok(match self.site.templates_dir() {
            Some(dir) => Templates::with_overrides(&dir)?,
            None => Templates::bundled(),
        })
    }

    /// The configuration of grouping on this site.
    pub(crate) fn group_config(&self) -> GroupConfig {
        self.site.config.group.grouper()
    }
}
