//! What documents are rendered from: a snapshot, its index, the templates, and where the site is
//! reached.

use std::{borrow::Cow, sync::Arc};

use crate::Snapshot;
use courant_model::{ArticleId, StoryId};
use serde::Serialize;

use crate::{
    Document, RenderError, Templates,
    formatting::{safe_image, safe_link},
    index::{Index, SortedIndex},
    page_cache::PageCache,
    paging::Paging,
    route::{Channel, List, Route},
};

/// The type of JSON documents.
const JSON: &str = "application/json";

/// The size for which space is reserved: the documents of most articles and stories are smaller.
const USUAL_JSON_SIZE: usize = 2 << 10;

/// Maximum number of entries of a page of a list, whatever the site asks for.
const MAX_PAGE_SIZE: usize = 500;

/// A snapshot, ready to be rendered. A copy shares articles and stories.
#[derive(Debug, Clone)]
pub(crate) struct RenderContext {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) templates: Arc<Templates>,
    pub(crate) index: Index,
    /// The path of the site's URL, with a slash at both ends: what every link starts with.
    pub(crate) root: String,
    /// The site's URL without query and fragment, with a final slash.
    pub(crate) home: String,
    pub(crate) cache: PageCache,
}

impl RenderContext {
    /// Builds the index of the snapshot.
    pub(crate) fn new(snapshot: Arc<Snapshot>, templates: Arc<Templates>) -> Self {
        let (root, home) = root_and_home(&snapshot);
        let index = Index::new(&snapshot);
        let cache = PageCache::new(snapshot.topics.len());
        Self { snapshot, templates, index, root, home, cache }
    }

    /// A document of the time of the snapshot.
    pub(crate) fn document(&self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Document {
        Document::new(content_type, body, self.snapshot.taken)
    }

    /// A value as a JSON document.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<Document, RenderError> {
        let mut body = Vec::with_capacity(USUAL_JSON_SIZE);
        serde_json::to_writer(&mut body, value)?;
        Ok(self.document(JSON, body))
    }

    /// The path of a document below the site's root, for links.
    pub(crate) fn link(&self, route: Route<'_>) -> String {
        route.below(&self.root)
    }

    /// The absolute URL of a document.
    pub(crate) fn url(&self, route: Route<'_>) -> String {
        route.below(&self.home)
    }

    /// The absolute URL of something below the site's root; any other URL stays as it is.
    pub(crate) fn absolute_url(&self, link: String) -> String {
        match link.strip_prefix(&self.root) {
            Some(path) if link.starts_with('/') => format!("{}{path}", self.home),
            _ => link,
        }
    }

    /// A URL of another site, if a page may link to it: the last of the checks that it passes.
    pub(crate) fn safe_link(&self, url: &str) -> Option<String> {
        safe_link(url, &self.snapshot.site.addresses)
    }

    /// The URL of an image, if a page may show it.
    pub(crate) fn safe_image(&self, url: &str) -> Option<String> {
        safe_image(url, &self.root, &self.snapshot.site.addresses)
    }

    pub(crate) fn page_size(&self) -> usize {
        self.snapshot.site.page_size.clamp(1, MAX_PAGE_SIZE)
    }

    /// How a list of this length is cut into pages.
    pub(crate) fn paging(&self, len: usize) -> Paging {
        Paging { len, size: self.page_size() }
    }

    /// The public article with this id.
    pub(crate) fn public_item(&self, id: ArticleId) -> Option<usize> {
        self.index.public_item(&self.snapshot, id)
    }

    /// The number of entries of a list; 0 also if there is no such list.
    pub(crate) fn list_len(&self, list: List<'_>) -> usize {
        match list {
            List::Front => self.index.feed_order.len(),
            List::Topic(id) => self.index.topics.get(id).map_or(0, SortedIndex::len),
            List::Provider(domain) => self.index.providers.get(domain).map_or(0, SortedIndex::len),
            List::Day(date) => self.index.days.get(&date).copied().unwrap_or_default(),
        }
    }

    /// The documents that bear the id of a story.
    pub(crate) fn documents_of<'a>(&self, story: StoryId) -> impl Iterator<Item = Route<'a>> + use<'a> {
        let feeds = self.snapshot.site.story_feeds.then(|| Route::feeds(Channel::Story(story)));
        [Route::Story(story), Route::ApiStory(story)].into_iter().chain(feeds.into_iter().flatten())
    }
}

fn root_and_home(snapshot: &Snapshot) -> (String, String) {
    let mut url = Cow::Borrowed(&snapshot.site.url);
    if url.query().is_some() || url.fragment().is_some() {
        let plain = url.to_mut();
        plain.set_query(None);
        plain.set_fragment(None);
    }
    let with_slash = |text: &str| if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
    (with_slash(url.path()), with_slash(url.as_str()))
}
