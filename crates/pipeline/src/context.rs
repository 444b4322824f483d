//! What the jobs share: the site, its store, and the rules built from its files.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use anyhow::Context as _;
use courant_analysis::{
    gate::Gate,
    group::{Dictionary, GroupConfig, GroupDoc, Grouper, Model, prepare_with},
    identity::{UrlRules, article_id, canonical_key},
    judge::{Judge, Taxonomy},
    story::HeatRule,
};
use courant_formats::sealed::KeyRing;
use courant_model::{DateOrigin, PublicAddresses, Timestamp};
use courant_site::{Site, private};
use courant_store::{ArticleRow, GroupRow, SourceSync, Store};
use tokio::sync::Mutex;
use url::Url;

use crate::{clock::Clock, editor::story_edit, tasks};

/// A site at work. Cloning shares everything.
#[derive(Clone)]
pub struct Context {
    pub site: Arc<Site>,
    pub store: Store,
    pub rules: Arc<Rules>,
    pub clock: Clock,
    /// The stories of the window. Locked while a batch is placed and stored, so that batches follow each
    /// other and the index never knows more than the store.
    pub(crate) grouper: Arc<Mutex<Option<Grouper>>>,
    /// Whether something is known of the lead pictures of all articles but those whose records wait to be written.
    pub(crate) pictures_known: Arc<AtomicBool>,
}

/// The rules that the site's files set, ready for use.
pub struct Rules {
    pub urls: UrlRules,
    /// Which addresses may be published.
    pub addresses: PublicAddresses,
    pub judge: Judge,
    pub gate: Gate,
    pub heat: HeatRule,
    pub keys: KeyRing,
    /// What words of other languages are called.
    pub dictionary: Dictionary,
    /// The owner's own decisions about stories; `None` for those of the program.
    pub group_model: Option<Model>,
}

impl Rules {
    /// The rules of a site.
    pub fn of(site: &Site) -> anyhow::Result<Self> {
        let taxonomy = Taxonomy::new(site.topics.clone())?;
        let config = &site.config;
        Ok(Self {
            urls: site.url_rules()?,
            addresses: config.fetch.public_addresses()?,
            judge: Judge::new(taxonomy, site.providers.clone(), config.profile())
                .for_languages(config.judge.languages.clone())
                .with_learned(site.learned.clone()),
            gate: config.gate.clone(),
            heat: config.heat_rule(),
            keys: site.keys(),
            dictionary: site.dictionary()?,
            group_model: site.group_model()?,
        })
    }
}

impl Context {
    /// Opens the store of a site and builds its rules.
    pub async fn open(site: Site, clock: Clock) -> anyhow::Result<Self> {
        let state = site.state_dir();
        private::folder(&state).with_context(|| format!("cannot make {}", state.display()))?;
        let file = site.store_file();
        let store = Store::open(&file).await.with_context(|| format!("store {}", file.display()))?;
        private::files_in(&state);
        store.sync_sources(&site.sources, clock.now()).await?;
        courant_site::sweep_site(&site);
        Self::with(site, store, clock)
    }

    /// As [`Context::open`], for reading alone: also while another process works on the site.
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
            pictures_known: Arc::default(),
        })
    }

    /// The same desk with other files of the site, for the next round: it shares the store and what is locked. Should
    /// something in the files not be in order, nothing is changed.
    pub async fn reloaded(&self, site: Site) -> anyhow::Result<(Self, SourceSync)> {
        let rules = Arc::new(Rules::of(&site)?);
        let next = Self { site: Arc::new(site), rules, ..self.clone() };
        crate::publish::round::templates(&next)?;
        let mut grouper = self.grouper.lock().await;
        let sync = next.store.sync_sources(&next.site.sources, next.clock.now()).await?;
        // How stories are grouped may have changed: the window is read from the store again.
        *grouper = None;
        drop(grouper);
        Ok((next, sync))
    }

    /// The article of an address, with its trackers or without.
    pub async fn find_article(&self, url: &Url) -> anyhow::Result<Option<ArticleRow>> {
        let cleaned = self.rules.urls.clean(url).url;
        for url in [url, &cleaned] {
            if let Some(found) = self.store.article(article_id(&canonical_key(url))).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// How stories are grouped on this site.
    pub(crate) fn group_config(&self) -> GroupConfig {
        self.site.config.group.grouper()
    }

    /// The index of the window, rebuilt from the store: step by step, so that the texts of a large window are never in
    /// memory together, and nothing older than what the window can hold is read.
    pub(crate) async fn rebuilt_grouper(&self) -> anyhow::Result<Grouper> {
        let begun = Instant::now();
        let config = self.group_config();
        let since = match self.store.newest_sighting().await? {
            Some(newest) => window_start(newest, self.site.config.group.window_days.0),
            None => Timestamp::MIN,
        };
        let mut after = self.store.arrival_before_newest(config.max_articles).await?;
        let model = self.rules.group_model.as_ref().unwrap_or(Model::trained());
        let mut grouper = Grouper::with_model(config, model);
        grouper.keep_apart(story_edit::divided(&self.store).await?);
        loop {
            let rows = self.store.group_window_after(since, after, RESTORED_AT_ONCE).await?;
            let Some(last) = rows.last() else {
                let seconds = begun.elapsed().as_secs_f64();
                tracing::info!(articles = grouper.len(), seconds, "the index of stories was rebuilt");
                return Ok(grouper);
            };
            tasks::heartbeat();
            after = last.arrival;
            let rules = Arc::clone(&self.rules);
            grouper = tokio::task::spawn_blocking(move || {
                restore(&mut grouper, &rows, &rules.dictionary);
                grouper
            })
            .await
            .context("the index of stories could not be rebuilt")?;
        }
    }
}

/// Articles that are read and put back into the window in one step.
const RESTORED_AT_ONCE: usize = 2_000;

/// Puts articles back into the window, in their order.
fn restore(grouper: &mut Grouper, rows: &[GroupRow], dictionary: &Dictionary) {
    let prepared = crate::process::batch::in_parallel(rows, |row| {
        let doc = GroupDoc {
            id: row.id,
            title: &row.title,
            text: &row.text,
            time: (row.published_from != DateOrigin::FirstSeen).then_some(row.published),
            seen: Some(row.first_seen),
            url: Some(row.url.as_str()),
            source: Some(&row.provider),
            authors: &row.authors,
            language: row.language.as_deref(),
        };
        prepare_with(&doc, dictionary)
    });
    for (row, prepared) in rows.iter().zip(prepared) {
        grouper.restore(prepared, row.story, row.copy_of);
    }
}

fn window_start(newest: Timestamp, days: u32) -> Timestamp {
    newest.checked_sub(jiff::SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}
