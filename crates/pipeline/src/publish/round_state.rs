//! What a running program remembers of its last round, so that the next one handles only what may
//! have changed.
//!
//! Every change of an article marks its record as dirty. In addition, a story changes while it
//! cools; while it has links, clicks or boosts, and once more when these end; and when a record
//! file was edited. All other stories stay as they are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use courant_analysis::story::HeatRule;
use courant_model::{ArticleId, StoryId, Timestamp};
use courant_render::{Publication, SnapshotDelta};
use courant_store::{ReadTransaction, SnapshotRow};
use jiff::SignedDuration;

use crate::{
    context::Context,
    editor::record_edits::RecordEdits,
    import::collections,
    publish::{record_files::RecordFiles, snapshot::StoryBatch},
    stories::heat_inputs::HeatInputs,
};

/// Interval between full rounds.
const FULL_ROUND_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// What is known from the last round.
#[derive(Debug)]
pub(crate) struct RoundState {
    /// Time of the last full round.
    begun: Timestamp,
    /// The story of each article, as of the last round in which it changed.
    story_of: HashMap<ArticleId, StoryId>,
    /// The articles of stories that still cool.
    cooling: BTreeMap<StoryId, Vec<SnapshotRow>>,
    /// Stories that are heated by something besides their own articles.
    heated: BTreeSet<StoryId>,
    /// The record files as last seen.
    pub(crate) record_files: RecordFiles,
    /// Number of published articles.
    pub(crate) published: u64,
    /// The stamp of the files of the collections; `None` if an edit of them may go unnoticed.
    pub(crate) collections: Option<u64>,
    /// Files of the collections that cannot be read, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// The stories that a round has to handle.
#[derive(Debug)]
pub(crate) struct DueStories {
    /// Stories that may have changed since the last round, by their ids then and now.
    pub(crate) stories: BTreeSet<StoryId>,
    /// Stories whose records may have to be written, even if readers see no difference.
    dirty: BTreeSet<StoryId>,
}

impl DueStories {
    /// The stories whose records may have to be written, including those that this change contains.
    pub(crate) fn with_records_of(self, change: &SnapshotDelta) -> BTreeSet<StoryId> {
        let mut stories = self.dirty;
        stories.extend(change.items.iter().map(|item| item.story));
        stories.extend(change.stories.iter().map(|story| story.id));
        stories
    }
}

impl RoundState {
    /// The state after a full round.
    pub(crate) fn of(batch: &StoryBatch, rule: &HeatRule, now: Timestamp) -> Self {
        let mut round_state = Self {
            begun: now,
            story_of: HashMap::with_capacity(batch.rows.len()),
            cooling: BTreeMap::new(),
            heated: BTreeSet::new(),
            record_files: RecordFiles::default(),
            published: 0,
            collections: None,
            unreadable: Vec::new(),
        };
        round_state.note(batch, rule, now);
        round_state
    }

    /// Whether the next round can continue from this state and the publication `before`; otherwise
    /// it must be a full one.
    pub(crate) fn can_continue_from(&self, context: &Context, before: &Publication) -> bool {
        let (now, snapshot) = (context.clock.now(), before.snapshot());
        // Every new record shifts the lists of a classic API.
        snapshot.classic.is_none()
            && !context.site.config.classic.enabled
            && now >= snapshot.taken
            && now.duration_since(self.begun) < FULL_ROUND_INTERVAL
            && self.collections.is_some()
            && self.collections == collections::stamp(&context.site, crate::clock::file_time())
    }

    /// The stories that may have changed since the last round.
    pub(crate) async fn due(
        &mut self,
        reading: &mut ReadTransaction,
        heat_inputs: &HeatInputs,
        edits: &RecordEdits,
    ) -> anyhow::Result<DueStories> {
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
        // Records that could not be written are tried again, whether they changed or not.
        dirty
            .extend(self.record_files.unwritten.articles().filter_map(|article| self.story_of.get(&article)));
        let boosted = reading.boosts().await?;
        let heated = heat_inputs.articles().chain(boosted.iter().map(|boost| boost.article));
        let mut stories = dirty.clone();
        stories.extend(heated.filter_map(|article| self.story_of.get(&article)));
        stories.extend(self.cooling.keys());
        stories.append(&mut self.heated);
        Ok(DueStories { stories, dirty })
    }

    /// The articles of these stories with what heats them.
    pub(crate) async fn story_batch(
        &mut self,
        reading: &mut ReadTransaction,
        stories: &BTreeSet<StoryId>,
        heat_inputs: HeatInputs,
        now: Timestamp,
    ) -> anyhow::Result<StoryBatch> {
        let mut rows = Vec::new();
        let mut others = Vec::new();
        for story in stories {
            match self.cooling.remove(story) {
                Some(cooling) => rows.extend(cooling),
                None => others.push(*story),
            }
        }
        rows.extend(reading.rows_of_stories(others).await?);
        rows.sort_unstable_by(SnapshotRow::newest_first);
        let overrides = reading.overrides_of(rows.iter().map(|row| row.article.id)).await?;
        let names: Vec<StoryId> = stories.iter().copied().collect();
        let moved = reading.moves_of(&names).await?;
        let heat_inputs = heat_inputs.with_boosts_of(&rows, &overrides, now);
        Ok(StoryBatch::new(rows, overrides, moved, heat_inputs))
    }

    /// Remembers the stories of these articles, and which stories go on cooling.
    pub(crate) fn note(&mut self, batch: &StoryBatch, rule: &HeatRule, now: Timestamp) {
        let mut stories: HashMap<StoryId, (usize, Timestamp)> = HashMap::new();
        for row in &batch.rows {
            self.story_of.insert(row.article.id, row.member.story);
            let (articles, newest) = stories.entry(row.member.story).or_insert((0, row.article.published));
            *articles += 1;
            *newest = row.article.published.max(*newest);
        }
        let cools = |&(articles, newest): &(usize, Timestamp)| rule.unchanged_from(newest, articles) > now;
        let cooling: HashSet<StoryId> =
            stories.iter().filter(|(_, state)| cools(state)).map(|(story, _)| *story).collect();
        for row in batch.rows.iter().filter(|row| cooling.contains(&row.member.story)) {
            self.cooling.entry(row.member.story).or_default().push(row.clone());
        }
        let heated = batch.heat_inputs.articles().filter_map(|article| self.story_of.get(&article));
        self.heated.extend(heated.chain(batch.heat_inputs.boosted()));
    }
}
