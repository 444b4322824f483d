//! The online grouper: one article at a time, in the order of arrival.

use std::fmt;

use courant_model::{ArticleId, Reason, StoryId, Timestamp};
use rustc_hash::FxHashSet;

use super::{
    config::GroupConfig,
    copies::{self, CopyMatch},
    decide::{forest::ForestEvaluator, model::Model, reasons},
    index::{
        search::{Search, StoryCandidate},
        stories::Stories,
        window::{Doc, Window},
    },
    placement::{JoinCandidate, MergeCandidate, Placement},
    prepare::article::Prepared,
};

/// Stories less similar than this share of the best one's similarity are not scored.
const MIN_RELATIVE_BLEND: f32 = 0.25;
/// Maximum number of the most similar articles that are checked for a repeated text.
const MAX_COPY_CANDIDATES: usize = 12;
/// Maximum number of stories that are tried for a merge after one article.
const MAX_MERGE_CANDIDATES: usize = 3;
/// Minimum probability that an article belongs to a story for a merge with it to be tried.
const MIN_MERGE_PROBABILITY: f64 = 0.15;

/// The window of recent articles and the stories in it.
pub struct Grouper {
    config: GroupConfig,
    join_evaluator: ForestEvaluator,
    merge_evaluator: ForestEvaluator,
    window: Window,
    stories: Stories,
    search: Search,
    merge_candidates: Vec<MergeCandidate>,
    /// Stories that an editor has split: no two of them are ever merged.
    no_merge: FxHashSet<StoryId>,
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

    /// An empty window with another model. The model must not have a [`fault`](Model::fault).
    pub fn with_model(config: GroupConfig, model: &Model) -> Self {
        Self {
            config,
            join_evaluator: ForestEvaluator::new(&model.join),
            merge_evaluator: ForestEvaluator::new(&model.merge),
            window: Window::default(),
            stories: Stories::default(),
            search: Search::default(),
            merge_candidates: Vec::new(),
            no_merge: FxHashSet::default(),
        }
    }

    /// Forbids merges between stories that an editor has split: no two of the stories passed here,
    /// now or before, are ever merged.
    pub fn forbid_merges(&mut self, stories: impl IntoIterator<Item = StoryId>) {
        self.no_merge.extend(stories);
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

    /// Approximate bytes of memory used by the articles of the window and their index. Counted on
    /// every call.
    pub fn bytes(&self) -> usize {
        self.window.bytes()
    }

    /// The stories of the articles in the window, in the order of their arrival.
    pub fn assignments(&self) -> impl Iterator<Item = (ArticleId, StoryId)> {
        self.window.docs().map(|(doc, story)| (doc.id, self.stories.get(story).id))
    }

    /// The story of an article in the window.
    pub fn story_of(&self, id: ArticleId) -> Option<StoryId> {
        let number = self.window.number_of(id)?;
        Some(self.stories.get(self.window.story(number)).id)
    }

    /// To rebuild this window, every article first seen (or, if that is unknown, published) at or
    /// after this instant must be [restored](Self::restore), and all those of unknown time; more
    /// does no harm. `None` if no article in the window has a time: then all must be restored.
    pub fn needs_since(&self) -> Option<Timestamp> {
        let oldest = self.window.docs().flat_map(|(doc, _)| [doc.first_seen, doc.entered]).flatten().min()?;
        Timestamp::from_second(oldest).ok()
    }

    /// Places a new article. One that is already in the window is [updated](Self::update).
    pub fn place(&mut self, mut article: Prepared) -> Placement {
        let id = article.id;
        self.merge_candidates.clear();
        if self.contains(id) {
            self.update(article);
            let story = self.story_of(id).unwrap_or(StoryId::opened_by(id));
            let reasons = vec![Reason::new("update", "new text of an article that is already in its story")];
            let copy_of = self.window.number_of(id).and_then(|number| self.window.doc(number).copy_of);
            return Placement { story, copy_of, reasons, copies: Vec::new(), merged: Vec::new() };
        }
        let (number, candidates) = self.insert(&mut article);
        let copy = self.find_copy(number);
        let mut reasons = Vec::new();
        let (mut merged, mut copies) = (Vec::new(), Vec::new());
        if let Some(copy) = copy {
            self.join(number, self.window.story(copy.of));
            copies = self.mark_as_copy(number, copy, &mut reasons);
        } else if self.window.doc(number).is_roundup {
            reasons.push(reasons::roundup());
        } else {
            let blend = |candidate: &StoryCandidate| candidate.features.blend;
            let best = candidates.iter().map(blend).fold(0.0, f32::max);
            let near: Vec<StoryCandidate> = candidates
                .into_iter()
                .filter(|candidate| blend(candidate) >= MIN_RELATIVE_BLEND * best)
                .collect();
            let values: Vec<_> = near.iter().map(|candidate| candidate.features.values()).collect();
            let features: Vec<&[f32]> = values.iter().map(<[f32; _]>::as_slice).collect();
            let mut scored: Vec<(f64, StoryCandidate)> =
                self.join_evaluator.probabilities(&features).into_iter().zip(near).collect();
            // Candidates come most similar first, and the sort is stable.
            scored.sort_by(|a, b| b.0.total_cmp(&a.0));
            let joins = scored.first().is_some_and(|best| best.0 >= self.config.join_at);
            let query = &self.search.query;
            reasons.extend(reasons::decision(&article, query, &scored, joins, &self.window, &self.stories));
            if joins {
                self.join(number, scored[0].1.story);
                merged = self.merge(number, &scored);
                reasons.extend(merged.iter().map(|&(from, into)| reasons::merged(from, into)));
            }
        }
        let story = self.stories.get(self.window.story(number)).id;
        let copy_of = self.window.doc(number).copy_of;
        Placement { story, copy_of, reasons, copies, merged }
    }

    /// Makes an article the copy of the one whose text it repeats; or the other way round, if that
    /// one credits an agency that published this article. Returns the articles that are now copies
    /// of it.
    fn mark_as_copy(&mut self, number: u32, copy: CopyMatch, reasons: &mut Vec<Reason>) -> Vec<ArticleId> {
        let repeated = self.window.doc(copy.of);
        let of = repeated.copy_of.unwrap_or(repeated.id);
        let original = self.window.number_of(of).map(|original| self.window.doc(original));
        let doc = self.window.doc(number);
        let is_agencys_own = |original: &Doc| {
            original.credits.intersects(doc.agency) && !original.agency.intersects(doc.agency)
        };
        if let Some(original) = original.filter(|original| is_agencys_own(original)) {
            reasons.push(reasons::original(doc, original, copy.overlap));
            return self.become_original(number, of);
        }
        reasons.push(reasons::copy(of, copy.overlap));
        reasons.extend(reasons::credit(doc, original));
        self.window.doc_mut(number).copy_of = Some(of);
        Vec::new()
    }

    /// Makes an article the original in place of another article of its story.
    fn become_original(&mut self, number: u32, before: ArticleId) -> Vec<ArticleId> {
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

    /// Restores an article that was placed before, in the order of arrival, with what the store
    /// knows.
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

    /// Takes the new text of an edited article; it keeps its story, its place in the window and, if
    /// it is a copy, its original. Articles that are not in the window are ignored.
    pub fn update(&mut self, article: Prepared) {
        if let Some(number) = self.window.number_of(article.id) {
            self.window.replace(number, article);
        }
    }

    /// The stories that a new article might join, without placing it: for training and inspection.
    pub fn join_candidates(&mut self, mut article: Prepared) -> Vec<JoinCandidate> {
        let (number, candidates) = self.insert(&mut article);
        let join_candidates = candidates
            .into_iter()
            .map(|candidate| JoinCandidate {
                story: self.stories.get(candidate.story).id,
                features: candidate.features,
                nearest: self.window.doc(candidate.nearest).id,
            })
            .collect();
        let story = self.window.story(number);
        self.stories.remove(story, number);
        self.window.pop_newest();
        join_candidates
    }

    /// Adds an article to the window, in a story of its own, and searches for others. Articles that
    /// thereby become too old leave first.
    fn insert(&mut self, article: &mut Prepared) -> (u32, Vec<StoryCandidate>) {
        let story = self.stories.number_for(StoryId::opened_by(article.id));
        let number = self.window.push(article, story, None);
        self.stories.add(story, number);
        self.evict();
        let candidates = self.search.candidates(number, &self.window, &self.stories);
        (number, candidates)
    }

    fn find_copy(&self, number: u32) -> Option<CopyMatch> {
        let among = self.search.ranked();
        let among = &among[..among.len().min(MAX_COPY_CANDIDATES)];
        copies::find_original(number, among, self.config.copy_overlap, &self.window)
    }

    fn join(&mut self, number: u32, story: u32) {
        let own = self.window.story(number);
        if own != story {
            self.stories.remove(own, number);
            self.window.set_story(number, story);
            self.stories.add(story, number);
        }
    }

    /// The stories that were tried for a merge when the last article was placed: for training and
    /// inspection.
    pub fn merge_candidates(&self) -> &[MergeCandidate] {
        &self.merge_candidates
    }

    /// Merges the story that the article has joined with others that it may belong to, if the
    /// articles of both are similar enough: an article that fits two stories is not enough to merge
    /// them.
    fn merge(&mut self, number: u32, scored: &[(f64, StoryCandidate)]) -> Vec<(StoryId, StoryId)> {
        let mut merged = Vec::new();
        let Some(((fits_here, _), others)) = scored.split_first() else { return merged };
        for (fits_there, candidate) in others.iter().take(MAX_MERGE_CANDIDATES) {
            if *fits_there < MIN_MERGE_PROBABILITY {
                break;
            }
            let (here, there) = (self.window.story(number), candidate.story);
            if [here, there].iter().all(|story| self.no_merge.contains(&self.stories.get(*story).id)) {
                continue;
            }
            let fits = [*fits_here, *fits_there];
            let features = self.search.merge_features((here, there), fits, &self.window, &self.stories);
            let probability = self.merge_evaluator.probabilities(&[&features.values()])[0];
            let id = |story: u32| self.stories.get(story).id;
            self.merge_candidates.push(MergeCandidate { here: id(here), there: id(there), features });
            if probability >= self.config.merge_at {
                merged.push(self.merge_pair(here, there));
            }
        }
        merged
    }

    /// Merges two stories: the one whose oldest article came first remains.
    fn merge_pair(&mut self, a: u32, b: u32) -> (StoryId, StoryId) {
        let first = |story: u32| self.stories.get(story).members.first().copied();
        let (into, from) = if first(a) <= first(b) { (a, b) } else { (b, a) };
        let ids = (self.stories.get(from).id, self.stories.get(into).id);
        if self.no_merge.remove(&ids.0) {
            self.no_merge.insert(ids.1);
        }
        for member in self.stories.close(from) {
            self.window.set_story(member, into);
            self.stories.add(into, member);
        }
        ids
    }

    /// Removes articles that are too old or too many. Articles that came before any article had a
    /// time may be of any age, and leave as soon as one has.
    fn evict(&mut self) {
        let span = i64::from(self.config.window_days) * 86_400;
        let horizon = self.window.newest().map(|newest| newest.saturating_sub(span));
        let max_articles = self.config.max_articles.max(1);
        while self
            .window
            .oldest()
            .is_some_and(|oldest| self.window.len() > max_articles || oldest.entered < horizon)
        {
            let number = self.window.base();
            if let Some(story) = self.window.pop() {
                self.stories.remove(story, number);
            }
        }
    }
}
