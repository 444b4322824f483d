//! What a running program remembers of its last round, so that the next one looks only at what may have changed.
//!
//! Whatever changes an article marks its record as dirty. Beside that, a story changes while it cools, while somebody
//! links to it, reads it or boosts it, and once more when that ends; and when its record file was touched. All
//! other stories stay as they are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use courant_analysis::story::HeatRule;
use courant_model::{ArticleId, StoryId, Timestamp};
use courant_render::{Change, Publication};
use courant_store::{ReadTransaction, SnapshotRow};
use jiff::SignedDuration;

use super::{Ground, Watch};
use crate::pipeline::{Desk, attention::Attention, collections, hand_edits::HandEdits};

/// So long after a whole round the next one is whole again.
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What is known of the last round.
#[derive(Debug)]
pub(in crate::pipeline) struct Board {
    /// When everything was last looked at.
    begun: Timestamp,
    /// The story of each article, as of the last round in which it changed.
    story_of: HashMap<ArticleId, StoryId>,
    /// The articles of stories that still cool.
    cooling: BTreeMap<StoryId, Vec<SnapshotRow>>,
    /// Stories that were heated by something beside their articles.
    heated: BTreeSet<StoryId>,
    /// Record files as they were last seen.
    pub(super) watch: Watch,
    /// How many articles readers see.
    pub(super) published: u64,
    /// How the files of the collections looked; `None` where an edit may not show.
    pub(super) collections: Option<u64>,
    /// Files of the collections that can't be read, with the reason.
    pub(super) unread: Vec<(String, String)>,
}

/// What a round has to look at.
#[derive(Debug)]
pub(in crate::pipeline) struct Due {
    /// Stories that may differ from the last round, by their names then and now.
    pub(in crate::pipeline) stories: BTreeSet<StoryId>,
    /// Those of them whose records may have to be written, whether readers see a difference or not.
    dirty: BTreeSet<StoryId>,
}

impl Due {
    /// The stories whose records may have to be written: those that changed as well.
    pub(super) fn with_records_of(self, change: &Change) -> BTreeSet<StoryId> {
        let mut stories = self.dirty;
        stories.extend(change.items.iter().map(|item| item.story));
        stories.extend(change.stories.iter().map(|story| story.id));
        stories
    }
}

impl Board {
    /// What is to be remembered of a round that looked at everything.
    pub(super) fn of(ground: &Ground, rule: &HeatRule, now: Timestamp) -> Self {
        let mut board = Self {
            begun: now,
            story_of: HashMap::with_capacity(ground.rows.len()),
            cooling: BTreeMap::new(),
            heated: BTreeSet::new(),
            watch: Watch::default(),
            published: 0,
            collections: None,
            unread: Vec::new(),
        };
        board.note(ground, rule, now);
        board
    }

    /// Whether the next round can go on from here, after a publication of this state.
    pub(in crate::pipeline) fn leads_on(&self, desk: &Desk, before: &Publication) -> bool {
        let (now, snapshot) = (desk.clock.now(), before.snapshot());
        // The lists of a classic API shift with every record.
        snapshot.classic.is_none()
            && !desk.site.config.classic.enabled
            && now >= snapshot.taken
            && now.duration_since(self.begun) < WHOLE_EVERY
            && self.collections.is_some()
            && self.collections == collections::stamp(&desk.site, crate::clock::file_time())
    }

    /// What may differ from the last round.
    pub(in crate::pipeline) async fn due(
        &mut self,
        reading: &mut ReadTransaction,
        attention: &Attention,
        edits: &HandEdits,
    ) -> anyhow::Result<Due> {
        let mut dirty = BTreeSet::new();
        for (article, story) in reading.dirty().await? {
            dirty.insert(story);
            dirty.extend(self.story_of.insert(article, story));
        }
        for story in &dirty {
            self.cooling.remove(story);
        }
        let rewritten = edits.known.values().filter(|file| edits.stale.contains(&file.path));
        dirty.extend(rewritten.filter_map(|file| self.story_of.get(&file.article)));
        // What could not be written is tried again, whether anything changed since or not.
        dirty.extend(self.watch.unwritten.articles().filter_map(|article| self.story_of.get(&article)));
        let boosted = reading.boosts().await?;
        let heated = attention.articles().chain(boosted.iter().map(|word| word.article));
        let mut stories = dirty.clone();
        stories.extend(heated.filter_map(|article| self.story_of.get(&article)));
        stories.extend(self.cooling.keys());
        stories.append(&mut self.heated);
        Ok(Due { stories, dirty })
    }

    /// The articles of these stories and what heats them.
    pub(super) async fn ground(
        &mut self,
        reading: &mut ReadTransaction,
        stories: &BTreeSet<StoryId>,
        attention: Attention,
        now: Timestamp,
    ) -> anyhow::Result<Ground> {
        let mut rows = Vec::new();
        let mut unknown = Vec::new();
        for story in stories {
            match self.cooling.remove(story) {
                Some(known) => rows.extend(known),
                None => unknown.push(*story),
            }
        }
        rows.extend(reading.rows_of_stories(unknown).await?);
        rows.sort_unstable_by(SnapshotRow::newest_first);
        let overrides = reading.overrides_of(rows.iter().map(|row| row.article.id)).await?;
        let names: Vec<StoryId> = stories.iter().copied().collect();
        let moved = reading.moves_of(&names).await?;
        let attention = attention.with_boosts_of(&rows, &overrides, now);
        Ok(Ground { rows, overrides, moved, attention })
    }

    /// Remembers where the articles of these stories are now, and which of the stories go on changing by themselves.
    pub(super) fn note(&mut self, ground: &Ground, rule: &HeatRule, now: Timestamp) {
        let mut stories: HashMap<StoryId, (usize, Timestamp)> = HashMap::new();
        for row in &ground.rows {
            self.story_of.insert(row.article.id, row.member.story);
            let (articles, newest) = stories.entry(row.member.story).or_insert((0, row.article.published));
            *articles += 1;
            *newest = row.article.published.max(*newest);
        }
        let cools = |&(articles, newest): &(usize, Timestamp)| rule.settles_at(newest, articles) > now;
        let cooling: HashSet<StoryId> =
            stories.iter().filter(|(_, state)| cools(state)).map(|(story, _)| *story).collect();
        for row in ground.rows.iter().filter(|row| cooling.contains(&row.member.story)) {
            self.cooling.entry(row.member.story).or_default().push(row.clone());
        }
        let heated = ground.attention.articles().filter_map(|article| self.story_of.get(&article));
        self.heated.extend(heated.chain(ground.attention.boosted()));
    }
}
