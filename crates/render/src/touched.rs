//! Which documents a change touches: what depends on which story, and which pages of a list shift.

use std::collections::{BTreeMap, BTreeSet};

use courant_model::{ArticleId, Item, StoryId, Timestamp};
use jiff::civil::Date;

use crate::{
    Change, Publication,
    feeds::FEED_ENTRIES,
    index::{
        RiverKey, article_by_time, articles_of, by_day_and_heat, by_time, pictures_of, provider_page,
        story_time,
    },
    paging::Paging,
    route::{Channel, List, Route},
    sitemap,
    words::date_of,
};

/// What must be written anew after a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Whether every document and picture may differ; nothing else is named then.
    pub all: bool,
    /// Paths of documents that may differ, have come, or are gone.
    pub paths: BTreeSet<String>,
    /// Copies of pictures that have come or are gone.
    pub pictures: BTreeSet<String>,
}

type StoryKey = (Timestamp, std::cmp::Reverse<StoryId>);
type ArticleKey = (Timestamp, std::cmp::Reverse<ArticleId>);

/// The places in which stories stand, as the keys that order the lists.
#[derive(Debug, Default)]
struct Places {
    newest: BTreeSet<StoryKey>,
    river: BTreeSet<RiverKey>,
    topics: BTreeMap<String, BTreeSet<StoryKey>>,
    providers: BTreeMap<String, BTreeSet<ArticleKey>>,
    days: BTreeMap<Date, usize>,
    documents: BTreeSet<String>,
}

/// What is remembered of the time before a change.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    places: Places,
    /// Which topics held stories.
    topics: Vec<usize>,
    /// What the providers concerned were called.
    names: BTreeMap<String, String>,
    /// How many parts the sitemap had.
    parts: usize,
    /// Pictures of the articles concerned, and whether the site had them.
    pictures: BTreeMap<String, bool>,
}

impl Places {
    fn note(&mut self, publication: &Publication, story: usize) {
        let (snapshot, index) = (&publication.snapshot, &publication.index);
        let key = by_time(snapshot, story);
        self.newest.insert(key);
        self.river.insert(by_day_and_heat(snapshot, story));
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

impl Seen {
    /// What must be known of the state before a change of these stories.
    pub(crate) fn new(publication: &Publication, stories: &BTreeSet<StoryId>, change: &Change) -> Self {
        let mut seen = Self {
            topics: publication.index.topics_with_stories(&publication.snapshot),
            parts: sitemap::part_count(publication),
            ..Self::default()
        };
        let removed = change.removed.iter().filter_map(|id| publication.index.items.get(id));
        let changed = change.items.iter().filter_map(|item| publication.index.items.get(&item.id));
        for &at in removed.chain(changed) {
            seen.note_item(publication, &publication.snapshot.items[at]);
        }
        for item in &change.items {
            seen.note_item(publication, item);
        }
        for story in stories {
            seen.note_members(publication, *story);
        }
        for (from, _) in &change.moved {
            seen.note_name(publication, *from);
        }
        seen
    }

    /// Notes where a public story stands.
    pub(crate) fn note_story(&mut self, publication: &Publication, story: usize) {
        self.places.note(publication, story);
    }

    fn note_members(&mut self, publication: &Publication, story: StoryId) {
        self.note_name(publication, story);
        for name in publication.index.old_names(story) {
            self.note_name(publication, name);
        }
        let Some(&at) = publication.index.stories.get(&story) else { return };
        let view = &publication.snapshot.stories[at];
        for &item in view.related.iter().chain([&view.lead]) {
            self.note_item(publication, &publication.snapshot.items[item]);
        }
    }

    fn note_name(&mut self, publication: &Publication, story: StoryId) {
        self.places.documents.extend(publication.documents_of(story).map(|route| route.path()));
    }

    fn note_item(&mut self, publication: &Publication, item: &Item) {
        for name in pictures_of(item) {
            let had = publication.index.pictures.contains_key(name);
            self.pictures.entry(name.clone()).or_insert(had);
        }
        if let Some(domain) = provider_page(item) {
            let name = publication.index.provider_name(&publication.snapshot, domain);
            self.names.entry(domain.to_owned()).or_insert_with(|| name.to_owned());
        }
    }

    /// What a change of these stories touched; the publication is that after it.
    pub(crate) fn touched(self, publication: &Publication, stories: &BTreeSet<StoryId>) -> Touched {
        if publication.index.topics_with_stories(&publication.snapshot) != self.topics {
            // The navigation of every page names the topics that hold stories.
            return Touched { all: true, ..Touched::default() };
        }
        let mut after = Places::default();
        for &id in stories {
            let names = publication.index.old_names(id).into_iter();
            let documents = names.flat_map(|name| publication.documents_of(name));
            after.documents.extend(documents.map(|route| route.path()));
            if let Some(at) = publication.index.public_story(&publication.snapshot, id) {
                after.note(publication, at);
            }
        }
        let has = |name: &String| publication.index.pictures.contains_key(name);
        let pictures = self.pictures.iter().filter(|&(name, had)| has(name) != *had);
        let mut touched = Touched {
            all: false,
            paths: always(),
            pictures: pictures.map(|(name, _)| name.clone()).collect(),
        };
        self.lists(publication, &after, &mut touched);
        self.providers(publication, &after, &mut touched);
        self.days(publication, &after, &mut touched);
        touched.paths.extend(self.places.documents);
        touched.paths.extend(after.documents);
        touched
    }

    fn lists(&self, publication: &Publication, after: &Places, touched: &mut Touched) {
        let (snapshot, index) = (&publication.snapshot, &publication.index);
        let newest = Shift::of(&self.places.newest, &after.newest, index.newest.len(), |key| {
            index.newest.place(|at| by_time(snapshot, at) < *key)
        });
        touched.add(newest.pages(publication).into_iter().map(Route::ApiStories));
        touched.add(newest.feeds(Channel::Site));
        touched.add(self.sitemaps(publication, &newest));
        let river = Shift::of(&self.places.river, &after.river, index.river.len(), |key| {
            index.river.place(|at| by_day_and_heat(snapshot, at) < *key)
        });
        touched.add(river.pages(publication).into_iter().map(|page| Route::Page(List::Front, page)));
        let none = BTreeSet::new();
        for (id, list) in &index.topics {
            let (before, after) = (self.places.topics.get(id), after.topics.get(id));
            if before.is_none() && after.is_none() {
                continue;
            }
            let shift = Shift::of(before.unwrap_or(&none), after.unwrap_or(&none), list.len(), |key| {
                list.place(|at| by_time(snapshot, at) < *key)
            });
            let pages = shift.pages(publication);
            touched.add(pages.into_iter().map(|page| Route::Page(List::Topic(id), page)));
            touched.add(shift.feeds(Channel::Topic(id)));
        }
    }

    fn sitemaps(&self, publication: &Publication, newest: &Shift) -> Vec<Route<'static>> {
        let now = sitemap::part_count(publication);
        let most = now.max(self.parts);
        if now != self.parts {
            return (1..=most).map(|part| Route::Sitemap(Some(part))).collect();
        }
        let shifted = newest.from.into_iter().flat_map(|place| sitemap::part_of(place)..=most);
        let changed = newest.changed.iter().map(|&place| sitemap::part_of(place));
        changed
            .chain(shifted)
            .chain([1])
            .filter(|_| most > 0)
            .map(|part| Route::Sitemap(Some(part)))
            .collect()
    }

    fn providers(&self, publication: &Publication, after: &Places, touched: &mut Touched) {
        let (snapshot, index) = (&publication.snapshot, &publication.index);
        let (none, no_list) = (BTreeSet::new(), crate::shelf::Shelf::default());
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
            let pages = shift.pages(publication);
            touched.add(pages.into_iter().map(|page| Route::Page(List::Provider(domain), page)));
        }
    }

    fn days(&self, publication: &Publication, after: &Places, touched: &mut Touched) {
        let dates: BTreeSet<Date> = self.places.days.keys().chain(after.days.keys()).copied().collect();
        for date in dates {
            let now = publication.list_len(List::Day(date));
            let count = |days: &BTreeMap<Date, usize>| days.get(&date).copied().unwrap_or_default();
            let before = now + count(&self.places.days) - count(&after.days);
            let most = publication.paging(now.max(before)).count();
            touched.add((0..=most).map(|page| Route::Page(List::Day(date), page)));
        }
    }
}

impl Touched {
    fn add<'a>(&mut self, routes: impl IntoIterator<Item = Route<'a>>) {
        self.paths.extend(routes.into_iter().map(|route| route.path()));
    }
}

/// The documents that show how much there is, or what is newest.
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

/// How a list changed. Places are counted from the least key, in the list as it is now.
#[derive(Debug)]
struct Shift {
    before: usize,
    now: usize,
    /// From here on entries came or went.
    from: Option<usize>,
    /// The entries here are in their place, but changed.
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

    /// The pages of the list that may show something else.
    fn pages(&self, publication: &Publication) -> BTreeSet<usize> {
        let (before, now) = (publication.paging(self.before), publication.paging(self.now));
        let most = before.count().max(now.count());
        let changed = self.changed.iter().map(|&place| now.page_of(place)).filter(|&page| page <= most);
        let shifted = self.from.into_iter().flat_map(|place| first_shifted(before, now, place)..=most);
        changed.chain(shifted).chain([0]).collect()
    }

    /// The feeds of the list, where they show what changed.
    fn feeds<'a>(&self, channel: Channel<'a>) -> impl Iterator<Item = Route<'a>> + use<'a> {
        // Where entries moved, some may have come into sight that stood further back.
        let last = self.changed.last().copied();
        let shown =
            self.from.is_some() || last.is_some_and(|place| place >= self.now.saturating_sub(FEED_ENTRIES));
        Route::feeds(channel).filter(move |_| shown)
    }
}

/// The first numbered page that differs where entries came or went from this place on. The last page of before
/// or now leads on to another page where their numbers differ.
fn first_shifted(before: Paging, now: Paging, place: usize) -> usize {
    let last = before.count().min(now.count());
    if before.count() == now.count() { now.page_of(place) } else { now.page_of(place).min(last).max(1) }
}
