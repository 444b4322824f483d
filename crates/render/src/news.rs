//! What becomes of stories from one publication to the next, for clients that listen: new and changed stories, and
//! those that went.

use std::{collections::BTreeSet, sync::Arc};

use courant_model::StoryId;
use serde::Serialize;

use crate::{
    ListError, Publication, RenderError,
    api::{Explain, Moved, RELATED_IN_LIST, story_of},
    index::articles_of,
};

/// What has become of one story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryNews {
    what: Told,
    /// JSON.
    data: String,
    /// The same for those who saw the story until now and do not see it any more.
    farewell: String,
    before: Option<Facets>,
    after: Option<Facets>,
}

/// What a listener is told about a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is new, or other than before.
    Story,
    /// It is not shown any more.
    Removed,
    /// It was merged into another.
    Merged,
}

impl Told {
    /// The type of the event: `story`, `removed` or `merged`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Removed => "removed",
            Self::Merged => "merged",
        }
    }
}

/// Which stories a listener wants, as in [`crate::ListQuery`]: every filter that is given must let a story pass.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewsFilter {
    /// The id of a topic: it, or one below it.
    pub topic: Option<String>,
    /// The domain of a provider, in lower case; a story passes where any of its articles does.
    pub provider: Option<String>,
    /// A language, without region.
    pub language: Option<String>,
}

/// What filters look at.
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

impl StoryNews {
    /// What a listener with this filter is told, and its JSON; `None` where the story is none of its business. A story
    /// that has left what the filter lets through is removed for this listener.
    pub fn told_to(&self, filter: &NewsFilter) -> Option<(Told, &str)> {
        let passes = |facets: &Option<Facets>| facets.as_ref().is_some_and(|facets| filter.passes(facets));
        match self.what {
            Told::Story if passes(&self.after) => Some((Told::Story, &self.data)),
            Told::Story => passes(&self.before).then_some((Told::Removed, &self.farewell)),
            gone => passes(&self.before).then_some((gone, &self.data)),
        }
    }

    /// How much memory it holds, in bytes, without what is the same for all.
    pub fn size(&self) -> usize {
        self.data.len() + self.farewell.len()
    }
}

impl NewsFilter {
    fn passes(&self, facets: &Facets) -> bool {
        self.topic.as_ref().is_none_or(|topic| facets.topics.contains(topic))
            && self.provider.as_ref().is_none_or(|domain| facets.providers.contains(domain))
            && self.language.as_ref().is_none_or(|language| *language == facets.language)
    }
}

impl Publication {
    /// What has become of the public stories since an earlier publication of this site: first those that went, then
    /// the new and changed ones, oldest first. A story of which nothing has changed but its heat, which cools without
    /// news, is not named. `None` where more than `most` are to be told: whoever listens had better look at the
    /// whole list again.
    ///
    /// Time is in proportion to all that is published, but only what differs is rendered.
    ///
    /// # Errors
    /// [`RenderError::Json`] where a story cannot be written.
    pub fn news_since(
        &self,
        before: &Publication,
        most: usize,
    ) -> Result<Option<Vec<StoryNews>>, RenderError> {
        let mut news = Vec::new();
        for at in before.index.newest.newest_first() {
            let id = before.snapshot.stories[at].id;
            if self.index.public_story(&self.snapshot, id).is_none() {
                if news.len() == most {
                    return Ok(None);
                }
                news.push(self.farewell(before, at)?);
            }
        }
        let gone = news.len();
        for at in self.index.newest.newest_first() {
            let old = before.index.public_story(&before.snapshot, self.snapshot.stories[at].id);
            if old.is_some_and(|old| before.shows_alike(old, self, at)) {
                continue;
            }
            let data = self.without_heat(at)?;
            let old = match old {
                Some(old) if before.without_heat(old)? == data => continue,
                old => old.map(|old| before.facets(old)),
            };
            if news.len() == most {
                return Ok(None);
            }
            news.push(StoryNews {
                what: Told::Story,
                data: serde_json::to_string(&story_of(self, at, RELATED_IN_LIST, Explain::Nothing))?,
                farewell: serde_json::to_string(&Removed { id: self.snapshot.stories[at].id })?,
                before: old,
                after: Some(self.facets(at)),
            });
        }
        news[gone..].reverse();
        Ok(Some(news))
    }

    /// Whether the site has this topic, so that news about it can be asked for.
    ///
    /// # Errors
    /// [`ListError::Parameter`] where it has not, as for lists.
    pub fn know_topic(&self, id: &str) -> Result<(), ListError> {
        if self.snapshot.topics.iter().any(|topic| topic.id == id) {
            return Ok(());
        }
        Err(ListError::Parameter { name: "topic", detail: "the site has no topic with this id" })
    }

    fn farewell(&self, before: &Publication, at: usize) -> Result<StoryNews, RenderError> {
        let id = before.snapshot.stories[at].id;
        let (what, data) = match self.index.target_of(&self.snapshot, id) {
            Some(into) => {
                let merged = Merged { id, moved: Moved::new(self, into) };
                (Told::Merged, serde_json::to_string(&merged)?)
            }
            None => (Told::Removed, serde_json::to_string(&Removed { id })?),
        };
        Ok(StoryNews { what, data, farewell: String::new(), before: Some(before.facets(at)), after: None })
    }

    /// Whether two publications share all articles of a story, so that it needs no closer look.
    fn shows_alike(&self, at: usize, other: &Publication, other_at: usize) -> bool {
        let items = |publication: &Publication, at: usize| -> Vec<_> {
            let all = articles_of(&publication.snapshot, at);
            all.map(|item| Arc::as_ptr(&publication.snapshot.items[item])).collect()
        };
        items(self, at) == items(other, other_at)
    }

    fn without_heat(&self, at: usize) -> Result<Vec<u8>, RenderError> {
        let mut story = story_of(self, at, RELATED_IN_LIST, Explain::Nothing);
        story.heat = 0;
        Ok(serde_json::to_vec(&story)?)
    }

    fn facets(&self, at: usize) -> Facets {
        let snapshot = &self.snapshot;
        let lead = &snapshot.items[snapshot.stories[at].lead].record;
        let provider = |item: usize| snapshot.items[item].record.provider.as_ref();
        let language = lead.language.as_deref().unwrap_or_default();
        Facets {
            topics: self.index.topics_of(snapshot, at).into_iter().map(str::to_owned).collect(),
            providers: articles_of(snapshot, at).filter_map(provider).map(|it| it.domain.clone()).collect(),
            language: language.split(['-', '_']).next().unwrap_or_default().to_owned(),
        }
    }
}
