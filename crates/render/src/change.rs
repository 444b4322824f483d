//! From one state of a publication to the next, at the cost of what changed; and which documents that touches.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use crate::Snapshot;
use courant_model::{ArticleId, HeatCurve, Item, Reason, StoryId, StoryView, Timestamp};

use crate::{
    Publication, RenderError,
    index::ahead_of,
    pages::Shells,
    touched::{Seen, Touched},
};

/// What differs between two snapshots of one site. Whatever is not named stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// The moment of the later snapshot.
    pub taken: Timestamp,
    /// Articles that are new or other than before.
    pub items: Vec<Arc<Item>>,
    /// Articles that are gone.
    pub removed: Vec<ArticleId>,
    /// Stories that are new or other than before. A story of which an article is gone must be here or in
    /// `ended`.
    pub stories: Vec<StoryState>,
    /// Stories that are gone.
    pub ended: Vec<StoryId>,
    /// Stories that were merged since: old id, present id.
    pub moved: Vec<(StoryId, StoryId)>,
}

/// A story, its articles named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryState {
    /// The story.
    pub id: StoryId,
    /// The article that stands for it.
    pub lead: ArticleId,
    /// The others, in their order.
    pub related: Vec<ArticleId>,
    /// The terms behind the lead's heat.
    pub heat_because: Vec<Reason>,
    /// How the heat came about.
    pub heat_curve: Option<HeatCurve>,
    /// Whether an editor has pinned it to the top of the front page.
    pub pinned: bool,
}

impl Change {
    /// What leads from one snapshot to a later one of the same site; `None` where the site itself, its taxonomy,
    /// providers or records other than news differ, so that everything must be made anew.
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

    /// What leads from a publication to a later state of its site, of which `part` shows these stories: all their articles,
    /// and the merges in which they were lost or grew. `articles` names those that are or were in them; all other
    /// stories stay as they are.
    pub fn of_part(
        before: &Publication,
        part: &Snapshot,
        stories: &BTreeSet<StoryId>,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> Self {
        let present: HashSet<ArticleId> = part.items.iter().map(|item| item.id).collect();
        let new_stories: BTreeMap<StoryId, StoryState> = states(part).collect();
        let gone = |id: &ArticleId| before.item(*id).is_some() && !present.contains(id);
        let ended = |id: &&StoryId| before.index.stories.contains_key(id) && !new_stories.contains_key(id);
        Self {
            taken: part.taken,
            items: part.items.iter().filter(|item| before.item(item.id) != Some(item)).cloned().collect(),
            removed: articles.into_iter().filter(gone).collect(),
            ended: stories.iter().filter(ended).copied().collect(),
            stories: new_stories
                .into_values()
                .filter(|story| before.state(story.id).as_ref() != Some(story))
                .collect(),
            moved: part
                .moved
                .iter()
                .filter(|(from, into)| before.index.moved.get(from) != Some(into))
                .copied()
                .collect(),
        }
    }

    /// Whether nothing has changed but the time.
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

/// Places of a snapshot that hold nothing any more and may be used again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vacant {
    items: Vec<usize>,
    stories: Vec<usize>,
}

impl Publication {
    /// An article, public or not.
    pub fn item(&self, id: ArticleId) -> Option<&Arc<Item>> {
        self.index.items.get(&id).map(|&at| &self.snapshot.items[at])
    }

    fn state(&self, id: StoryId) -> Option<StoryState> {
        let &at = self.index.stories.get(&id)?;
        Some(state(&self.snapshot, &self.snapshot.stories[at]))
    }

    /// Goes on to a later snapshot of the same site, and says which documents that may have changed. Where
    /// the site itself has changed, or has a classic API (whose lists shift with every record), everything is
    /// made anew.
    ///
    /// # Errors
    /// As [`Publication::new`].
    pub fn update(&mut self, next: Arc<Snapshot>) -> Result<Touched, RenderError> {
        let change =
            Change::between(&self.snapshot, &next).filter(|change| change.taken >= self.snapshot.taken);
        if let Some(change) = change {
            return Ok(self.apply(change));
        }
        *self = Self::new(next, Arc::clone(&self.templates))?;
        Ok(Touched { all: true, ..Touched::default() })
    }

    /// Takes a change in, and says which documents it may have changed. What this costs depends on the change
    /// and not on how much is published. The change must not be of an earlier moment, and the site must not have
    /// a classic API: [`Publication::update`] sees to both.
    ///
    /// Afterwards [`Publication::snapshot`] holds the present articles and stories, but in no order, and places
    /// that hold nothing any more among them.
    pub fn apply(&mut self, change: Change) -> Touched {
        let due = self.reached(change.taken);
        let stories = self.stories_concerned(&change, &due);
        let mut before = Seen::new(self, &stories, &change);
        for &story in &stories {
            if let Some(at) = self.index.public_story(&self.snapshot, story) {
                before.note_story(self, at);
                self.index.remove_story(&self.snapshot, at);
            }
        }
        self.take_in(change, &due);
        for &story in &stories {
            if let Some(at) = self.index.public_story(&self.snapshot, story) {
                self.index.add_story(&self.snapshot, at);
            }
        }
        self.index.choose_top(&self.snapshot);
        self.shells = Shells::default();
        before.touched(self, &stories)
    }

    /// The articles of which a date lay in the future and does not at this moment.
    fn reached(&self, taken: Timestamp) -> Vec<(Timestamp, ArticleId)> {
        self.index.ahead.iter().take_while(|(published, _)| *published <= taken).copied().collect()
    }

    /// The stories that change, lose or get an article, or whose place in time changes.
    fn stories_concerned(&self, change: &Change, due: &[(Timestamp, ArticleId)]) -> BTreeSet<StoryId> {
        let changed = change.items.iter().map(|item| item.id);
        let known = changed.chain(change.removed.iter().copied()).chain(due.iter().map(|&(_, id)| id));
        let present =
            known.filter_map(|id| self.index.items.get(&id)).map(|&at| self.snapshot.items[at].story);
        let coming = change.items.iter().map(|item| item.story);
        let named = change.stories.iter().map(|story| story.id).chain(change.ended.iter().copied());
        present.chain(coming).chain(named).collect()
    }

    fn take_in(&mut self, change: Change, due: &[(Timestamp, ArticleId)]) {
        let snapshot = Arc::make_mut(&mut self.snapshot);
        let index = &mut self.index;
        snapshot.taken = change.taken;
        for key in due {
            index.ahead.remove(key);
        }
        for id in change.removed {
            if let Some(at) = index.items.remove(&id) {
                index.forget(&snapshot.items[at]);
                self.vacant.items.push(at);
            }
        }
        for item in change.items {
            index.count_pictures(&item);
            index.ahead.extend(ahead_of(&item, change.taken));
            match index.items.get(&item.id) {
                Some(&at) => {
                    let old = std::mem::replace(&mut snapshot.items[at], item);
                    let ahead = ahead_of(&snapshot.items[at], change.taken);
                    index.forget(&old);
                    index.ahead.extend(ahead);
                }
                None => drop(
                    index.items.insert(item.id, place(&mut snapshot.items, &mut self.vacant.items, item)),
                ),
            }
        }
        for id in change.ended {
            self.vacant.stories.extend(index.stories.remove(&id));
        }
        for state in change.stories {
            let id = state.id;
            let Some(view) = view_of(state, &index.items) else {
                self.vacant.stories.extend(index.stories.remove(&id));
                continue;
            };
            if let Some(&at) = index.stories.get(&id) {
                snapshot.stories[at] = Arc::new(view);
            } else {
                let at = place(&mut snapshot.stories, &mut self.vacant.stories, Arc::new(view));
                index.stories.insert(id, at);
            }
        }
        for (from, into) in change.moved {
            index.note_merge(from, into);
        }
    }
}

/// The story with its articles as positions; `None` where its lead is not there.
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

/// Puts something into a vacant place, or behind all others; where that is.
fn place<T>(all: &mut Vec<T>, vacant: &mut Vec<usize>, new: T) -> usize {
    if let Some(at) = vacant.pop() {
        all[at] = new;
        return at;
    }
    all.push(new);
    all.len() - 1
}
