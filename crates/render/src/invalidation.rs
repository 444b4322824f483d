//! Which documents a delta invalidates: those of its stories, and the pages of lists whose entries
//! moved.

use std::collections::{BTreeMap, BTreeSet};

use courant_model::{ArticleId, Item, StoryId, Timestamp};
use jiff::civil::Date;

use crate::{
    context::RenderContext,
    delta::SnapshotDelta,
    feeds::FEED_ENTRIES,
    formatting::date_of,
    index::{
        FeedOrderKey, SortedIndex, article_by_time, articles_of, by_day_and_heat, by_time, images_of,
        provider_page, story_time,
    },
    paging::Paging,
    route::{Channel, List, Route},
    sitemap,
};

/// What must be rendered and written again after a delta.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalidation {
    /// Whether every document and image may differ; then nothing else is listed.
    pub all: bool,
    /// Paths of documents that may be new, changed or removed.
    pub paths: BTreeSet<String>,
    /// The site's copies of images that are new or removed.
    pub images: BTreeSet<String>,
}

type StoryKey = (Timestamp, std::cmp::Reverse<StoryId>);
type ArticleKey = (Timestamp, std::cmp::Reverse<ArticleId>);

/// The places of stories in lists, as the sort keys of the lists.
#[derive(Debug, Default)]
struct Places {
    newest: BTreeSet<StoryKey>,
    feed_order: BTreeSet<FeedOrderKey>,
    topics: BTreeMap<String, BTreeSet<StoryKey>>,
    providers: BTreeMap<String, BTreeSet<ArticleKey>>,
    days: BTreeMap<Date, usize>,
    documents: BTreeSet<String>,
}

/// What is needed of the state before a delta.
#[derive(Debug, Default)]
pub(crate) struct Before {
    places: Places,
    /// The topics that had stories.
    topics: Vec<usize>,
    /// The names of the providers concerned.
    names: BTreeMap<String, String>,
    /// The number of parts of the sitemap.
    parts: usize,
    /// Images of the articles concerned, and whether the site had them.
    images: BTreeMap<String, bool>,
}

impl Places {
    fn note(&mut self, context: &RenderContext, story: usize) {
        let (snapshot, index) = (&context.snapshot, &context.index);
        let key = by_time(snapshot, story);
        self.newest.insert(key);
        self.feed_order.insert(by_day_and_heat(snapshot, story));
        *self.days.entry(date_of(story_time(snapshot, story))).or_default() += 1;
        for topic in index.topics_of(snapshot, story) {
            self.topics.entry(topic.to_owned()).or_default().insert(key);
        }
        for at in articles_of(snapshot, story) {
            let item = &snapshot.items[at];
            self.documents.insert(Route::ApiArticle(item.id).path());
            if let Some(domain) = provider_page(item) {
                self.providers.entry(domain.to_owned()).or_default().insert(article_by_time(snapshot, at));
            }
        }
    }
}

impl Before {
    /// What is needed of the state before a delta that concerns these stories.
    pub(crate) fn new(context: &RenderContext, stories: &BTreeSet<StoryId>, delta: &SnapshotDelta) -> Self {
        let mut before = Self {
            topics: context.index.topics_with_stories(&context.snapshot),
            parts: sitemap::part_count(context),
            ..Self::default()
        };
        let removed = delta.removed.iter().filter_map(|id| context.index.items.get(id));
        let changed = delta.items.iter().filter_map(|item| context.index.items.get(&item.id));
        for &at in removed.chain(changed) {
            before.note_item(context, &context.snapshot.items[at]);
        }
        for item in &delta.items {
            before.note_item(context, item);
        }
        for story in stories {
            before.note_members(context, *story);
        }
        for (from, _) in &delta.moved {
            before.note_documents(context, *from);
        }
        before
    }

    /// Adds the places of a public story.
    pub(crate) fn note_story(&mut self, context: &RenderContext, story: usize) {
        self.places.note(context, story);
    }

    fn note_members(&mut self, context: &RenderContext, story: StoryId) {
        self.note_documents(context, story);
        for name in context.index.merged_ids(story) {
            self.note_documents(context, name);
        }
        let Some(&at) = context.index.stories.get(&story) else { return };
        let view = &context.snapshot.stories[at];
        for &item in view.related.iter().chain([&view.lead]) {
            self.note_item(context, &context.snapshot.items[item]);
        }
    }

    fn note_documents(&mut self, context: &RenderContext, story: StoryId) {
        self.places.documents.extend(context.documents_of(story).map(|route| route.path()));
    }

    fn note_item(&mut self, context: &RenderContext, item: &Item) {
        for name in images_of(item) {
            let had = context.index.images.contains_key(name);
            self.images.entry(name.clone()).or_insert(had);
        }
        if let Some(domain) = provider_page(item) {
            let name = context.index.provider_name(&context.snapshot, domain);
            self.names.entry(domain.to_owned()).or_insert_with(|| name.to_owned());
        }
    }

    /// What a delta that concerns these stories invalidates; the context is the one after it.
    pub(crate) fn invalidation(self, context: &RenderContext, stories: &BTreeSet<StoryId>) -> Invalidation {
        if context.index.topics_with_stories(&context.snapshot) != self.topics {
            // The navigation of every page lists the topics that have stories.
            return Invalidation { all: true, ..Invalidation::default() };
        }
        let mut after = Places::default();
        for &id in stories {
            let names = context.index.merged_ids(id).into_iter();
            let documents = names.flat_map(|name| context.documents_of(name));
            after.documents.extend(documents.map(|route| route.path()));
            if let Some(at) = context.index.public_story(&context.snapshot, id) {
                after.note(context, at);
            }
        }
        let has = |name: &String| context.index.images.contains_key(name);
        let images = self.images.iter().filter(|&(name, had)| has(name) != *had);
        let mut invalidation = Invalidation {
            all: false,
            paths: always(),
            images: images.map(|(name, _)| name.clone()).collect(),
        };
        self.lists(context, &after, &mut invalidation);
        self.providers(context, &after, &mut invalidation);
        self.days(context, &after, &mut invalidation);
        invalidation.paths.extend(self.places.documents);
        invalidation.paths.extend(after.documents);
        invalidation
    }

    fn lists(&self, context: &RenderContext, after: &Places, invalidation: &mut Invalidation) {
        let (snapshot, index) = (&context.snapshot, &context.index);
        let newest = Shift::of(&self.places.newest, &after.newest, index.newest.len(), |key| {
            index.newest.place(|at| by_time(snapshot, at) < *key)
        });
        invalidation.add(newest.pages(context).into_iter().map(Route::ApiStories));
        invalidation.add(newest.feeds(Channel::Site));
        invalidation.add(self.sitemaps(context, &newest));
        let feed_order =
            Shift::of(&self.places.feed_order, &after.feed_order, index.feed_order.len(), |key| {
                index.feed_order.place(|at| by_day_and_heat(snapshot, at) < *key)
            });
        invalidation.add(feed_order.pages(context).into_iter().map(|page| Route::Page(List::Front, page)));
        let none = BTreeSet::new();
        for (id, list) in &index.topics {
            let (before, after) = (self.places.topics.get(id), after.topics.get(id));
            if before.is_none() && after.is_none() {
                continue;
            }
            let shift = Shift::of(before.unwrap_or(&none), after.unwrap_or(&none), list.len(), |key| {
                list.place(|at| by_time(snapshot, at) < *key)
            });
            let pages = shift.pages(context);
            invalidation.add(pages.into_iter().map(|page| Route::Page(List::Topic(id), page)));
            invalidation.add(shift.feeds(Channel::Topic(id)));
        }
    }

    fn sitemaps(&self, context: &RenderContext, newest: &Shift) -> Vec<Route<'static>> {
        let now = sitemap::part_count(context);
        let last = now.max(self.parts);
        if now != self.parts {
            return (1..=last).map(|part| Route::Sitemap(Some(part))).collect();
        }
        let shifted = newest.from.into_iter().flat_map(|place| sitemap::part_of(place)..=last);
        let changed = newest.changed.iter().map(|&place| sitemap::part_of(place));
        changed
            .chain(shifted)
            .chain([1])
            .filter(|_| last > 0)
            .map(|part| Route::Sitemap(Some(part)))
            .collect()
    }

    fn providers(&self, context: &RenderContext, after: &Places, invalidation: &mut Invalidation) {
        let (snapshot, index) = (&context.snapshot, &context.index);
        let (none, no_list) = (BTreeSet::new(), SortedIndex::default());
        let domains: BTreeSet<&String> = self.names.keys().chain(after.providers.keys()).collect();
        for domain in domains {
            let list = index.providers.get(domain).unwrap_or(&no_list);
            let before = self.places.providers.get(domain).unwrap_or(&none);
            let now = after.providers.get(domain).unwrap_or(&none);
            let mut shift = Shift::of(before, now, list.len(), |key| {
                list.place(|at| article_by_time(snapshot, at) < *key)
            });
            if self.names.get(domain).is_some_and(|name| name != index.provider_name(snapshot, domain)) {
                shift.from = Some(0);
            }
            let pages = shift.pages(context);
            invalidation.add(pages.into_iter().map(|page| Route::Page(List::Provider(domain), page)));
        }
    }

    fn days(&self, context: &RenderContext, after: &Places, invalidation: &mut Invalidation) {
        let dates: BTreeSet<Date> = self.places.days.keys().chain(after.days.keys()).copied().collect();
        for date in dates {
            let now = context.list_len(List::Day(date));
            let count = |days: &BTreeMap<Date, usize>| days.get(&date).copied().unwrap_or_default();
            let before = now + count(&self.places.days) - count(&after.days);
            let last = context.paging(now.max(before)).count();
            invalidation.add((0..=last).map(|page| Route::Page(List::Day(date), page)));
        }
    }
}

impl Invalidation {
    fn add<'a>(&mut self, routes: impl IntoIterator<Item = Route<'a>>) {
        self.paths.extend(routes.into_iter().map(|route| route.path()));
    }
}

/// The documents that show totals, or what is newest.
fn always() -> BTreeSet<String> {
    let routes = [
        Route::Page(List::Front, 0),
        Route::Topics,
        Route::Providers,
        Route::Archive,
        Route::About,
        Route::Sitemap(None),
        Route::NewsSitemap,
        Route::ApiTopics,
        Route::ApiProviders,
    ];
    routes.into_iter().map(|route| route.path()).collect()
}

/// How a list changed. Places are counted from the least key in the present list.
#[derive(Debug)]
struct Shift {
    before: usize,
    now: usize,
    /// The first place at which entries were added or removed.
    from: Option<usize>,
    /// The places of entries that have changed but not moved.
    changed: BTreeSet<usize>,
}

impl Shift {
    fn of<K: Ord>(
        before: &BTreeSet<K>,
        after: &BTreeSet<K>,
        now: usize,
        place: impl Fn(&K) -> usize,
    ) -> Self {
        Self {
            before: now + before.len() - after.len(),
            now,
            from: before.symmetric_difference(after).next().map(&place),
            changed: before.intersection(after).map(place).collect(),
        }
    }

    /// The pages of the list that may have changed.
    fn pages(&self, context: &RenderContext) -> BTreeSet<usize> {
        let (before, now) = (context.paging(self.before), context.paging(self.now));
        let last = before.count().max(now.count());
        let changed = self.changed.iter().map(|&place| now.page_of(place)).filter(|&page| page <= last);
        let shifted = self.from.into_iter().flat_map(|place| first_shifted(before, now, place)..=last);
        changed.chain(shifted).chain([0]).collect()
    }

    /// The feeds of the list, if they show what changed.
    fn feeds<'a>(&self, channel: Channel<'a>) -> impl Iterator<Item = Route<'a>> + use<'a> {
        // After a removal the feeds may show entries that were too old before.
        let last = self.changed.last().copied();
        let shown =
            self.from.is_some() || last.is_some_and(|place| place >= self.now.saturating_sub(FEED_ENTRIES));
        Route::feeds(channel).filter(move |_| shown)
    }
}

/// The first numbered page that changes if entries were added or removed from this place on. If the
/// number of pages changes, the last page that both have links to another page than before.
fn first_shifted(before: Paging, now: Paging, place: usize) -> usize {
    let last = before.count().min(now.count());
    if before.count() == now.count() { now.page_of(place) } else { now.page_of(place).min(last).max(1) }
}
