//! The online grouper: one article at a time, in the order of arrival.

use std::fmt;

use courant_model::{ArticleId, Reason, StoryId, Timestamp};
use rustc_hash::FxHashSet;

use super::{
    config::GroupConfig,
    copies::{self, Copy},
    decide::{because, forest::Judge, model::Model},
    index::{
        features,
        search::{Candidate, Scratch},
        stories::Stories,
        window::{Doc, Window},
    },
    placement::{Bridge, Choice, Placement},
    prepare::article::Prepared,
};

/// Stories less like an article than this part of the likeness of the best one are not weighed.
const FAR_BEHIND: f32 = 0.25;
/// How many of the articles most like a new one are asked whether it repeats them.
const COPY_CANDIDATES: usize = 12;
/// Stories that are tried for a merge after one article.
const MERGE_TRIES: usize = 3;
/// How likely an article must tell a story's event before that story is tried.
const MERGE_FROM: f64 = 0.15;

/// The window of recent articles and the stories in it.
pub struct Grouper {
    config: GroupConfig,
    joins: Judge,
    merges: Judge,
    window: Window,
    stories: Stories,
    scratch: Scratch,
    bridges: Vec<Bridge>,
    /// Stories that an editor has divided from others: no two of them are ever made one.
    apart: FxHashSet<StoryId>,
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
        Self::with_model(config, Model::trained())
    }

    /// An empty window with a decision of one's own. A model with a [`fault`](Model::fault) must not be given.
    pub fn with_model(config: GroupConfig, model: &Model) -> Self {
        Self {
            config,
            joins: Judge::new(&model.join),
            merges: Judge::new(&model.merge),
            window: Window::default(),
            stories: Stories::default(),
            scratch: Scratch::default(),
            bridges: Vec::new(),
            apart: FxHashSet::default(),
        }
    }

    /// Keeps stories apart that an editor has divided: no two of those named here, now or before, are ever made one.
    pub fn keep_apart(&mut self, stories: impl IntoIterator<Item = StoryId>) {
        self.apart.extend(stories);
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

    /// How many stories have an article in the window.
    pub fn stories(&self) -> usize {
        self.stories.len()
    }

    /// About how many bytes of memory the articles of the window and their index take. Counted anew each time.
    pub fn bytes(&self) -> usize {
        self.window.bytes()
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
    pub fn place(&mut self, mut article: Prepared) -> Placement {
        let id = article.id;
        self.bridges.clear();
        if self.contains(id) {
            self.update(article);
            let story = self.story_of(id).unwrap_or(StoryId::opened_by(id));
            let because =
                vec![Reason::new("update", "a new text of an article that is already in its story")];
            let copy_of = self.window.number_of(id).and_then(|number| self.window.doc(number).copy_of);
            return Placement { story, copy_of, because, copies: Vec::new(), merged: Vec::new() };
        }
        let (number, candidates) = self.enter(&mut article);
        let copy = self.copy(number);
        let mut because = Vec::new();
        let (mut merged, mut copies) = (Vec::new(), Vec::new());
        if let Some(copy) = copy {
            self.join(number, self.window.story(copy.of));
            copies = self.fold(number, copy, &mut because);
        } else if self.window.doc(number).round_up {
            because.push(because::round_up());
        } else {
            let blend = |candidate: &Candidate| candidate.features.0[features::index("blend")];
            let best = candidates.iter().map(blend).fold(0.0, f32::max);
            let near: Vec<Candidate> =
                candidates.into_iter().filter(|candidate| blend(candidate) >= FAR_BEHIND * best).collect();
            let features: Vec<&[f32]> =
                near.iter().map(|candidate| candidate.features.0.as_slice()).collect();
            let mut weighed: Vec<(f64, Candidate)> =
                self.joins.probabilities(&features).into_iter().zip(near).collect();
            // Candidates come most alike first, and the sort is stable.
            weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
            let joins = weighed.first().is_some_and(|best| best.0 >= self.config.join_at);
            let query = &self.scratch.query;
            because.extend(because::decision(&article, query, &weighed, joins, &self.window, &self.stories));
            if joins {
                self.join(number, weighed[0].1.story);
                merged = self.merge(number, &weighed);
                because.extend(merged.iter().map(|&(from, into)| because::merged(from, into)));
            }
        }
        let story = self.stories.get(self.window.story(number)).id;
        let copy_of = self.window.doc(number).copy_of;
        Placement { story, copy_of, because, copies, merged }
    }

    /// Makes an article the copy of the one whose text it repeats; or the other way round, where that one credits an
    /// agency and the article is the agency's own. Gives the articles that are copies of it now.
    fn fold(&mut self, number: u32, copy: Copy, because: &mut Vec<Reason>) -> Vec<ArticleId> {
        let repeated = self.window.doc(copy.of);
        let of = repeated.copy_of.unwrap_or(repeated.id);
        let original = self.window.number_of(of).map(|original| self.window.doc(original));
        let doc = self.window.doc(number);
        let yields =
            |original: &Doc| original.credits.meets(doc.agency) && !original.agency.meets(doc.agency);
        if let Some(original) = original.filter(|original| yields(original)) {
            because.push(because::original(doc, original, copy.overlap));
            return self.take_over(number, of);
        }
        because.push(because::copy(of, copy.overlap));
        because.extend(because::credit(doc, original));
        self.window.doc_mut(number).copy_of = Some(of);
        Vec::new()
    }

    /// Makes an article the original in the place of another of its story.
    fn take_over(&mut self, number: u32, before: ArticleId) -> Vec<ArticleId> {
        let id = self.window.doc(number).id;
        let mut copies = vec![before];
        for &member in &self.stories.get(self.window.story(number)).members {
            let doc = self.window.doc_mut(member);
            if doc.copy_of == Some(before) {
                doc.copy_of = Some(id);
                copies.push(doc.id);
            } else if doc.id == before {
                doc.copy_of = Some(id);
            }
        }
        copies
    }

    /// Puts back an article that was placed before, in the order of arrival, with what the store knows.
    pub fn restore(&mut self, mut article: Prepared, story: StoryId, copy_of: Option<ArticleId>) {
        if self.contains(article.id) {
            self.update(article);
            return;
        }
        let story = self.stories.number_for(story);
        let number = self.window.push(&mut article, story, copy_of);
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
    pub fn options(&mut self, mut article: Prepared) -> Vec<Choice> {
        let (number, candidates) = self.enter(&mut article);
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
    fn enter(&mut self, article: &mut Prepared) -> (u32, Vec<Candidate>) {
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

    /// The stories that were tried for a merge when the last article was placed: for training and for looking into
    /// decisions.
    pub fn bridges(&self) -> &[Bridge] {
        &self.bridges
    }

    /// Merges the story that the article has joined with others that it might tell too, where the articles of both
    /// are like one story's: an article that fits two stories is not enough to make them one.
    fn merge(&mut self, number: u32, weighed: &[(f64, Candidate)]) -> Vec<(StoryId, StoryId)> {
        let mut merged = Vec::new();
        let Some(((fits_here, _), others)) = weighed.split_first() else { return merged };
        for (fits_there, candidate) in others.iter().take(MERGE_TRIES) {
            if *fits_there < MERGE_FROM {
                break;
            }
            let (here, there) = (self.window.story(number), candidate.story);
            if [here, there].iter().all(|story| self.apart.contains(&self.stories.get(*story).id)) {
                continue;
            }
            let fits = [*fits_here, *fits_there];
            let features = self.scratch.bridge((here, there), fits, &self.window, &self.stories);
            let sure = self.merges.probabilities(&[&features])[0];
            let id = |story: u32| self.stories.get(story).id;
            self.bridges.push(Bridge { here: id(here), there: id(there), features });
            if sure >= self.config.merge_at {
                merged.push(self.unite(here, there));
            }
        }
        merged
    }

    /// Makes two stories one: the one whose oldest article came first goes on.
    fn unite(&mut self, a: u32, b: u32) -> (StoryId, StoryId) {
        let first = |story: u32| self.stories.get(story).members.first().copied();
        let (into, from) = if first(a) <= first(b) { (a, b) } else { (b, a) };
        let ids = (self.stories.get(from).id, self.stories.get(into).id);
        if self.apart.remove(&ids.0) {
            self.apart.insert(ids.1);
        }
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
