//! The online grouper: one article at a time, in the order of arrival.

use std::fmt;

use courant_model::{ArticleId, Reason, StoryId, Timestamp};

use super::{
    because,
    config::GroupConfig,
    copies::{self, Copy},
    decide::Model,
    features::{self, Features},
    prepare::Prepared,
    search::{Candidate, Scratch},
    stories::Stories,
    window::Window,
};

/// Stories less like an article than this part of the likeness of the best one are not weighed.
const FAR_BEHIND: f32 = 0.25;
/// How many of the articles most like a new one are asked whether it repeats them.
const COPY_CANDIDATES: usize = 12;
/// How many articles of a story speak for it when two stories might be one.
const MERGE_VOICES: usize = 4;
/// Stories that are tried for a merge after one article.
const MERGE_TRIES: usize = 3;

/// Where an article was placed, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Its story, after any merge below.
    pub story: StoryId,
    /// The article whose text it repeats; never itself a copy.
    pub copy_of: Option<ArticleId>,
    /// `copy`, `similar`, `opened`, `runner_up`, `round_up`, `merged`.
    pub because: Vec<Reason>,
    /// Stories that this article showed to be one: (the one that ends, the one that goes on).
    pub merged: Vec<(StoryId, StoryId)>,
}

/// A story that an article might join, as the learned decision sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The story.
    pub story: StoryId,
    /// What the two have in common.
    pub features: Features,
    /// The article of the story that is most alike.
    pub nearest: ArticleId,
}

/// The window of recent articles and the stories in it.
pub struct Grouper {
    config: GroupConfig,
    model: Model,
    window: Window,
    stories: Stories,
    scratch: Scratch,
}

impl fmt::Debug for Grouper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grouper")
            .field("articles", &self.window.len())
            .field("stories", &self.stories.len())
            .finish_non_exhaustive()
    }
}

impl Grouper {
    /// An empty window.
    pub fn new(config: GroupConfig) -> Self {
        Self::with_model(config, Model::trained().clone())
    }

    /// An empty window with a decision of one's own. A model with a [`fault`](Model::fault) must not be given.
    pub fn with_model(config: GroupConfig, model: Model) -> Self {
        Self {
            config,
            model,
            window: Window::default(),
            stories: Stories::default(),
            scratch: Scratch::default(),
        }
    }

    /// Whether the article is in the window.
    pub fn contains(&self, id: ArticleId) -> bool {
        self.window.number_of(id).is_some()
    }

    /// How many articles are in the window.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether the window holds no article.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The stories of the articles in the window, in the order of their arrival.
    pub fn assignments(&self) -> impl Iterator<Item = (ArticleId, StoryId)> {
        self.window.docs().map(|(doc, story)| (doc.id, self.stories.get(story).id))
    }

    /// The story of an article of the window.
    pub fn story_of(&self, id: ArticleId) -> Option<StoryId> {
        let number = self.window.number_of(id)?;
        Some(self.stories.get(self.window.story(number)).id)
    }

    /// To rebuild this window, every article first seen (or, where that is unknown, published) at or after this
    /// moment must be [restored](Self::restore), and all those of unknown time; more does no harm. `None` where
    /// no article in the window has a time: then all must.
    pub fn needs_since(&self) -> Option<Timestamp> {
        let oldest = self.window.docs().flat_map(|(doc, _)| [doc.seen, doc.entered]).flatten().min()?;
        Timestamp::from_second(oldest).ok()
    }

    /// Places a new article. One that is already in the window is [updated](Self::update).
    pub fn place(&mut self, article: Prepared) -> Placement {
        let id = article.id;
        if self.contains(id) {
            self.update(article);
            let story = self.story_of(id).unwrap_or(StoryId::opened_by(id));
            let because =
                vec![Reason::new("update", "a new text of an article that is already in its story")];
            let copy_of = self.window.number_of(id).and_then(|number| self.window.doc(number).copy_of);
            return Placement { story, copy_of, because, merged: Vec::new() };
        }
        let words = article.clone();
        let (number, candidates) = self.enter(article);
        let copy = self.copy(number);
        let mut because = Vec::new();
        let mut merged = Vec::new();
        if let Some(copy) = copy {
            let original = self.window.doc(copy.of);
            let of = original.copy_of.unwrap_or(original.id);
            let story = self.window.story(copy.of);
            because.push(because::copy(of, copy.overlap));
            self.window.doc_mut(number).copy_of = Some(of);
            self.join(number, story);
        } else if self.window.doc(number).round_up {
            because.push(because::round_up());
        } else {
            let blend = |candidate: &Candidate| candidate.features.0[features::index("blend")];
            let best = candidates.iter().map(blend).fold(0.0, f32::max);
            let mut weighed: Vec<(f64, Candidate)> = candidates
                .into_iter()
                .filter(|candidate| blend(candidate) >= FAR_BEHIND * best)
                .map(|candidate| (self.model.probability(&candidate.features), candidate))
                .collect();
            // Candidates come most alike first, and the sort is stable.
            weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
            let joins = weighed.first().is_some_and(|best| best.0 >= self.config.join_at);
            because.extend(because::decision(&words, &weighed, joins, &self.window, &self.stories));
            if joins {
                self.join(number, weighed[0].1.story);
                merged = self.merge(number, &weighed[1..]);
                because.extend(merged.iter().map(|&(from, into)| because::merged(from, into)));
            }
        }
        let story = self.stories.get(self.window.story(number)).id;
        let copy_of = self.window.doc(number).copy_of;
        Placement { story, copy_of, because, merged }
    }

    /// Puts back an article that was placed before, in the order of arrival, with what the store knows.
    pub fn restore(&mut self, article: Prepared, story: StoryId, copy_of: Option<ArticleId>) {
        if self.contains(article.id) {
            self.update(article);
            return;
        }
        let story = self.stories.number_for(story);
        let number = self.window.push(article, story, copy_of);
        self.stories.add(story, number);
        self.evict();
    }

    /// Takes the new text of an edited article; it keeps its story, its place in the window and, where it is a
    /// copy, its original. An article that is not in the window is left alone.
    pub fn update(&mut self, article: Prepared) {
        if let Some(number) = self.window.number_of(article.id) {
            self.window.replace(number, article);
        }
    }

    /// The stories that a new article might join, as the learned decision sees them, without placing it: for
    /// training and for looking into decisions.
    pub fn options(&mut self, article: Prepared) -> Vec<Choice> {
        let (number, candidates) = self.enter(article);
        let options = candidates
            .into_iter()
            .map(|candidate| Choice {
                story: self.stories.get(candidate.story).id,
                features: candidate.features,
                nearest: self.window.doc(candidate.nearest).id,
            })
            .collect();
        let story = self.window.story(number);
        self.stories.remove(story, number);
        self.window.pop_newest();
        options
    }

    /// Takes an article into the window, in a story of its own, and searches for others. What the article makes too
    /// old leaves before it can be found.
    fn enter(&mut self, article: Prepared) -> (u32, Vec<Candidate>) {
        let story = self.stories.number_for(StoryId::opened_by(article.id));
        let number = self.window.push(article, story, None);
        self.stories.add(story, number);
        self.evict();
        let candidates = self.scratch.candidates(number, &self.window, &self.stories);
        (number, candidates)
    }

    fn copy(&self, number: u32) -> Option<Copy> {
        let among = self.scratch.ranked();
        let among = &among[..among.len().min(COPY_CANDIDATES)];
        copies::find(number, among, self.config.copy_overlap, &self.window)
    }

    fn join(&mut self, number: u32, story: u32) {
        let own = self.window.story(number);
        if own != story {
            self.stories.remove(own, number);
            self.window.set_story(number, story);
            self.stories.add(story, number);
        }
    }

    /// Merges the story that the article has joined with others that it also fits, where the articles of those
    /// agree: an article that fits two stories is not enough to make them one.
    fn merge(&mut self, number: u32, others: &[(f64, Candidate)]) -> Vec<(StoryId, StoryId)> {
        let mut merged = Vec::new();
        for (probability, candidate) in others.iter().take(MERGE_TRIES) {
            if *probability < self.config.join_at {
                break;
            }
            let here = self.window.story(number);
            let there = candidate.story;
            if self.agreement(there, here) + self.agreement(here, there) >= 2.0 * self.config.merge_at {
                merged.push(self.unite(here, there));
            }
        }
        merged
    }

    /// How sure the articles of one story are, on the average, that they tell the other's event.
    fn agreement(&mut self, of: u32, with: u32) -> f64 {
        let members = &self.stories.get(of).members;
        let step = members.len().div_ceil(MERGE_VOICES).max(1);
        let voices: Vec<u32> = members.iter().rev().step_by(step).copied().collect();
        let count = voices.len() as f64;
        let sum: f64 = voices
            .into_iter()
            .map(|voice| {
                let candidates = self.scratch.candidates(voice, &self.window, &self.stories);
                candidates
                    .iter()
                    .find(|candidate| candidate.story == with)
                    .map_or(0.0, |candidate| self.model.probability(&candidate.features))
            })
            .sum();
        sum / count
    }

    /// Makes two stories one: the one whose oldest article came first goes on.
    fn unite(&mut self, a: u32, b: u32) -> (StoryId, StoryId) {
        let first = |story: u32| self.stories.get(story).members.first().copied();
        let (into, from) = if first(a) <= first(b) { (a, b) } else { (b, a) };
        let ids = (self.stories.get(from).id, self.stories.get(into).id);
        for member in self.stories.close(from) {
            self.window.set_story(member, into);
            self.stories.add(into, member);
        }
        ids
    }

    /// Lets go what is too old or too much. What came before any article had a time can't be told to be young,
    /// and goes as soon as one has.
    fn evict(&mut self) {
        let span = i64::from(self.config.window_days) * 86_400;
        let horizon = self.window.newest().map(|newest| newest.saturating_sub(span));
        let most = self.config.max_articles.max(1);
        while self.window.oldest().is_some_and(|oldest| self.window.len() > most || oldest.entered < horizon)
        {
            let number = self.window.base();
            if let Some(story) = self.window.pop() {
                self.stories.remove(story, number);
            }
        }
    }
}
