//! A publication: a snapshot, its indices and the templates, from which any document can be asked for.

use std::{borrow::Cow, sync::Arc};

use crate::Snapshot;
use courant_model::{ArticleId, Record, StoryId};

use crate::{
    Document, RenderError, SearchView, Templates,
    api::{self, Explain},
    change::Vacant,
    classic, collections, feeds,
    index::Index,
    listing::{self, ListError, ListQuery, Listed},
    openapi,
    pages::{self, Shells},
    paging::Paging,
    record::record_with_story,
    route::{Channel, List, Route, Syntax},
    shelf::Shelf,
    sitemap,
    words::{safe_image, safe_link},
};

/// Everything that is published, rendered one document at a time. A copy shares articles and stories.
#[derive(Debug, Clone)]
pub struct Publication {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) templates: Arc<Templates>,
    pub(crate) index: Index,
    /// The path of the site's address, with a slash at both ends: what every link starts with.
    pub(crate) root: String,
    /// The site's address without query and fragment, with a final slash.
    pub(crate) home: String,
    pub(crate) vacant: Vacant,
    pub(crate) shells: Shells,
}

impl Publication {
    /// A publication of this snapshot. Indices are built here, once.
    ///
    /// # Errors
    /// [`RenderError`] where a page cannot be rendered: one of each kind is tried, so that a site's own template
    /// which asks for something that does not exist is found at once and not by a reader.
    pub fn new(snapshot: Arc<Snapshot>, templates: Arc<Templates>) -> Result<Self, RenderError> {
        let (root, home) = root_and_home(&snapshot);
        let index = Index::new(&snapshot);
        let publication = Self {
            index,
            snapshot,
            templates,
            root,
            home,
            vacant: Vacant::default(),
            shells: Shells::default(),
        };
        publication.try_each_kind()?;
        Ok(publication)
    }

    fn try_each_kind(&self) -> Result<(), RenderError> {
        let fixed = [
            Route::Page(List::Front, 0),
            Route::Page(List::Front, 1),
            Route::Topics,
            Route::About,
            Route::Search,
            Route::NotFound,
            Route::ApiManual,
        ];
        let story = self.index.newest.first().map(|at| Route::Story(self.snapshot.stories[at].id));
        let moved = self.index.moved.keys().next().map(|&id| Route::Story(id));
        let provider =
            self.index.providers.keys().next().map(|domain| Route::Page(List::Provider(domain), 0));
        fixed
            .into_iter()
            .chain(story)
            .chain(moved)
            .chain(provider)
            .filter_map(|route| self.render(route))
            .try_for_each(|document| document.map(drop))
    }

    /// The snapshot that is published.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Whether pages show this article: its story is public, and no editor holds it. Costs two look-ups.
    pub fn shows(&self, article: ArticleId) -> bool {
        self.index.public_item(&self.snapshot, article).is_some()
    }

    /// The path of the site's address, with a slash at both ends: `/` or `/news/`.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The document at this path, relative to the site's root and with a leading slash: `/`, `/feed.xml`,
    /// `/stories/<id>/`. `None` where there is none. A document with `moved_to` is a redirect.
    pub fn get(&self, path: &str) -> Option<Result<Document, RenderError>> {
        self.render(Route::parse(path)?)
    }

    fn render(&self, route: Route<'_>) -> Option<Result<Document, RenderError>> {
        Some(match route {
            Route::Page(List::Front, 0) => pages::front(self),
            Route::Page(list, page) => return pages::list(self, list, page),
            Route::Topics => pages::topics(self),
            Route::Providers => pages::providers(self),
            Route::Archive => pages::archive(self),
            Route::Story(id) => return pages::story(self, id),
            Route::About => pages::about(self),
            Route::Search => self.search_page(&SearchView::default()),
            Route::NotFound => self.not_found(),
            Route::Feed(channel, syntax) => return feeds::feed(self, channel, syntax),
            Route::Style(name) => return self.style(name),
            Route::Icon => Ok(self.document("image/svg+xml", self.templates.icon())),
            Route::Robots => Ok(self.document("text/plain; charset=utf-8", sitemap::robots(self))),
            Route::Sitemap(part) => return sitemap::sitemap(self, part),
            Route::NewsSitemap => sitemap::news(self),
            Route::ApiStories(page) => return api::stories(self, page),
            Route::ApiStory(id) => return api::story(self, id, Explain::Heat),
            Route::ApiArticle(id) => return api::article(self, id),
            Route::ApiTopics => api::topics(self),
            Route::ApiProviders => api::providers(self),
            Route::ApiCollections => collections::kinds(self),
            Route::ApiCollection(kind) => return collections::whole(self, kind),
            Route::ApiRecord(kind, id) => return collections::record(self, kind, id),
            Route::ApiNewsletters => return collections::whole(self, collections::NEWSLETTERS),
            Route::ApiNewsletter(id) => return collections::record(self, collections::NEWSLETTERS, id),
            Route::ApiDescription => openapi::document(self),
            Route::ApiManual => pages::manual(self),
            Route::Classic(key) => return classic::document(self, key),
        })
    }

    /// As [`Self::get`], with every reason that the snapshot holds: those of a story's articles are left out
    /// otherwise.
    pub fn get_explained(&self, path: &str) -> Option<Result<Document, RenderError>> {
        match Route::parse(path)? {
            Route::ApiStory(id) => api::story(self, id, Explain::All),
            route => self.render(route),
        }
    }

    /// Every path that a static build writes, each once; `…/` is written as `…/index.html`. Redirect pages of
    /// merged stories are among them.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let fixed = [
            Route::Topics,
            Route::Providers,
            Route::Archive,
            Route::About,
            Route::Search,
            Route::NotFound,
            Route::Style(self.templates.style_name()),
            Route::Icon,
            Route::Robots,
            Route::NewsSitemap,
            Route::ApiTopics,
            Route::ApiProviders,
            Route::ApiDescription,
            Route::ApiManual,
        ];
        let topics = self.index.topics.keys().map(String::as_str);
        let channels = std::iter::once(Channel::Site).chain(topics.clone().map(Channel::Topic));
        let lists = std::iter::once(List::Front)
            .chain(topics.map(List::Topic))
            .chain(self.index.providers.keys().map(|domain| List::Provider(domain)))
            .chain(self.index.days.keys().map(|&date| List::Day(date)));
        let stories = self.index.newest.newest_first().map(|at| self.snapshot.stories[at].id);
        let articles = self.index.articles.newest_first().map(|at| self.snapshot.items[at].id);
        let moved = self.index.moved.keys().filter(|&&id| self.index.target_of(&self.snapshot, id).is_some());
        fixed
            .into_iter()
            .chain(lists.flat_map(|list| {
                (0..=self.paging(self.list_len(list)).count()).map(move |n| Route::Page(list, n))
            }))
            .chain(channels.flat_map(Route::feeds))
            .chain(sitemap::parts(self).map(Route::Sitemap))
            .chain((0..=self.paging(self.index.newest.len()).count()).map(Route::ApiStories))
            .chain(stories.chain(moved.copied()).flat_map(|id| self.documents_of(id)))
            .chain(articles.map(Route::ApiArticle))
            .chain(collections::routes(self))
            .chain(classic::keys(self).map(Route::Classic))
            .map(|route| route.path())
    }

    /// What stands under the name of a story.
    pub(crate) fn documents_of<'a>(&self, story: StoryId) -> impl Iterator<Item = Route<'a>> + use<'a> {
        let feeds = self.snapshot.site.story_feeds.then(|| Route::feeds(Channel::Story(story)));
        [Route::Story(story), Route::ApiStory(story)].into_iter().chain(feeds.into_iter().flatten())
    }

    /// The copies of pictures that the documents show, thumbnails included, below the site's address (`images/abcd….jpg`), each
    /// once, by name.
    pub fn pictures(&self) -> Vec<String> {
        self.index.pictures.keys().cloned().collect()
    }

    /// Whether [`Self::pictures`] has this name.
    pub fn has_picture(&self, name: &str) -> bool {
        self.index.pictures.contains_key(name)
    }

    /// The search page with these results.
    pub fn search_page(&self, view: &SearchView) -> Result<Document, RenderError> {
        pages::search(self, view)
    }

    /// The answer to a search as JSON, for `/api/v1/search/`.
    pub fn search_answer(&self, view: &SearchView) -> Result<Document, RenderError> {
        api::search(self, view)
    }

    /// What a search found as a feed, for `/search/feed.xml` and its like. The newest [`crate::FEED_ENTRIES`] of the
    /// results are wanted.
    ///
    /// # Errors
    /// [`RenderError`] where the feed cannot be written.
    pub fn search_feed(&self, view: &SearchView, syntax: Syntax) -> Result<Document, RenderError> {
        feeds::of_search(self, view, syntax)
    }

    /// Part of a list, for the live API: filtered, and cut by cursors.
    ///
    /// # Errors
    /// [`ListError::Parameter`] where the cursor or the topic of the query means nothing here.
    pub fn list(&self, listed: Listed, query: &ListQuery) -> Result<Document, ListError> {
        listing::list(self, listed, query)
    }

    /// Part of the list of a kind of records other than news, cut by cursors; `None` where there are none of that kind. Of
    /// the query only `after` and `limit` are looked at.
    ///
    /// # Errors
    /// [`ListError::Parameter`] where the cursor means nothing here.
    pub fn collection(&self, kind: &str, query: &ListQuery) -> Option<Result<Document, ListError>> {
        collections::list(self, kind, query)
    }

    /// Whether an editor has taken off the site what stood at this path: a story, or an article of the API. That is not
    /// the same as an address that never was one (RFC 9110 §15.5.11, 410 Gone). A static site just has no file there.
    pub fn is_withdrawn(&self, path: &str) -> bool {
        match Route::parse(path) {
            Some(Route::Story(id) | Route::ApiStory(id)) => self.index.is_withdrawn_story(&self.snapshot, id),
            Some(Route::Feed(Channel::Story(id), _)) => {
                self.snapshot.site.story_feeds && self.index.is_withdrawn_story(&self.snapshot, id)
            }
            Some(Route::ApiArticle(id)) => self.index.is_withdrawn_item(&self.snapshot, id),
            _ => false,
        }
    }

    /// The page for a story that was taken off the site; the caller gives it the status 410.
    pub fn withdrawn(&self) -> Result<Document, RenderError> {
        pages::withdrawn(self)
    }

    /// The page for an address that does not exist; the caller gives it the status 404.
    pub fn not_found(&self) -> Result<Document, RenderError> {
        pages::not_found(self)
    }

    /// As [`crate::record_of`], without a search for the story.
    ///
    /// # Panics
    /// If `item` is not an index of [`Snapshot::items`].
    pub fn record(&self, item: usize) -> Record {
        let story = self.index.stories.get(&self.snapshot.items[item].story).copied();
        let led = story.filter(|&story| self.snapshot.stories[story].lead == item);
        record_with_story(&self.snapshot, item, led)
    }

    fn style(&self, name: &str) -> Option<Result<Document, RenderError>> {
        (name == self.templates.style_name()).then(|| {
            let document = self.document("text/css; charset=utf-8", self.templates.style());
            Ok(Document { immutable: true, ..document })
        })
    }

    pub(crate) fn document(&self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Document {
        Document::new(content_type, body, self.snapshot.taken)
    }

    /// The link to a path of the site: below its root.
    pub(crate) fn link(&self, route: Route<'_>) -> String {
        [&self.root, &route.path()[1..]].concat()
    }

    /// An address of others, if it may stand in a link: the last of the checks that it passed.
    pub(crate) fn outside(&self, address: &str) -> Option<String> {
        safe_link(address, &self.snapshot.site.addresses)
    }

    /// The address of a picture, if a page may show it.
    pub(crate) fn picture_outside(&self, address: &str) -> Option<String> {
        safe_image(address, &self.root, &self.snapshot.site.addresses)
    }

    /// The full address of a path of the site.
    pub(crate) fn address(&self, route: Route<'_>) -> String {
        [&self.home, &route.path()[1..]].concat()
    }

    pub(crate) fn page_size(&self) -> usize {
        self.snapshot.site.page_size.clamp(1, 500)
    }

    /// How a list of this length is cut into pages.
    pub(crate) fn paging(&self, len: usize) -> Paging {
        Paging { len, size: self.page_size() }
    }

    /// The public article with this id.
    pub(crate) fn public_item(&self, id: ArticleId) -> Option<usize> {
        self.index.public_item(&self.snapshot, id)
    }

    /// How many entries a list has; 0 also where there is no such list.
    pub(crate) fn list_len(&self, list: List<'_>) -> usize {
        match list {
            List::Front => self.index.river.len(),
            List::Topic(id) => self.index.topics.get(id).map_or(0, Shelf::len),
            List::Provider(domain) => self.index.providers.get(domain).map_or(0, Shelf::len),
            List::Day(date) => self.index.days.get(&date).copied().unwrap_or_default(),
        }
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
