//! The index of a snapshot: what is public, and where it is listed. It is built once, in time
//! proportional to the snapshot (apart from sorting), and then updated in time proportional to each
//! change.

mod collection_index;
mod order;
mod sorted_index;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use courant_model::{ArticleId, Item, StoryId, Timestamp};
use jiff::{SignedDuration, civil::Date};

use courant_classic::ClassicIndex;

use crate::{
    Snapshot,
    formatting::{date_of, is_segment},
};
use order::{dates_of, is_public};

pub(crate) use collection_index::{CollectionIndex, place_of, published_at};
pub(crate) use order::{
    FeedOrderKey, ahead_of, article_by_time, articles_of, by_day_and_heat, by_time, images_of, is_withdrawn,
    provider_page, story_time, time_of,
};
pub(crate) use sorted_index::SortedIndex;

/// Number of stories on top of the front page: one lead, then the second tier.
pub(crate) const TOP_STORIES: usize = 8;

/// The time before the newest story from which the top of the front page takes the hottest stories.
const TOP_WINDOW: SignedDuration = SignedDuration::from_hours(48);

/// Positions are indices of [`Snapshot::stories`] or [`Snapshot::items`].
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// The top of the front page: public stories that an editor has pinned, then the hottest of the
    /// last days.
    pub(crate) top: Vec<usize>,
    /// Public stories that an editor has pinned.
    pinned: BTreeSet<usize>,
    /// Public stories, day by day, the hottest of a day first.
    pub(crate) feed_order: SortedIndex,
    /// Public stories, newest lead first; ties by id.
    pub(crate) newest: SortedIndex,
    /// Public articles, newest first; ties by id.
    pub(crate) articles: SortedIndex,
    /// All stories, public or not.
    pub(crate) stories: HashMap<StoryId, usize>,
    /// All articles, public or not.
    pub(crate) items: HashMap<ArticleId, usize>,
    /// Stories of each topic and the topics below it, newest first, by topic id.
    pub(crate) topics: BTreeMap<String, SortedIndex>,
    /// Positions of topics in the taxonomy, by name.
    pub(crate) topic_names: HashMap<String, usize>,
    /// For each topic, itself and those above it.
    ancestors: Vec<Vec<usize>>,
    /// Public articles of each provider, newest first, by domain.
    pub(crate) providers: BTreeMap<String, SortedIndex>,
    /// The names that the owner has given to providers, by domain.
    pub(crate) described: HashMap<String, String>,
    /// The number of public stories whose lead has that UTC date.
    pub(crate) days: BTreeMap<Date, usize>,
    /// Merged stories and the stories into which they were merged, which need not be public.
    pub(crate) moved: BTreeMap<StoryId, StoryId>,
    /// The ids of the stories that were merged into a story.
    pub(crate) merged: HashMap<StoryId, BTreeSet<StoryId>>,
    /// The number of articles that show each of the site's copies of images, thumbnails included.
    pub(crate) images: BTreeMap<String, usize>,
    /// Articles with a date later than the snapshot: their place in lists, or what is shown of
    /// them, changes at that time.
    pub(crate) ahead: BTreeSet<(Timestamp, ArticleId)>,
    /// Records other than news, in the order of [`Snapshot::collections`].
    pub(crate) collections: Arc<Vec<CollectionIndex>>,
    /// The documents of the classic API, if the site has one.
    pub(crate) classic: Option<Arc<ClassicIndex>>,
}

impl Index {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let public = || (0..snapshot.stories.len()).filter(|&at| is_public(snapshot, at));
        let topic_names = topic_names(snapshot);
        let mut index = Self {
            top: Vec::new(),
            pinned: public().filter(|&at| snapshot.stories[at].pinned).collect(),
            feed_order: SortedIndex::of(public(), |at| by_day_and_heat(snapshot, at)),
            newest: SortedIndex::of(public(), |at| by_time(snapshot, at)),
            articles: SortedIndex::of(public().flat_map(|at| articles_of(snapshot, at)), |at| {
                article_by_time(snapshot, at)
            }),
            stories: snapshot.stories.iter().enumerate().map(|(at, story)| (story.id, at)).collect(),
            items: snapshot.items.iter().enumerate().map(|(at, item)| (item.id, at)).collect(),
            topics: BTreeMap::new(),
            ancestors: (0..snapshot.topics.len())
                .map(|at| ancestors_of(snapshot, &topic_names, at))
                .collect(),
            topic_names,
            providers: BTreeMap::new(),
            described: described(snapshot),
            days: BTreeMap::new(),
            moved: BTreeMap::new(),
            merged: HashMap::new(),
            images: BTreeMap::new(),
            ahead: snapshot.items.iter().flat_map(|item| ahead_of(item, snapshot.taken)).collect(),
            collections: Arc::new(snapshot.collections.iter().map(CollectionIndex::new).collect()),
            classic: snapshot
                .classic
                .as_ref()
                .map(|classic| Arc::new(ClassicIndex::new(snapshot.site_content(), classic))),
        };
        index.topics = stories_by_topic(snapshot, &index);
        index.providers = articles_by_provider(snapshot, &index.articles);
        for story in public() {
            *index.days.entry(date_of(story_time(snapshot, story))).or_default() += 1;
        }
        for item in &snapshot.items {
            index.count_images(item);
        }
        for &(from, into) in &snapshot.moved {
            index.note_merge(from, into);
        }
        index.choose_top(snapshot);
        index
    }

    /// The public story with this id.
    pub(crate) fn public_story(&self, snapshot: &Snapshot, id: StoryId) -> Option<usize> {
        self.stories.get(&id).copied().filter(|&at| is_public(snapshot, at))
    }

    /// The public article with this id.
    pub(crate) fn public_item(&self, snapshot: &Snapshot, id: ArticleId) -> Option<usize> {
        let at = *self.items.get(&id)?;
        let item = &snapshot.items[at];
        let story = &snapshot.stories[self.public_story(snapshot, item.story)?];
        // An article that has lost its topics keeps its record, but is in no story.
        let is_shown = story.lead == at || story.related.contains(&at) && !is_withdrawn(item);
        is_shown.then_some(at)
    }

    /// Whether an editor has withdrawn this story, or the one into which it was merged.
    pub(crate) fn is_withdrawn_story(&self, snapshot: &Snapshot, id: StoryId) -> bool {
        let present = if self.stories.contains_key(&id) { Some(id) } else { self.moved.get(&id).copied() };
        let story = present.and_then(|id| self.stories.get(&id)).map(|&at| &snapshot.stories[at]);
        story.is_some_and(|story| is_withdrawn(&snapshot.items[story.lead]))
    }

    /// Whether an editor has withdrawn this article, or its story.
    pub(crate) fn is_withdrawn_item(&self, snapshot: &Snapshot, id: ArticleId) -> bool {
        let Some(item) = self.items.get(&id).map(|&at| &snapshot.items[at]) else { return false };
        self.public_item(snapshot, id).is_none()
            && (is_withdrawn(item) || self.is_withdrawn_story(snapshot, item.story))
    }

    /// The public story into which a story was merged.
    pub(crate) fn target_of(&self, snapshot: &Snapshot, from: StoryId) -> Option<StoryId> {
        if self.public_story(snapshot, from).is_some() {
            return None;
        }
        // The store keeps no chains, but one more step is followed; circles are not.
        let into = *self.moved.get(&from)?;
        let further = self.moved.get(&into).copied();
        further
            .into_iter()
            .chain([into])
            .find(|&target| target != from && self.public_story(snapshot, target).is_some())
    }

    /// The ids of the topics that list a story: those of its lead that have a page, and those above
    /// them.
    pub(crate) fn topics_of<'a>(&self, snapshot: &'a Snapshot, story: usize) -> BTreeSet<&'a str> {
        let lead = &snapshot.items[snapshot.stories[story].lead];
        let own = lead.record.topics.iter().filter_map(|name| self.topic_names.get(name));
        own.flat_map(|&at| &self.ancestors[at])
            .map(|&at| snapshot.topics[at].id.as_str())
            .filter(|id| is_segment(id))
            .collect()
    }

    /// The positions in the taxonomy of the topics that have stories: the navigation and the pages
    /// of the topics above them show these.
    pub(crate) fn topics_with_stories(&self, snapshot: &Snapshot) -> Vec<usize> {
        let holds =
            |&at: &usize| self.topics.get(&snapshot.topics[at].id).is_some_and(|stories| !stories.is_empty());
        (0..snapshot.topics.len()).filter(holds).collect()
    }

    /// The place in the feed order of the first story of a day.
    pub(crate) fn day_start(&self, snapshot: &Snapshot, date: Date) -> usize {
        self.feed_order.place(|at| date_of(story_time(snapshot, at)) < date)
    }

    /// The name of a provider: the one that the owner has given it, or that of its newest article.
    pub(crate) fn provider_name<'a>(&'a self, snapshot: &'a Snapshot, domain: &str) -> &'a str {
        let newest = || self.providers.get(domain)?.first().map(|at| &snapshot.items[at]);
        match self.described.get(domain) {
            Some(name) => name,
            None => newest()
                .and_then(|item| item.record.provider.as_ref())
                .map_or("", |provider| provider.name.as_str()),
        }
    }

    /// Records that a story was merged into another.
    pub(crate) fn note_merge(&mut self, from: StoryId, into: StoryId) {
        if let Some(old) = self.moved.insert(from, into)
            && let Some(names) = self.merged.get_mut(&old)
        {
            names.remove(&from);
        }
        self.merged.entry(into).or_default().insert(from);
    }

    /// The ids of the stories that were merged into this one, directly or over two merges.
    pub(crate) fn merged_ids(&self, story: StoryId) -> BTreeSet<StoryId> {
        let names = |story: &StoryId| self.merged.get(story).into_iter().flatten().copied();
        let direct: BTreeSet<StoryId> = names(&story).collect();
        direct.iter().flat_map(names).chain(direct.iter().copied()).collect()
    }

    /// Adds a public story and its articles to the lists.
    pub(crate) fn add_story(&mut self, snapshot: &Snapshot, story: usize) {
        if snapshot.stories[story].pinned {
            self.pinned.insert(story);
        }
        self.newest.insert(story, |at| by_time(snapshot, at));
        self.feed_order.insert(story, |at| by_day_and_heat(snapshot, at));
        *self.days.entry(date_of(story_time(snapshot, story))).or_default() += 1;
        for topic in self.topics_of(snapshot, story) {
            if let Some(list) = self.topics.get_mut(topic) {
                list.insert(story, |at| by_time(snapshot, at));
            }
        }
        for item in articles_of(snapshot, story) {
            self.articles.insert(item, |at| article_by_time(snapshot, at));
            if let Some(domain) = provider_page(&snapshot.items[item]) {
                let list = self.providers.entry(domain.to_owned()).or_default();
                list.insert(item, |at| article_by_time(snapshot, at));
            }
        }
    }

    /// Removes a public story and its articles from the lists. The snapshot must still be the one
    /// with which they were added.
    pub(crate) fn remove_story(&mut self, snapshot: &Snapshot, story: usize) {
        self.pinned.remove(&story);
        self.newest.remove(story, |at| by_time(snapshot, at));
        self.feed_order.remove(story, |at| by_day_and_heat(snapshot, at));
        let date = date_of(story_time(snapshot, story));
        if let Some(stories) = self.days.get_mut(&date) {
            *stories -= 1;
            if *stories == 0 {
                self.days.remove(&date);
            }
        }
        for topic in self.topics_of(snapshot, story) {
            if let Some(list) = self.topics.get_mut(topic) {
                list.remove(story, |at| by_time(snapshot, at));
            }
        }
        for item in articles_of(snapshot, story) {
            self.articles.remove(item, |at| article_by_time(snapshot, at));
            let Some(domain) = provider_page(&snapshot.items[item]) else { continue };
            if let Some(list) = self.providers.get_mut(domain) {
                list.remove(item, |at| article_by_time(snapshot, at));
                if list.is_empty() {
                    self.providers.remove(domain);
                }
            }
        }
    }

    /// Counts the images that an item shows.
    pub(crate) fn count_images(&mut self, item: &Item) {
        for name in images_of(item) {
            match self.images.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(self.images.insert(name.clone(), 1)),
            }
        }
    }

    /// Forgets the images and the future dates of an item that was removed or is about to change.
    pub(crate) fn forget(&mut self, item: &Item) {
        for at in dates_of(item) {
            self.ahead.remove(&(at, item.id));
        }
        for name in images_of(item) {
            if let Some(count) = self.images.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.images.remove(name);
                }
            }
        }
    }

    /// Chooses the top of the front page: the pinned stories and the hottest ones of the last days.
    pub(crate) fn choose_top(&mut self, snapshot: &Snapshot) {
        self.top.clear();
        let Some(latest) = self.newest.first().map(|story| story_time(snapshot, story)) else { return };
        let since = latest.checked_sub(TOP_WINDOW).unwrap_or(Timestamp::MIN);
        let recent = self.newest.place(|at| story_time(snapshot, at) < since);
        let mut top = self.newest.part(recent..self.newest.len());
        top.retain(|at| !self.pinned.contains(at));
        top.extend(&self.pinned);
        top.sort_by_cached_key(|&at| {
            let view = &snapshot.stories[at];
            let lead = &snapshot.items[view.lead];
            (!view.pinned, Reverse(lead.heat), Reverse(lead.record.published_date_time), view.id)
        });
        top.truncate(TOP_STORIES);
        self.top = top;
    }
}

fn described(snapshot: &Snapshot) -> HashMap<String, String> {
    let known = snapshot.providers.iter();
    known.map(|known| (known.provider.domain.clone(), known.provider.name.clone())).collect()
}

fn topic_names(snapshot: &Snapshot) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (at, topic) in snapshot.topics.iter().enumerate() {
        names.entry(topic.name.clone()).or_insert(at);
    }
    names
}

fn stories_by_topic(snapshot: &Snapshot, index: &Index) -> BTreeMap<String, SortedIndex> {
    let mut topics: BTreeMap<&str, Vec<usize>> = snapshot
        .topics
        .iter()
        .filter(|topic| is_segment(&topic.id))
        .map(|topic| (topic.id.as_str(), Vec::new()))
        .collect();
    for story in index.newest.newest_first() {
        for id in index.topics_of(snapshot, story) {
            topics.entry(id).or_default().push(story);
        }
    }
    let sorted = |stories: Vec<usize>| SortedIndex::of(stories, |at| by_time(snapshot, at));
    topics.into_iter().map(|(id, stories)| (id.to_owned(), sorted(stories))).collect()
}

fn articles_by_provider(snapshot: &Snapshot, articles: &SortedIndex) -> BTreeMap<String, SortedIndex> {
    let mut providers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in articles.newest_first() {
        if let Some(domain) = provider_page(&snapshot.items[at]) {
            providers.entry(domain).or_default().push(at);
        }
    }
    let sorted = |items: Vec<usize>| SortedIndex::of(items, |at| article_by_time(snapshot, at));
    providers.into_iter().map(|(domain, items)| (domain.to_owned(), sorted(items))).collect()
}

/// A topic and those above it. A circle of parents ends where it closes.
pub(crate) fn ancestors_of(snapshot: &Snapshot, names: &HashMap<String, usize>, topic: usize) -> Vec<usize> {
    let mut ancestors = vec![topic];
    let mut at = topic;
    while let Some(&parent) = snapshot.topics[at].parent.as_ref().and_then(|name| names.get(name)) {
        if ancestors.contains(&parent) {
            break;
        }
        ancestors.push(parent);
        at = parent;
    }
    ancestors
}
