//! The indices of a snapshot: what is public, and where it is listed. Built once, in time proportional to the
//! snapshot (but for the sorting of lists); then kept in step with changes, at the cost of what changes.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::Snapshot;
use courant_model::{ArticleId, Item, StoryId, Timestamp};
use jiff::{SignedDuration, civil::Date};

use crate::{
    classic::{self, ClassicIndex},
    collections::CollectionIndex,
    shelf::Shelf,
    words::{date_of, is_segment},
};

/// How many stories stand above the river of the front page: one lead, then the second tier.
pub(crate) const TOP_STORIES: usize = 8;

/// How far back from the newest story the top of the front page looks for the hottest ones.
const TOP_WINDOW: SignedDuration = SignedDuration::from_hours(48);

/// What the gate's rule is called when an editor decided.
const EDITOR_RULE: &str = "editor";

/// Positions are indices of [`Snapshot::stories`] or [`Snapshot::items`].
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// Public stories that an editor has pinned, then the hottest of the last days: they stand above the river of the
    /// front page.
    pub(crate) top: Vec<usize>,
    /// Public stories that an editor has pinned.
    pinned: BTreeSet<usize>,
    /// Public stories, day by day, the hottest of a day first.
    pub(crate) river: Shelf,
    /// Public stories, newest lead first; ties by id.
    pub(crate) newest: Shelf,
    /// Public articles, newest first; ties by id.
    pub(crate) articles: Shelf,
    /// All stories, public or not.
    pub(crate) stories: HashMap<StoryId, usize>,
    /// All articles, public or not.
    pub(crate) items: HashMap<ArticleId, usize>,
    /// Stories of each topic and the topics below it, newest first, by topic id.
    pub(crate) topics: BTreeMap<String, Shelf>,
    /// The topic that a name means, as its position in the taxonomy.
    pub(crate) topic_names: HashMap<String, usize>,
    /// For each topic, itself and those above it.
    lines: Vec<Vec<usize>>,
    /// Public articles of each provider, newest first, by domain.
    pub(crate) providers: BTreeMap<String, Shelf>,
    /// The names that the owner gave to providers, by domain.
    pub(crate) described: HashMap<String, String>,
    /// How many public stories have a lead of that UTC date.
    pub(crate) days: BTreeMap<Date, usize>,
    /// Merged stories and what they were merged into; whether that is public is another question.
    pub(crate) moved: BTreeMap<StoryId, StoryId>,
    /// Old names of the stories that were merged into one.
    pub(crate) merged: HashMap<StoryId, BTreeSet<StoryId>>,
    /// How many articles show each copy of a picture, thumbnails included.
    pub(crate) pictures: BTreeMap<String, usize>,
    /// Articles with a date that lies after the snapshot: they change their place, or what is said of them, when it is
    /// reached.
    pub(crate) ahead: BTreeSet<(Timestamp, ArticleId)>,
    /// Records other than news, in the order of [`Snapshot::collections`].
    pub(crate) collections: Arc<Vec<CollectionIndex>>,
    /// Where the site has a classic API: what stands where in it.
    pub(crate) classic: Option<Arc<ClassicIndex>>,
}

/// When readers are told that an item appeared: its publication, or where that is absent or lies after the
/// snapshot (a wrong clock), when Courant first saw it.
pub(crate) fn time_of(item: &Item, taken: Timestamp) -> Timestamp {
    item.record.published_date_time.filter(|&published| published <= taken).unwrap_or(item.first_seen)
}

/// Whether an editor has taken this article off the site.
pub(crate) fn is_hidden(item: &Item) -> bool {
    !item.verdict.published && item.verdict.rule == EDITOR_RULE
}

/// Whether a story may be seen: its lead is published.
pub(crate) fn is_public(snapshot: &Snapshot, story: usize) -> bool {
    let lead = snapshot.stories.get(story).and_then(|story| snapshot.items.get(story.lead));
    lead.is_some_and(|lead| lead.verdict.published)
}

/// The moment of a story: that of its lead.
pub(crate) fn story_time(snapshot: &Snapshot, story: usize) -> Timestamp {
    time_of(&snapshot.items[snapshot.stories[story].lead], snapshot.taken)
}

/// Puts the newest story last; among those of one moment the one with the smallest id.
pub(crate) fn by_time(snapshot: &Snapshot, story: usize) -> (Timestamp, Reverse<StoryId>) {
    (story_time(snapshot, story), Reverse(snapshot.stories[story].id))
}

/// Puts the newest article last; among those of one moment the one with the smallest id.
pub(crate) fn article_by_time(snapshot: &Snapshot, item: usize) -> (Timestamp, Reverse<ArticleId>) {
    let item = &snapshot.items[item];
    (time_of(item, snapshot.taken), Reverse(item.id))
}

/// Days since the epoch, then the hottest story of a day last.
pub(crate) type RiverKey = (i64, courant_model::Heat, Option<Timestamp>, Reverse<StoryId>);

/// Puts the newest day last, and in it the hottest story; then the newest lead, then the smallest id.
pub(crate) fn by_day_and_heat(snapshot: &Snapshot, story: usize) -> RiverKey {
    let view = &snapshot.stories[story];
    let lead = &snapshot.items[view.lead];
    let day = story_time(snapshot, story).as_second().div_euclid(86_400);
    (day, lead.heat, lead.record.published_date_time, Reverse(view.id))
}

/// The public articles of a story: its lead, then the others that no editor has hidden.
pub(crate) fn articles_of(snapshot: &Snapshot, story: usize) -> impl Iterator<Item = usize> {
    let story = &snapshot.stories[story];
    let shown = |&index: &usize| snapshot.items.get(index).is_some_and(|item| !is_hidden(item));
    std::iter::once(story.lead).chain(story.related.iter().copied().filter(shown))
}

/// The domain under which an article's provider has a page.
pub(crate) fn provider_page(item: &Item) -> Option<&str> {
    let domain = item.record.provider.as_ref().map(|provider| provider.domain.as_str());
    domain.filter(|domain| is_segment(domain))
}

impl Index {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let public = || (0..snapshot.stories.len()).filter(|&at| is_public(snapshot, at));
        let topic_names = topic_names(snapshot);
        let mut index = Self {
            top: Vec::new(),
            pinned: public().filter(|&at| snapshot.stories[at].pinned).collect(),
            river: Shelf::of(public(), |at| by_day_and_heat(snapshot, at)),
            newest: Shelf::of(public(), |at| by_time(snapshot, at)),
            articles: Shelf::of(public().flat_map(|at| articles_of(snapshot, at)), |at| {
                article_by_time(snapshot, at)
            }),
            stories: snapshot.stories.iter().enumerate().map(|(at, story)| (story.id, at)).collect(),
            items: snapshot.items.iter().enumerate().map(|(at, item)| (item.id, at)).collect(),
            topics: BTreeMap::new(),
            lines: (0..snapshot.topics.len()).map(|at| line_of(snapshot, &topic_names, at)).collect(),
            topic_names,
            providers: BTreeMap::new(),
            described: described(snapshot),
            days: BTreeMap::new(),
            moved: BTreeMap::new(),
            merged: HashMap::new(),
            pictures: BTreeMap::new(),
            ahead: snapshot.items.iter().flat_map(|item| ahead_of(item, snapshot.taken)).collect(),
            collections: Arc::new(snapshot.collections.iter().map(CollectionIndex::new).collect()),
            classic: snapshot
                .classic
                .as_ref()
                .map(|classic| Arc::new(ClassicIndex::new(classic::content(snapshot), classic))),
        };
        index.topics = stories_by_topic(snapshot, &index);
        index.providers = articles_by_provider(snapshot, &index.articles);
        for story in public() {
            *index.days.entry(date_of(story_time(snapshot, story))).or_default() += 1;
        }
        for item in &snapshot.items {
            index.count_pictures(item);
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
        // An article that has lost its topics keeps its record, but stands in no story.
        let is_shown = story.lead == at || story.related.contains(&at) && !is_hidden(item);
        is_shown.then_some(at)
    }

    /// Whether an editor has taken this story off the site, or the one into which it was merged.
    pub(crate) fn is_withdrawn_story(&self, snapshot: &Snapshot, id: StoryId) -> bool {
        let present = if self.stories.contains_key(&id) { Some(id) } else { self.moved.get(&id).copied() };
        let story = present.and_then(|id| self.stories.get(&id)).map(|&at| &snapshot.stories[at]);
        story.is_some_and(|story| is_hidden(&snapshot.items[story.lead]))
    }

    /// Whether an editor has taken this article, or the story in which it stands, off the site.
    pub(crate) fn is_withdrawn_item(&self, snapshot: &Snapshot, id: ArticleId) -> bool {
        let Some(item) = self.items.get(&id).map(|&at| &snapshot.items[at]) else { return false };
        self.public_item(snapshot, id).is_none()
            && (is_hidden(item) || self.is_withdrawn_story(snapshot, item.story))
    }

    /// The public story that a merged one leads to.
    pub(crate) fn target_of(&self, snapshot: &Snapshot, from: StoryId) -> Option<StoryId> {
        if self.public_story(snapshot, from).is_some() {
            return None;
        }
        // The store keeps no chains; one more step is followed all the same, circles are not.
        let into = *self.moved.get(&from)?;
        let further = self.moved.get(&into).copied();
        further
            .into_iter()
            .chain([into])
            .find(|&target| target != from && self.public_story(snapshot, target).is_some())
    }

    /// The ids of the topics under which a story stands: those of its lead that have a page, and those above
    /// them.
    pub(crate) fn topics_of<'a>(&self, snapshot: &'a Snapshot, story: usize) -> BTreeSet<&'a str> {
        let lead = &snapshot.items[snapshot.stories[story].lead];
        let own = lead.record.topics.iter().filter_map(|name| self.topic_names.get(name));
        own.flat_map(|&at| &self.lines[at])
            .map(|&at| snapshot.topics[at].id.as_str())
            .filter(|id| is_segment(id))
            .collect()
    }

    /// The topics that hold a story, as positions in the taxonomy: they are named in the navigation and on the
    /// pages of the topics above them.
    pub(crate) fn topics_with_stories(&self, snapshot: &Snapshot) -> Vec<usize> {
        let holds =
            |&at: &usize| self.topics.get(&snapshot.topics[at].id).is_some_and(|stories| !stories.is_empty());
        (0..snapshot.topics.len()).filter(holds).collect()
    }

    /// The place in the river at which the stories of a day begin.
    pub(crate) fn day_start(&self, snapshot: &Snapshot, date: Date) -> usize {
        self.river.place(|at| date_of(story_time(snapshot, at)) < date)
    }

    /// The name of a provider: the owner's word for it, or what its newest article calls it.
    pub(crate) fn provider_name<'a>(&'a self, snapshot: &'a Snapshot, domain: &str) -> &'a str {
        let newest = || self.providers.get(domain)?.first().map(|at| &snapshot.items[at]);
        match self.described.get(domain) {
            Some(name) => name,
            None => newest()
                .and_then(|item| item.record.provider.as_ref())
                .map_or("", |provider| provider.name.as_str()),
        }
    }

    /// Notes that a story was merged into another.
    pub(crate) fn note_merge(&mut self, from: StoryId, into: StoryId) {
        if let Some(old) = self.moved.insert(from, into)
            && let Some(names) = self.merged.get_mut(&old)
        {
            names.remove(&from);
        }
        self.merged.entry(into).or_default().insert(from);
    }

    /// The old names under which a story can be asked for, also over two merges.
    pub(crate) fn old_names(&self, story: StoryId) -> BTreeSet<StoryId> {
        let names = |story: &StoryId| self.merged.get(story).into_iter().flatten().copied();
        let direct: BTreeSet<StoryId> = names(&story).collect();
        direct.iter().flat_map(names).chain(direct.iter().copied()).collect()
    }

    /// Takes a public story and its articles into the lists.
    pub(crate) fn add_story(&mut self, snapshot: &Snapshot, story: usize) {
        if snapshot.stories[story].pinned {
            self.pinned.insert(story);
        }
        self.newest.insert(story, |at| by_time(snapshot, at));
        self.river.insert(story, |at| by_day_and_heat(snapshot, at));
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

    /// Takes a public story and its articles out of the lists; the snapshot is still that of before.
    pub(crate) fn remove_story(&mut self, snapshot: &Snapshot, story: usize) {
        self.pinned.remove(&story);
        self.newest.remove(story, |at| by_time(snapshot, at));
        self.river.remove(story, |at| by_day_and_heat(snapshot, at));
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

    /// Notes which pictures an item shows.
    pub(crate) fn count_pictures(&mut self, item: &Item) {
        for name in pictures_of(item) {
            match self.pictures.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(self.pictures.insert(name.clone(), 1)),
            }
        }
    }

    /// Forgets the pictures of an item that is gone or changed, and that its date was to come.
    pub(crate) fn forget(&mut self, item: &Item) {
        for at in moments_of(item) {
            self.ahead.remove(&(at, item.id));
        }
        for name in pictures_of(item) {
            if let Some(count) = self.pictures.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.pictures.remove(name);
                }
            }
        }
    }

    /// Finds the pinned stories and the hottest ones of the last days anew.
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

/// The copies of pictures that an item shows.
pub(crate) fn pictures_of(item: &Item) -> impl Iterator<Item = &String> {
    item.picture.iter().chain(item.thumbnails.iter().map(|small| &small.path))
}

/// The dates of an item that have not come yet.
pub(crate) fn ahead_of(
    item: &Item,
    taken: Timestamp,
) -> impl Iterator<Item = (Timestamp, ArticleId)> + use<> {
    let id = item.id;
    moments_of(item).filter(move |&at| at > taken).map(move |at| (at, id))
}

/// When an item was published and when it was changed, as it says.
fn moments_of(item: &Item) -> impl Iterator<Item = Timestamp> + use<> {
    [item.record.published_date_time, item.record.updated_date_time].into_iter().flatten()
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

fn stories_by_topic(snapshot: &Snapshot, index: &Index) -> BTreeMap<String, Shelf> {
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
    let shelf = |stories: Vec<usize>| Shelf::of(stories, |at| by_time(snapshot, at));
    topics.into_iter().map(|(id, stories)| (id.to_owned(), shelf(stories))).collect()
}

fn articles_by_provider(snapshot: &Snapshot, articles: &Shelf) -> BTreeMap<String, Shelf> {
    let mut providers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in articles.newest_first() {
        if let Some(domain) = provider_page(&snapshot.items[at]) {
            providers.entry(domain).or_default().push(at);
        }
    }
    let shelf = |items: Vec<usize>| Shelf::of(items, |at| article_by_time(snapshot, at));
    providers.into_iter().map(|(domain, items)| (domain.to_owned(), shelf(items))).collect()
}

/// A topic and those above it; a circle of parents ends where it closes.
pub(crate) fn line_of(snapshot: &Snapshot, names: &HashMap<String, usize>, topic: usize) -> Vec<usize> {
    let mut line = vec![topic];
    let mut at = topic;
    while let Some(&parent) = snapshot.topics[at].parent.as_ref().and_then(|name| names.get(name)) {
        if line.contains(&parent) {
            break;
        }
        line.push(parent);
        at = parent;
    }
    line
}
