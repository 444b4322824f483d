//! The differences between the stories of two publications, for clients that listen: new, changed,
//! merged and removed stories.

use std::{collections::BTreeSet, sync::Arc};

use courant_model::{Item, StoryId};
use serde::Serialize;

use crate::{
    ListError, RenderError,
    api::{Explain, Moved, RELATED_IN_LIST, story_of},
    context::RenderContext,
    index::articles_of,
};

/// What happened to one story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryEvent {
    kind: StoryEventKind,
    /// JSON.
    data: String,
    /// JSON for listeners whose filter no longer lets the story pass.
    removal: String,
    before: Option<Facets>,
    after: Option<Facets>,
}

/// The kind of a story event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoryEventKind {
    /// The story is new or has changed.
    Story,
    /// It is no longer shown.
    Removed,
    /// It was merged into another.
    Merged,
}

impl StoryEventKind {
    /// The type of the server-sent event: `story`, `removed` or `merged`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Removed => "removed",
            Self::Merged => "merged",
        }
    }
}

/// Which stories a listener wants, as in [`crate::ListQuery`]: a story must pass every filter that
/// is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// The id of a topic: it, or one below it.
    pub topic: Option<String>,
    /// The domain of a provider, in lower case; a story passes if any of its articles does.
    pub provider: Option<String>,
    /// A language, without region.
    pub language: Option<String>,
}

/// The properties of a story that filters compare.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facets {
    /// Ids, those of the topics above included.
    topics: BTreeSet<String>,
    providers: BTreeSet<String>,
    language: String,
}

#[derive(Serialize)]
struct Removed {
    id: StoryId,
}

#[derive(Serialize)]
struct Merged {
    id: StoryId,
    #[serde(flatten)]
    moved: Moved,
}

impl StoryEvent {
    /// The event for a listener with this filter, and its JSON; `None` if the filter lets no state
    /// of the story pass. A story that passed before and does not pass now counts as removed.
    pub fn for_listener(&self, filter: &EventFilter) -> Option<(StoryEventKind, &str)> {
        let passes = |facets: &Option<Facets>| facets.as_ref().is_some_and(|facets| filter.passes(facets));
        match self.kind {
            StoryEventKind::Story if passes(&self.after) => Some((StoryEventKind::Story, &self.data)),
            StoryEventKind::Story => passes(&self.before).then_some((StoryEventKind::Removed, &self.removal)),
            kind => passes(&self.before).then_some((kind, &self.data)),
        }
    }

    /// The size of its JSON in bytes.
    pub fn size(&self) -> usize {
        self.data.len() + self.removal.len()
    }
}

impl EventFilter {
    fn passes(&self, facets: &Facets) -> bool {
        self.topic.as_ref().is_none_or(|topic| facets.topics.contains(topic))
            && self.provider.as_ref().is_none_or(|domain| facets.providers.contains(domain))
            && self.language.as_ref().is_none_or(|language| *language == facets.language)
    }
}

/// What happened to the public stories from one publication of a site to the next: first the merged
/// and removed ones, then the new and changed ones, oldest first. A story of which only the heat
/// has changed, which cools all the time, has no event. `None` if there are more than `max` events:
/// listeners should then read the whole list again.
///
/// Takes time in proportion to all that is published, but only differences are rendered.
pub(crate) fn events_between(
    before: &RenderContext,
    after: &RenderContext,
    max: usize,
) -> Result<Option<Vec<StoryEvent>>, RenderError> {
    let mut events = Vec::new();
    for at in before.index.newest.newest_first() {
        let id = before.snapshot.stories[at].id;
        if after.index.public_story(&after.snapshot, id).is_none() {
            if events.len() == max {
                return Ok(None);
            }
            events.push(removal(before, after, at)?);
        }
    }
    let removed = events.len();
    for at in after.index.newest.newest_first() {
        let old = before.index.public_story(&before.snapshot, after.snapshot.stories[at].id);
        if old.is_some_and(|old| shared_articles(before, old) == shared_articles(after, at)) {
            continue;
        }
        let data = without_heat(after, at)?;
        let old = match old {
            Some(old) if without_heat(before, old)? == data => continue,
            old => old.map(|old| facets(before, old)),
        };
        if events.len() == max {
            return Ok(None);
        }
        events.push(StoryEvent {
            kind: StoryEventKind::Story,
            data: serde_json::to_string(&story_of(after, at, RELATED_IN_LIST, Explain::Nothing))?,
            removal: serde_json::to_string(&Removed { id: after.snapshot.stories[at].id })?,
            before: old,
            after: Some(facets(after, at)),
        });
    }
    events[removed..].reverse();
    Ok(Some(events))
}

/// Checks that the site has this topic.
///
/// # Errors
/// [`ListError::Parameter`], as for lists, if it has not.
pub(crate) fn check_topic(context: &RenderContext, id: &str) -> Result<(), ListError> {
    if context.snapshot.topics.iter().any(|topic| topic.id == id) {
        return Ok(());
    }
    Err(ListError::Parameter { name: "topic", detail: "the site has no topic with this id" })
}

fn removal(before: &RenderContext, after: &RenderContext, at: usize) -> Result<StoryEvent, RenderError> {
    let id = before.snapshot.stories[at].id;
    let (kind, data) = match after.index.target_of(&after.snapshot, id) {
        Some(into) => {
            let merged = Merged { id, moved: Moved::new(after, into) };
            (StoryEventKind::Merged, serde_json::to_string(&merged)?)
        }
        None => (StoryEventKind::Removed, serde_json::to_string(&Removed { id })?),
    };
    Ok(StoryEvent { kind, data, removal: String::new(), before: Some(facets(before, at)), after: None })
}

/// The articles of a story as shared pointers: a story with the same ones before and after needs no
/// comparison.
fn shared_articles(context: &RenderContext, at: usize) -> Vec<*const Item> {
    let all = articles_of(&context.snapshot, at);
    all.map(|item| Arc::as_ptr(&context.snapshot.items[item])).collect()
}

fn without_heat(context: &RenderContext, at: usize) -> Result<Vec<u8>, RenderError> {
    let mut story = story_of(context, at, RELATED_IN_LIST, Explain::Nothing);
    story.heat = 0;
    Ok(serde_json::to_vec(&story)?)
}

fn facets(context: &RenderContext, at: usize) -> Facets {
    let snapshot = &context.snapshot;
    let lead = &snapshot.items[snapshot.stories[at].lead].record;
    let provider = |item: usize| snapshot.items[item].record.provider.as_ref();
    let language = lead.language.as_deref().unwrap_or_default();
    Facets {
        topics: context.index.topics_of(snapshot, at).into_iter().map(str::to_owned).collect(),
        providers: articles_of(snapshot, at).filter_map(provider).map(|it| it.domain.clone()).collect(),
        language: language.split(['-', '_']).next().unwrap_or_default().to_owned(),
    }
}
