//! Parts of pages that are kept once they have been rendered, because many pages show them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use courant_model::StoryId;
use minijinja::Value;
use quick_cache::sync::Cache;

use crate::{
    RenderError,
    feeds::document::FeedDoc,
    kept::{ProviderLink, Rows},
    template_data::PageShell,
};

/// Maximum number of stories whose HTML in lists is kept: about 3 kB each.
const MAX_STORIES: usize = 32_768;

/// Maximum number of providers whose links are kept.
const MAX_PROVIDERS: usize = 8_192;

/// Maximum number of kickers that are kept.
const MAX_KICKERS: usize = 4_096;

/// Maximum number of languages whose attributes are kept.
const MAX_LANGUAGES: usize = 256;

/// What a kicker shows: the kind of an article, and the positions of topics in the taxonomy.
pub(crate) type KickerKey = (Option<&'static str>, Vec<usize>);

/// What pages are made of. A copy is empty.
#[derive(Debug)]
pub(crate) struct PageCache {
    shell: OnceLock<Arc<PageShell>>,
    /// Shells of the lists of a topic, by its position in the taxonomy.
    topic_shells: Vec<OnceLock<Arc<PageShell>>>,
    /// The names and links of topics, by position in the taxonomy.
    topic_links: Vec<OnceLock<Value>>,
    /// The attributes of texts in other languages, by language.
    languages: Cache<String, Value>,
    kickers: Cache<KickerKey, Value>,
    /// By domain and name, with a line break between them.
    providers: Cache<String, Arc<ProviderLink>>,
    stories: Cache<StoryId, Arc<Rows>>,
    /// The feed that was asked for last, with its path in one syntax: a build writes it in one
    /// syntax after the other.
    last_feed: Mutex<Option<(String, Arc<FeedDoc>)>>,
}

impl PageCache {
    pub(crate) fn new(topics: usize) -> Self {
        Self {
            shell: OnceLock::new(),
            topic_shells: new_locks(topics),
            topic_links: new_locks(topics),
            languages: Cache::new(MAX_LANGUAGES),
            kickers: Cache::new(MAX_KICKERS),
            providers: Cache::new(MAX_PROVIDERS),
            stories: Cache::new(MAX_STORIES),
            last_feed: Mutex::new(None),
        }
    }

    /// The shell of the lists of this topic, or of all other pages, made at first use.
    pub(crate) fn shell(
        &self,
        topic: Option<usize>,
        make: impl FnOnce() -> Result<PageShell, RenderError>,
    ) -> Result<Arc<PageShell>, RenderError> {
        let kept = topic.and_then(|at| self.topic_shells.get(at)).unwrap_or(&self.shell);
        if let Some(shell) = kept.get() {
            Ok(Arc::clone(shell))
        } else {
            let shell = Arc::new(make()?);
            Ok(Arc::clone(kept.get_or_init(|| shell)))
        }
    }

    /// The name and link of the topic at this position, made at first use.
    pub(crate) fn topic_link(&self, at: usize, make: impl FnOnce() -> Value) -> Value {
        match self.topic_links.get(at) {
            Some(kept) => kept.get_or_init(make).clone(),
            None => make(),
        }
    }

    /// The attributes of texts in a language, made at first use.
    pub(crate) fn language(
        &self,
        language: &str,
        make: impl FnOnce() -> Result<Value, RenderError>,
    ) -> Result<Value, RenderError> {
        self.languages.get_or_insert_with(language, make)
    }

    /// The HTML of a kicker, made at first use.
    pub(crate) fn kicker(
        &self,
        key: &KickerKey,
        make: impl FnOnce() -> Result<Value, RenderError>,
    ) -> Result<Value, RenderError> {
        self.kickers.get_or_insert_with(key, make)
    }

    /// The link to a provider, made at first use.
    pub(crate) fn provider(
        &self,
        domain: &str,
        name: &str,
        make: impl FnOnce() -> Result<ProviderLink, RenderError>,
    ) -> Result<Arc<ProviderLink>, RenderError> {
        self.providers.get_or_insert_with(&[domain, "\n", name].concat(), || make().map(Arc::new))
    }

    /// The HTML of a story in lists, made at first use.
    pub(crate) fn rows(
        &self,
        story: StoryId,
        make: impl FnOnce() -> Result<Rows, RenderError>,
    ) -> Result<Arc<Rows>, RenderError> {
        self.stories.get_or_insert_with(&story, || make().map(Arc::new))
    }

    /// The feed with this path in one syntax; made unless it was the last one.
    pub(crate) fn feed(&self, path: String, make: impl FnOnce() -> FeedDoc) -> Arc<FeedDoc> {
        let last = || self.last_feed.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = last().as_ref().filter(|(kept, _)| *kept == path).map(|(_, feed)| Arc::clone(feed));
        kept.unwrap_or_else(|| {
            let feed = Arc::new(make());
            *last() = Some((path, Arc::clone(&feed)));
            feed
        })
    }

    /// Forgets a story that has changed.
    pub(crate) fn forget_story(&self, story: StoryId) {
        self.stories.remove(&story);
    }

    /// Forgets what a change of any story may change: the navigation and the feeds.
    pub(crate) fn forget_shared(&mut self) {
        self.last_feed = Mutex::new(None);
        self.shell = OnceLock::new();
        self.topic_shells = new_locks(self.topic_shells.len());
    }
}

impl Clone for PageCache {
    fn clone(&self) -> Self {
        Self::new(self.topic_shells.len())
    }
}

fn new_locks<T>(count: usize) -> Vec<OnceLock<T>> {
    (0..count).map(|_| OnceLock::new()).collect()
}
