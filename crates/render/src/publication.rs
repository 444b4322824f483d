//! A publication: all documents of a snapshot, and how it follows later snapshots.

use std::{collections::BTreeSet, sync::Arc};

use crate::Snapshot;
use courant_model::{ArticleId, Item, Record, StoryId, Timestamp};

use crate::{
    Document, Invalidation, ListError, ListQuery, Listed, RenderError, SearchView, SnapshotDelta, StoryEvent,
    Templates,
    api::{self, Explain},
    classic, collections,
    context::RenderContext,
    delta::FreeSlots,
    feeds,
    invalidation::Before,
    listing, openapi, pages,
    record::record_with_story,
    route::{Channel, List, Route, Syntax},
    sitemap, story_events,
};

/// Everything that is published, rendered one document at a time. A copy shares articles and
/// stories.
#[derive(Debug, Clone)]
pub struct Publication {
    context: RenderContext,
    free: FreeSlots,
}

impl Publication {
    /// A publication of this snapshot. Its index is built here, once.
    ///
    /// # Errors
    /// [`RenderError`] if a page cannot be rendered. One page of each kind is tried, so that an
    /// error in a site's own template is found at once and not by a reader.
    pub fn new(snapshot: Arc<Snapshot>, templates: Arc<Templates>) -> Result<Self, RenderError> {
        let context = RenderContext::new(snapshot, templates);
        let publication = Self { context, free: FreeSlots::default() };
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
        let story =
            self.context.index.newest.first().map(|at| Route::Story(self.context.snapshot.stories[at].id));
        let moved = self.context.index.moved.keys().next().map(|&id| Route::Story(id));
        let provider =
            self.context.index.providers.keys().next().map(|domain| Route::Page(List::Provider(domain), 0));
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
        &self.context.snapshot
    }

    /// Whether pages show this article: its story is public, and no editor has withdrawn it.
    pub fn shows(&self, article: ArticleId) -> bool {
        self.context.index.public_item(&self.context.snapshot, article).is_some()
    }

    /// The path of the site's URL, with a slash at both ends: `/` or `/news/`.
    pub fn root(&self) -> &str {
        &self.context.root
    }

    /// The document at this path, if there is one. The path is relative to the site's root and has
    /// a leading slash: `/`, `/feed.xml`, `/stories/<id>/`. A document with `moved_to` is a
    /// redirect.
    pub fn get(&self, path: &str) -> Option<Result<Document, RenderError>> {
        self.render(Route::parse(path)?)
    }

    fn render(&self, route: Route<'_>) -> Option<Result<Document, RenderError>> {
        Some(match route {
            Route::Page(List::Front, 0) => pages::front(&self.context),
            Route::Page(list, page) => return pages::list(&self.context, list, page),
            Route::Topics => pages::topics(&self.context),
            Route::Providers => pages::providers(&self.context),
            Route::Archive => pages::archive(&self.context),
            Route::Story(id) => return pages::story(&self.context, id),
            Route::About => pages::about(&self.context),
            Route::Search => self.search_page(&SearchView::default()),
            Route::NotFound => self.not_found(),
            Route::Feed(channel, syntax) => return feeds::feed(&self.context, channel, syntax),
            Route::Style(name) => return self.style(name),
            Route::Icon => Ok(self.context.document("image/svg+xml", self.context.templates.icon())),
            Route::Robots => {
                Ok(self.context.document("text/plain; charset=utf-8", sitemap::robots(&self.context)))
            }
            Route::Sitemap(part) => return sitemap::sitemap(&self.context, part),
            Route::NewsSitemap => sitemap::news(&self.context),
            Route::ApiStories(page) => return api::stories(&self.context, page),
            Route::ApiStory(id) => return api::story(&self.context, id, Explain::Heat),
            Route::ApiArticle(id) => return api::article(&self.context, id),
            Route::ApiTopics => api::topics(&self.context),
            Route::ApiProviders => api::providers(&self.context),
            Route::ApiCollections => collections::kinds(&self.context),
            Route::ApiCollection(kind) => return collections::whole(&self.context, kind),
            Route::ApiRecord(kind, id) => return collections::record(&self.context, kind, id),
            Route::ApiNewsletters => return collections::whole(&self.context, collections::NEWSLETTERS),
            Route::ApiNewsletter(id) => {
                return collections::record(&self.context, collections::NEWSLETTERS, id);
            }
            Route::ApiDescription => openapi::document(&self.context),
            Route::ApiManual => pages::manual(&self.context),
            Route::Classic(key) => return classic::document(&self.context, key),
        })
    }

    /// As [`Self::get`], but the JSON document of a story has the reasons of all its articles.
    pub fn get_explained(&self, path: &str) -> Option<Result<Document, RenderError>> {
        match Route::parse(path)? {
            Route::ApiStory(id) => api::story(&self.context, id, Explain::All),
            route => self.render(route),
        }
    }

    /// The paths of all documents of a static build, each once, with the redirect pages of merged
    /// stories. `…/` is written as `…/index.html`.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        let fixed = [
            Route::Topics,
            Route::Providers,
            Route::Archive,
            Route::About,
            Route::Search,
            Route::NotFound,
            Route::Style(self.context.templates.style_name()),
            Route::Icon,
            Route::Robots,
            Route::NewsSitemap,
            Route::ApiTopics,
            Route::ApiProviders,
            Route::ApiDescription,
            Route::ApiManual,
        ];
        let topics = self.context.index.topics.keys().map(String::as_str);
        let channels = std::iter::once(Channel::Site).chain(topics.clone().map(Channel::Topic));
        let lists = std::iter::once(List::Front)
            .chain(topics.map(List::Topic))
            .chain(self.context.index.providers.keys().map(|domain| List::Provider(domain)))
            .chain(self.context.index.days.keys().map(|&date| List::Day(date)));
        let stories = self.context.index.newest.newest_first().map(|at| self.context.snapshot.stories[at].id);
        let articles =
            self.context.index.articles.newest_first().map(|at| self.context.snapshot.items[at].id);
        let moved = self
            .context
            .index
            .moved
            .keys()
            .filter(|&&id| self.context.index.target_of(&self.context.snapshot, id).is_some());
        fixed
            .into_iter()
            .chain(lists.flat_map(|list| {
                (0..=self.context.paging(self.context.list_len(list)).count())
                    .map(move |n| Route::Page(list, n))
            }))
            .chain(channels.flat_map(Route::feeds))
            .chain(sitemap::parts(&self.context).map(Route::Sitemap))
            .chain((0..=self.context.paging(self.context.index.newest.len()).count()).map(Route::ApiStories))
            .chain(stories.chain(moved.copied()).flat_map(|id| self.context.documents_of(id)))
            .chain(articles.map(Route::ApiArticle))
            .chain(collections::routes(&self.context))
            .chain(classic::keys(&self.context).map(Route::Classic))
            .map(|route| route.path())
    }

    /// The site's copies of images that documents show, thumbnails included: paths below the site's
    /// URL (`images/abcd….jpg`), sorted, each once.
    pub fn images(&self) -> Vec<String> {
        self.context.index.images.keys().cloned().collect()
    }

    /// Whether [`Self::images`] has this path.
    pub fn has_image(&self, name: &str) -> bool {
        self.context.index.images.contains_key(name)
    }

    /// The search page with these results.
    pub fn search_page(&self, view: &SearchView) -> Result<Document, RenderError> {
        pages::search(&self.context, view)
    }

    /// The answer to a search as JSON, for `/api/v1/search/`.
    pub fn search_answer(&self, view: &SearchView) -> Result<Document, RenderError> {
        api::search(&self.context, view)
    }

    /// The results of a search as a feed, for `/search/feed.xml` and so on. `view` should hold the
    /// newest [`crate::FEED_ENTRIES`] results.
    ///
    /// # Errors
    /// [`RenderError`] if the feed cannot be written.
    pub fn search_feed(&self, view: &SearchView, syntax: Syntax) -> Result<Document, RenderError> {
        feeds::of_search(&self.context, view, syntax)
    }

    /// Part of a list, for the live API: filtered, and cut by cursors.
    ///
    /// # Errors
    /// [`ListError::Parameter`] if the cursor or the topic of the query is invalid.
    pub fn list(&self, listed: Listed, query: &ListQuery) -> Result<Document, ListError> {
        listing::list(&self.context, listed, query)
    }

    /// Part of the list of a kind of records other than news, cut by cursors; `None` if there are
    /// none of that kind. Only `after` and `limit` of the query are used.
    ///
    /// # Errors
    /// [`ListError::Parameter`] if the cursor is invalid.
    pub fn collection(&self, kind: &str, query: &ListQuery) -> Option<Result<Document, ListError>> {
        collections::list(&self.context, kind, query)
    }

    /// Whether an editor has withdrawn the story or article at this path. A server answers 410 Gone
    /// then (RFC 9110 §15.5.11), and 404 for a URL at which there never was anything. A static site
    /// has no file there.
    pub fn is_withdrawn(&self, path: &str) -> bool {
        match Route::parse(path) {
            Some(Route::Story(id) | Route::ApiStory(id)) => {
                self.context.index.is_withdrawn_story(&self.context.snapshot, id)
            }
            Some(Route::Feed(Channel::Story(id), _)) => {
                self.context.snapshot.site.story_feeds
                    && self.context.index.is_withdrawn_story(&self.context.snapshot, id)
            }
            Some(Route::ApiArticle(id)) => self.context.index.is_withdrawn_item(&self.context.snapshot, id),
            _ => false,
        }
    }

    /// The page for a story that an editor has withdrawn; the caller gives it the status 410.
    pub fn withdrawn(&self) -> Result<Document, RenderError> {
        pages::withdrawn(&self.context)
    }

    /// The page for a URL that does not exist; the caller gives it the status 404.
    pub fn not_found(&self) -> Result<Document, RenderError> {
        pages::not_found(&self.context)
    }

    /// As [`crate::record_of`], without searching for the story.
    ///
    /// # Panics
    /// If `item` is not an index of [`Snapshot::items`].
    pub fn record(&self, item: usize) -> Record {
        let story = self.context.index.stories.get(&self.context.snapshot.items[item].story).copied();
        let led = story.filter(|&story| self.context.snapshot.stories[story].lead == item);
        record_with_story(&self.context.snapshot, item, led)
    }

    /// An article, public or not.
    pub fn item(&self, id: ArticleId) -> Option<&Arc<Item>> {
        self.context.index.items.get(&id).map(|&at| &self.context.snapshot.items[at])
    }

    /// The difference between this publication and a later state of its site, of which `part` holds
    /// these stories: all their articles, and the merges from or into them. `articles` are the
    /// articles that are or were in them. All other stories are unchanged.
    pub fn delta_to(
        &self,
        part: &Snapshot,
        stories: &BTreeSet<StoryId>,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> SnapshotDelta {
        SnapshotDelta::of_part(&self.context.snapshot, &self.context.index, part, stories, articles)
    }

    /// Updates the publication to a later snapshot of the same site. Everything is invalidated if
    /// the site itself has changed, or has a classic API (whose lists shift with every record).
    ///
    /// # Errors
    /// As [`Publication::new`].
    pub fn update(&mut self, next: Arc<Snapshot>) -> Result<Invalidation, RenderError> {
        let before = &self.context.snapshot;
        let delta = SnapshotDelta::between(before, &next).filter(|delta| delta.taken >= before.taken);
        if let Some(delta) = delta {
            return Ok(self.apply(delta));
        }
        *self = Self::new(next, Arc::clone(&self.context.templates))?;
        Ok(Invalidation { all: true, ..Invalidation::default() })
    }

    /// Applies a delta, and returns which documents it may have changed. The cost depends on the
    /// delta and not on how much is published. The delta must not be older than the publication,
    /// and the site must not have a classic API; [`Publication::update`] checks both.
    ///
    /// Afterwards [`Publication::snapshot`] holds the present articles and stories in no particular
    /// order, with removed ones among them.
    pub fn apply(&mut self, delta: SnapshotDelta) -> Invalidation {
        let due = due_dates(&self.context, delta.taken);
        let stories = stories_concerned(&self.context, &delta, &due);
        let mut before = Before::new(&self.context, &stories, &delta);
        for &story in &stories {
            self.context.cache.forget_story(story);
            if let Some(at) = self.context.index.public_story(&self.context.snapshot, story) {
                before.note_story(&self.context, at);
                self.context.index.remove_story(&self.context.snapshot, at);
            }
        }
        let snapshot = Arc::make_mut(&mut self.context.snapshot);
        self.free.apply(snapshot, &mut self.context.index, delta, &due);
        for &story in &stories {
            if let Some(at) = self.context.index.public_story(&self.context.snapshot, story) {
                self.context.index.add_story(&self.context.snapshot, at);
            }
        }
        self.context.index.choose_top(&self.context.snapshot);
        self.context.cache.forget_shared();
        before.invalidation(&self.context, &stories)
    }

    /// What happened to the public stories since an earlier publication of this site: first the
    /// merged and removed ones, then the new and changed ones, oldest first. A story of which only
    /// the heat has changed has no event. `None` if there are more than `max` events: listeners
    /// should then read the whole list again.
    ///
    /// # Errors
    /// [`RenderError::Json`] if a story cannot be written.
    pub fn events_since(
        &self,
        before: &Publication,
        max: usize,
    ) -> Result<Option<Vec<StoryEvent>>, RenderError> {
        story_events::events_between(&before.context, &self.context, max)
    }

    /// Checks that the site has this topic, so that clients can ask for its events.
    ///
    /// # Errors
    /// [`ListError::Parameter`], as for lists, if it has not.
    pub fn check_topic(&self, id: &str) -> Result<(), ListError> {
        story_events::check_topic(&self.context, id)
    }

    fn style(&self, name: &str) -> Option<Result<Document, RenderError>> {
        let templates = &self.context.templates;
        (name == templates.style_name()).then(|| {
            let document = self.context.document("text/css; charset=utf-8", templates.style());
            Ok(Document { immutable: true, ..document })
        })
    }
}

/// The future dates that have passed at this time.
fn due_dates(context: &RenderContext, taken: Timestamp) -> Vec<(Timestamp, ArticleId)> {
    context.index.ahead.iter().take_while(|(date, _)| *date <= taken).copied().collect()
}

/// The stories that change, lose or gain an article, or whose place in time changes.
fn stories_concerned(
    context: &RenderContext,
    delta: &SnapshotDelta,
    due: &[(Timestamp, ArticleId)],
) -> BTreeSet<StoryId> {
    let changed = delta.items.iter().map(|item| item.id);
    let known = changed.chain(delta.removed.iter().copied()).chain(due.iter().map(|&(_, id)| id));
    let present =
        known.filter_map(|id| context.index.items.get(&id)).map(|&at| context.snapshot.items[at].story);
    let coming = delta.items.iter().map(|item| item.story);
    let named = delta.stories.iter().map(|story| story.id).chain(delta.ended.iter().copied());
    present.chain(coming).chain(named).collect()
}
