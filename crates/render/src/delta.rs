//! The difference between two snapshots of a site, and how a snapshot and its index take it in.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::Snapshot;
use courant_model::{ArticleId, HeatCurve, Item, Reason, StoryId, StoryView, Timestamp};

use crate::index::{Index, ahead_of};

/// The difference between two snapshots of one site: what is not listed here has not changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SnapshotDelta {
    /// The time of the later snapshot.
    pub taken: Timestamp,
    /// New and changed articles.
    pub items: Vec<Arc<Item>>,
    /// Removed articles.
    pub removed: Vec<ArticleId>,
    /// New and changed stories. A story that has lost an article must be here or in `ended`.
    pub stories: Vec<StoryState>,
    /// Removed stories.
    pub ended: Vec<StoryId>,
    /// Stories that were merged since: old id, present id.
    pub moved: Vec<(StoryId, StoryId)>,
}

/// A story that refers to its articles by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryState {
    /// The story.
    pub id: StoryId,
    /// Its lead.
    pub lead: ArticleId,
    /// The others, in their order.
    pub related: Vec<ArticleId>,
    /// The terms behind the lead's heat.
    pub heat_because: Vec<Reason>,
    /// The heat over time.
    pub heat_curve: Option<HeatCurve>,
    /// Whether an editor has pinned it to the top of the front page.
    pub pinned: bool,
}

impl SnapshotDelta {
    /// The difference between a snapshot and a later one of the same site; `None` if the site
    /// itself, its taxonomy, its providers or its records other than news differ, so that
    /// everything must be rendered again.
    pub fn between(before: &Snapshot, after: &Snapshot) -> Option<Self> {
        let same_site = before.site == after.site
            && before.topics == after.topics
            && before.providers == after.providers
            && before.collections == after.collections
            && before.classic.is_none()
            && after.classic.is_none();
        let merges = |snapshot: &Snapshot| snapshot.moved.iter().copied().collect::<BTreeMap<_, _>>();
        let (old_merges, new_merges) = (merges(before), merges(after));
        if !same_site || old_merges.keys().any(|from| !new_merges.contains_key(from)) {
            return None;
        }
        let old_items: HashMap<ArticleId, &Arc<Item>> =
            before.items.iter().map(|item| (item.id, item)).collect();
        let new_ids: BTreeSet<ArticleId> = after.items.iter().map(|item| item.id).collect();
        let old_stories: HashMap<StoryId, StoryState> = states(before).collect();
        let new_stories: BTreeMap<StoryId, StoryState> = states(after).collect();
        Some(Self {
            taken: after.taken,
            items: after.items.iter().filter(|item| old_items.get(&item.id) != Some(item)).cloned().collect(),
            removed: before.items.iter().map(|item| item.id).filter(|id| !new_ids.contains(id)).collect(),
            ended: before.stories.iter().map(|s| s.id).filter(|id| !new_stories.contains_key(id)).collect(),
            stories: new_stories.into_values().filter(|s| old_stories.get(&s.id) != Some(s)).collect(),
            moved: new_merges.into_iter().filter(|(from, into)| old_merges.get(from) != Some(into)).collect(),
        })
    }

    /// The difference between a snapshot and a later state of its site, of which `part` holds these
    /// stories: all their articles, and the merges from or into them. `articles` are the articles
    /// that are or were in them. All other stories are unchanged.
    pub(crate) fn of_part(
        before: &Snapshot,
        index: &Index,
        part: &Snapshot,
        stories: &BTreeSet<StoryId>,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> Self {
        let present: HashSet<ArticleId> = part.items.iter().map(|item| item.id).collect();
        let new_stories: BTreeMap<StoryId, StoryState> = states(part).collect();
        let item = |id: &ArticleId| index.items.get(id).map(|&at| &before.items[at]);
        let story = |id: &StoryId| index.stories.get(id).map(|&at| state(before, &before.stories[at]));
        let is_removed = |id: &ArticleId| index.items.contains_key(id) && !present.contains(id);
        let ended = |id: &&StoryId| index.stories.contains_key(id) && !new_stories.contains_key(id);
        Self {
            taken: part.taken,
            items: part.items.iter().filter(|new| item(&new.id) != Some(new)).cloned().collect(),
            removed: articles.into_iter().filter(is_removed).collect(),
            ended: stories.iter().filter(ended).copied().collect(),
            stories: new_stories.into_values().filter(|new| story(&new.id).as_ref() != Some(new)).collect(),
            moved: part
                .moved
                .iter()
                .filter(|(from, into)| index.moved.get(from) != Some(into))
                .copied()
                .collect(),
        }
    }

    /// Whether only the time has changed.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.removed.is_empty()
            && self.stories.is_empty()
            && self.ended.is_empty()
            && self.moved.is_empty()
    }
}

fn states(snapshot: &Snapshot) -> impl Iterator<Item = (StoryId, StoryState)> + '_ {
    snapshot.stories.iter().map(|story| (story.id, state(snapshot, story)))
}

fn state(snapshot: &Snapshot, story: &StoryView) -> StoryState {
    let id = |at: usize| snapshot.items[at].id;
    StoryState {
        id: story.id,
        lead: id(story.lead),
        related: story.related.iter().map(|&at| id(at)).collect(),
        heat_because: story.heat_because.clone(),
        heat_curve: story.heat_curve.clone(),
        pinned: story.pinned,
    }
}

/// Positions of a snapshot whose items or stories were removed, to be used again.
#[derive(Debug, Clone, Default)]
pub(crate) struct FreeSlots {
    items: Vec<usize>,
    stories: Vec<usize>,
}

impl FreeSlots {
    /// Changes a snapshot and its index by a delta, apart from the sorted lists. `due` are the
    /// dates that lay in the future before and do not any more.
    pub(crate) fn apply(
        &mut self,
        snapshot: &mut Snapshot,
        index: &mut Index,
        delta: SnapshotDelta,
        due: &[(Timestamp, ArticleId)],
    ) {
        snapshot.taken = delta.taken;
        for key in due {
            index.ahead.remove(key);
        }
        for id in delta.removed {
            if let Some(at) = index.items.remove(&id) {
                index.forget(&snapshot.items[at]);
                self.items.push(at);
            }
        }
        for item in delta.items {
            self.put_item(snapshot, index, item);
        }
        for id in delta.ended {
            self.stories.extend(index.stories.remove(&id));
        }
        for story in delta.stories {
            self.put_story(snapshot, index, story);
        }
        for (from, into) in delta.moved {
            index.note_merge(from, into);
        }
    }

    fn put_item(&mut self, snapshot: &mut Snapshot, index: &mut Index, item: Arc<Item>) {
        let ahead = ahead_of(&item, snapshot.taken);
        let id = item.id;
        index.count_images(&item);
        if let Some(&at) = index.items.get(&id) {
            let old = std::mem::replace(&mut snapshot.items[at], item);
            index.forget(&old);
        } else {
            index.items.insert(id, put(&mut snapshot.items, &mut self.items, item));
        }
        index.ahead.extend(ahead);
    }

    fn put_story(&mut self, snapshot: &mut Snapshot, index: &mut Index, story: StoryState) {
        let id = story.id;
        let Some(view) = view_of(story, &index.items) else {
            self.stories.extend(index.stories.remove(&id));
            return;
        };
        if let Some(&at) = index.stories.get(&id) {
            snapshot.stories[at] = Arc::new(view);
        } else {
            index.stories.insert(id, put(&mut snapshot.stories, &mut self.stories, Arc::new(view)));
        }
    }
}

/// The story with its articles as positions; `None` if its lead is missing.
fn view_of(state: StoryState, items: &HashMap<ArticleId, usize>) -> Option<StoryView> {
    Some(StoryView {
        id: state.id,
        lead: *items.get(&state.lead)?,
        related: state.related.iter().filter_map(|id| items.get(id)).copied().collect(),
        heat_because: state.heat_because,
        heat_curve: state.heat_curve,
        pinned: state.pinned,
    })
}

/// Puts something into a free slot, or at the end. Returns its position.
fn put<T>(all: &mut Vec<T>, free: &mut Vec<usize>, new: T) -> usize {
    if let Some(at) = free.pop() {
        all[at] = new;
        return at;
    }
    all.push(new);
    all.len() - 1
}
