//! The indices of a snapshot: what is public, and where it is listed. Built once, in time proportional to the
//! snapshot (but for the sorting of lists).

use std::collections::{BTreeMap, HashMap, HashSet};

use courant_model::{ArticleId, Item, Snapshot, StoryId, Timestamp};
use jiff::{SignedDuration, civil::Date};

use crate::{
    classic::ClassicIndex,
    words::{date_of, is_segment},
};

/// How many stories stand above the river of the front page: one lead, then the second tier.
pub(crate) const TOP_STORIES: usize = 8;

/// How far back from the newest story the top of the front page looks for the hottest ones.
const TOP_WINDOW: SignedDuration = SignedDuration::from_hours(48);

/// What the gate's rule is called when an editor decided.
const EDITOR_RULE: &str = "editor";

/// A provider with public articles.
#[derive(Debug)]
pub(crate) struct ProviderEntry {
    pub(crate) name: String,
    /// Indices of items, newest first.
    pub(crate) items: Vec<usize>,
}

/// Positions are indices of [`Snapshot::stories`] or [`Snapshot::items`].
#[derive(Debug)]
pub(crate) struct Index {
    /// Public stories in the order of the front page: its top, then day by day, the hottest of a day first.
    pub(crate) front: Vec<usize>,
    /// Public stories, newest lead first; ties by id.
    pub(crate) newest: Vec<usize>,
    pub(crate) stories: HashMap<StoryId, usize>,
    pub(crate) items: HashMap<ArticleId, usize>,
    /// Stories of each topic and the topics below it, newest first, by topic id.
    pub(crate) topics: BTreeMap<String, Vec<usize>>,
    /// The topic that a name means, as its position in the taxonomy.
    pub(crate) topic_names: HashMap<String, usize>,
    pub(crate) providers: BTreeMap<String, ProviderEntry>,
    /// Stories by the UTC date of their lead, hottest first.
    pub(crate) days: BTreeMap<Date, Vec<usize>>,
    /// Merged stories that lead to a public one.
    pub(crate) moved: BTreeMap<StoryId, StoryId>,
    /// The story that an item leads, public or not.
    pub(crate) led_by: HashMap<usize, usize>,
    /// Where the site has a classic API: what stands where in it.
    pub(crate) classic: Option<ClassicIndex>,
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

impl Index {
    pub(crate) fn new(snapshot: &Snapshot) -> Self {
        let public = public_stories(snapshot);
        let newest = newest_first(snapshot, &public);
        let topic_names = topic_names(snapshot);
        let mut days: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
        for &story in &public {
            let lead = &snapshot.items[snapshot.stories[story].lead];
            days.entry(date_of(time_of(lead, snapshot.taken))).or_default().push(story);
        }
        let stories: HashMap<_, _> = public.iter().map(|&at| (snapshot.stories[at].id, at)).collect();
        let items: HashMap<_, _> = public
            .iter()
            .flat_map(|&at| articles_of(snapshot, at))
            .map(|index| (snapshot.items[index].id, index))
            .collect();
        Self {
            front: front_order(snapshot, &public, &newest, &days),
            topics: stories_by_topic(snapshot, &newest, &topic_names),
            providers: providers(snapshot, &items),
            moved: moved(snapshot, &stories),
            led_by: snapshot.stories.iter().enumerate().map(|(at, story)| (story.lead, at)).collect(),
            newest,
            stories,
            items,
            topic_names,
            days,
            classic: snapshot.classic.as_ref().map(|classic| ClassicIndex::new(snapshot, classic)),
        }
    }
}

/// The public articles of a story: its lead, then the others that no editor has hidden.
pub(crate) fn articles_of(snapshot: &Snapshot, story: usize) -> impl Iterator<Item = usize> {
    let story = &snapshot.stories[story];
    let shown = |&index: &usize| snapshot.items.get(index).is_some_and(|item| !is_hidden(item));
    std::iter::once(story.lead).chain(story.related.iter().copied().filter(shown))
}

fn public_stories(snapshot: &Snapshot) -> Vec<usize> {
    let is_public = |story: &courant_model::StoryView| {
        snapshot.items.get(story.lead).is_some_and(|lead| lead.verdict.published)
    };
    snapshot.stories.iter().enumerate().filter(|(_, story)| is_public(story)).map(|(at, _)| at).collect()
}

fn newest_first(snapshot: &Snapshot, public: &[usize]) -> Vec<usize> {
    let mut newest = public.to_vec();
    newest.sort_by_cached_key(|&at| {
        let story = &snapshot.stories[at];
        (std::cmp::Reverse(time_of(&snapshot.items[story.lead], snapshot.taken)), story.id)
    });
    newest
}

fn front_order(
    snapshot: &Snapshot,
    hottest: &[usize],
    newest: &[usize],
    days: &BTreeMap<Date, Vec<usize>>,
) -> Vec<usize> {
    let time = |story: usize| time_of(&snapshot.items[snapshot.stories[story].lead], snapshot.taken);
    let Some(latest) = newest.first().map(|&story| time(story)) else { return Vec::new() };
    let since = latest.checked_sub(TOP_WINDOW).unwrap_or(Timestamp::MIN);
    let recent = hottest.iter().copied().filter(|&story| time(story) >= since);
    let mut front: Vec<usize> = recent.take(TOP_STORIES).collect();
    let top: HashSet<usize> = front.iter().copied().collect();
    front.extend(days.values().rev().flatten().copied().filter(|story| !top.contains(story)));
    front
}

fn topic_names(snapshot: &Snapshot) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (at, topic) in snapshot.topics.iter().enumerate() {
        names.entry(topic.name.clone()).or_insert(at);
    }
    names
}

fn stories_by_topic(
    snapshot: &Snapshot,
    newest: &[usize],
    names: &HashMap<String, usize>,
) -> BTreeMap<String, Vec<usize>> {
    let lines: Vec<Vec<usize>> = (0..snapshot.topics.len()).map(|at| line_of(snapshot, names, at)).collect();
    let mut topics: BTreeMap<String, Vec<usize>> = snapshot
        .topics
        .iter()
        .filter(|topic| is_segment(&topic.id))
        .map(|topic| (topic.id.clone(), Vec::new()))
        .collect();
    for &story in newest {
        let lead = &snapshot.items[snapshot.stories[story].lead];
        let mut seen = HashSet::new();
        let own = lead.record.topics.iter().filter_map(|name| names.get(name));
        for &topic in own.flat_map(|&at| &lines[at]) {
            if seen.insert(topic)
                && let Some(list) = topics.get_mut(&snapshot.topics[topic].id)
                && list.last() != Some(&story)
            {
                list.push(story);
            }
        }
    }
    topics
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

fn providers(snapshot: &Snapshot, public: &HashMap<ArticleId, usize>) -> BTreeMap<String, ProviderEntry> {
    let described: HashMap<&str, &str> = snapshot
        .providers
        .iter()
        .map(|known| (known.provider.domain.as_str(), known.provider.name.as_str()))
        .collect();
    let mut providers: BTreeMap<String, ProviderEntry> = BTreeMap::new();
    for (index, item) in snapshot.items.iter().enumerate() {
        let Some(provider) = &item.record.provider else { continue };
        if public.get(&item.id) != Some(&index) || !is_segment(&provider.domain) {
            continue;
        }
        let entry = providers.entry(provider.domain.clone()).or_insert_with(|| ProviderEntry {
            name: described.get(provider.domain.as_str()).copied().unwrap_or(&provider.name).to_owned(),
            items: Vec::new(),
        });
        entry.items.push(index);
    }
    providers
}

fn moved(snapshot: &Snapshot, stories: &HashMap<StoryId, usize>) -> BTreeMap<StoryId, StoryId> {
    let next: HashMap<StoryId, StoryId> = snapshot.moved.iter().copied().collect();
    let mut moved = BTreeMap::new();
    for &(from, into) in &snapshot.moved {
        let mut target = into;
        // The store keeps no chains; one more step is followed all the same, circles are not.
        if let Some(&further) = next.get(&target).filter(|further| stories.contains_key(further)) {
            target = further;
        }
        if stories.contains_key(&target) && !stories.contains_key(&from) {
            moved.insert(from, target);
        }
    }
    moved
}
