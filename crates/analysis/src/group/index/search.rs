//! Finds the few stories that an article may belong to.

use std::sync::LazyLock;

use super::{
    compare::{Idf, Query, Similarity},
    join_features::JoinFeatures,
    stories::Stories,
    window::{Doc, Window},
};

/// Maximum number of postings read for one article; the rarest terms come first, so what is left
/// out matters little.
const MAX_POSTINGS: usize = 2_500;
/// Maximum number of articles that are compared in full.
const MAX_ARTICLES: usize = 20;
/// Minimum score of an article that is compared, as a share of the best one's score.
const MIN_RELATIVE_SCORE: f32 = 0.25;
/// Minimum score of an article that is compared, as a share of the score of an ideal match.
const MIN_IDEAL_SHARE: f32 = 0.05;
/// Maximum number of stories that are compared.
const MAX_STORIES: usize = 8;
/// Maximum number of articles of one story that are compared in full.
const MAX_MEMBERS: usize = 4;

/// A story that an article may belong to.
#[derive(Debug, Clone)]
pub(in crate::group) struct StoryCandidate {
    pub(in crate::group) story: u32,
    pub(in crate::group) features: JoinFeatures,
    /// The most similar article of the story.
    pub(in crate::group) nearest: u32,
}

/// Buffers of a search, kept to save allocations; nothing in them outlives a search.
#[derive(Debug, Default)]
pub(in crate::group) struct Search {
    pub(in crate::group) idf: Idf,
    pub(in crate::group) query: Query,
    /// By article, counted from the oldest of the window.
    scores: Vec<f32>,
    touched: Vec<u32>,
    /// Frequencies and positions of terms.
    order: Vec<u64>,
    best: Vec<(f32, u32)>,
    ranked: Vec<u32>,
    /// The score of an article that has all terms of this one and no others.
    ideal_score: f32,
}

/// Index scores of all articles of a story.
#[derive(Debug, Clone, Copy, Default)]
struct StoryScores {
    /// The sum of its articles' scores.
    score: f32,
    /// Number of articles with at least a third of the best score.
    near: u32,
}

impl StoryScores {
    fn of(scores: impl Iterator<Item = f32> + Clone) -> Self {
        let best = scores.clone().fold(0.0, f32::max);
        let near = scores.clone().filter(|&score| score > 0.0 && 3.0 * score >= best).count();
        Self { score: scores.sum(), near: near as u32 }
    }
}

impl Search {
    /// The stories most similar to an article of the window, without its own, most similar first.
    pub(in crate::group) fn candidates(
        &mut self,
        number: u32,
        window: &Window,
        stories: &Stories,
    ) -> Vec<StoryCandidate> {
        let doc = window.doc(number);
        self.idf = Idf::of_window(window.len());
        self.query.load(doc, window, self.idf);
        self.score(number, window);
        self.rank(window);
        let chosen = choose_stories(&self.ranked, window.story(number), window, stories);
        let story_scores = self.story_scores(&chosen, window, stories);
        let mut candidates: Vec<StoryCandidate> = chosen
            .iter()
            .zip(story_scores)
            .map(|((story, members), whole)| {
                self.compare_story(doc, (*story, whole), members, window, stories)
            })
            .collect();
        add_margins(&mut candidates);
        candidates
    }

    /// The articles that the last search found most similar, best first.
    pub(in crate::group) fn ranked(&self) -> &[u32] {
        &self.ranked
    }

    /// Adds up what each article shares with this one, rarest terms first.
    fn score(&mut self, number: u32, window: &Window) {
        for at in self.touched.drain(..) {
            self.scores[at as usize] = 0.0;
        }
        self.scores.resize(window.len().max(self.scores.len()), 0.0);
        let doc = window.doc(number);
        self.order.clear();
        for (at, &(slot, _)) in doc.terms.iter().enumerate() {
            let frequency = window.frequency(slot);
            if frequency > 1 {
                self.order.push(u64::from(frequency) << 32 | at as u64);
            }
        }
        // Terms are in the order of their keys, so equally frequent ones have a fixed order.
        self.order.sort_unstable();
        let base = window.base();
        let (mut walked, mut touched) = (0, 0);
        let mut ideal_score = 0.0;
        for &term in &self.order {
            let (frequency, at) = ((term >> 32) as usize, (term & u64::from(u32::MAX)) as usize);
            walked += frequency;
            if walked > MAX_POSTINGS && walked > frequency {
                break;
            }
            // If even the rarest term has too many postings, the newest of them.
            let skipped = frequency.saturating_sub(MAX_POSTINGS);
            let (slot, weights) = doc.terms[at];
            let squared = self.idf.of(slot, window).powi(2);
            let (all, name) = (u32::from(weights.all), u32::from(weights.name));
            ideal_score += (all * all + name * name) as f32 * squared;
            let postings = &window.postings(slot)[skipped..];
            self.touched.resize(touched + postings.len(), 0);
            for posting in postings {
                let place = posting.doc - base;
                let score = &mut self.scores[place as usize];
                // Written in any case and kept if it was not touched before, because the processor
                // can't predict which is the case.
                self.touched[touched] = place;
                touched += usize::from(*score <= 0.0);
                let weight = all * u32::from(posting.all) + name * u32::from(posting.name);
                *score += weight as f32 * squared + 1.0;
            }
        }
        self.touched.truncate(touched);
        self.scores[(number - base) as usize] = 0.0;
        self.ideal_score = ideal_score / (doc.terms.len() as f32 + 8.0).sqrt();
    }

    /// The articles with the highest scores for their length, best first, the older first if equal.
    fn rank(&mut self, window: &Window) {
        let base = window.base();
        let by_score = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let mut least = 0.0;
        self.best.clear();
        for &place in &self.touched {
            let number = base + place;
            let score = self.scores[place as usize] * length_factor(window.length(number));
            self.scores[place as usize] = score;
            if score <= 0.0 || score < least {
                continue;
            }
            self.best.push((score, number));
            if self.best.len() >= 4 * MAX_ARTICLES {
                self.best.select_nth_unstable_by(MAX_ARTICLES - 1, by_score);
                self.best.truncate(MAX_ARTICLES);
                least = self.best[MAX_ARTICLES - 1].0;
            }
        }
        self.best.sort_unstable_by(by_score);
        let least = self
            .best
            .first()
            .map_or(0.0, |best| (MIN_RELATIVE_SCORE * best.0).max(MIN_IDEAL_SHARE * self.ideal_score));
        self.ranked.clear();
        let near = self.best.iter().take(MAX_ARTICLES).take_while(|(score, _)| *score >= least);
        self.ranked.extend(near.map(|&(_, number)| number));
    }

    /// The index scores of these stories: from their articles, or from the touched articles if
    /// these are fewer, so that the size of a story costs nothing.
    fn story_scores(
        &self,
        chosen: &[(u32, Vec<u32>)],
        window: &Window,
        stories: &Stories,
    ) -> [StoryScores; MAX_STORIES] {
        let mut story_scores = [StoryScores::default(); MAX_STORIES];
        let members = |story: u32| stories.get(story).members.as_slice();
        if chosen.iter().map(|&(story, _)| members(story).len()).sum::<usize>() <= self.touched.len() {
            for (whole, &(story, _)) in story_scores.iter_mut().zip(chosen) {
                let places = members(story).iter().map(|&member| member - window.base());
                let scores = places.map(|place| self.scores[place as usize]);
                *whole = StoryScores::of(scores);
            }
            return story_scores;
        }
        let mut scores: [Vec<f32>; MAX_STORIES] = std::array::from_fn(|_| Vec::new());
        for &place in &self.touched {
            let story = window.story(window.base() + place);
            if let Some(at) = chosen.iter().position(|&(of, _)| of == story) {
                scores[at].push(self.scores[place as usize]);
            }
        }
        for (whole, scores) in story_scores.iter_mut().zip(&scores) {
            *whole = StoryScores::of(scores.iter().copied());
        }
        story_scores
    }

    fn compare_story(
        &mut self,
        doc: &Doc,
        (story, scores): (u32, StoryScores),
        members: &[u32],
        window: &Window,
        stories: &Stories,
    ) -> StoryCandidate {
        let mut best = Similarity::default();
        let mut sum = Similarity::default();
        let mut nearest = (f32::MIN, members[0]);
        let (mut same_source, mut same_language) = (0_usize, 0_usize);
        let mut by_names: f32 = 0.0;
        let mut second: f32 = 0.0;
        for &number in members {
            let member = window.doc(number);
            let similarity = self.query.compare(member, window, self.idf);
            if similarity.blend() > nearest.0 {
                nearest = (similarity.blend(), number);
            }
            second = second.max(similarity.all.min(best.all));
            best = best.highest(&similarity);
            sum = sum.plus(&similarity);
            by_names = by_names.max(similarity.all * similarity.name);
            same_source += usize::from(doc.source != 0 && doc.source == member.source);
            same_language +=
                usize::from(doc.language == 0 || member.language == 0 || doc.language == member.language);
        }
        let coverage = self.query.take_coverage(members.len());
        let count = members.len() as f32;
        let all = &stories.get(story).members;
        let newest = window.doc(all[all.len() - 1]);
        let near = window.doc(nearest.1);
        let features = JoinFeatures {
            all_max: best.all,
            title_max: best.title,
            lead_max: best.lead,
            name_max: best.name,
            all_mean: sum.all / count,
            title_mean: sum.title / count,
            lead_mean: sum.lead / count,
            name_mean: sum.name / count,
            shared_all: best.shared_all,
            shared_names: best.shared_names,
            title_in_all: best.title_in_all,
            all_in_title: best.all_in_title,
            // Both are set when all candidates are known.
            margin: 0.0,
            rival: 0.0,
            hours_newest: hours_between(doc.time, newest.time),
            hours_nearest: hours_between(doc.time, near.time),
            size: (all.len() as f32).ln(),
            title_words: f32::from(doc.title_words),
            body_words: (f32::from(doc.body_words) + 1.0).ln(),
            member_body_words: (f32::from(near.body_words) + 1.0).ln(),
            same_source: same_source as f32 / count,
            other_language: 1.0 - same_language as f32 / count,
            window: (window.len() as f32).ln(),
            all_by_names: by_names,
            compared: count / (all.len() as f32).min(MAX_MEMBERS as f32 + 1.0),
            blend: nearest.0,
            story_mean: scores.score / all.len() as f32 / self.ideal_score.max(1.0),
            story_share: scores.near as f32 / all.len() as f32,
            names_contained: best.names_contained,
            words_contained: best.words_contained,
            all_second: second,
            title_covered: coverage.title_covered,
            title_backed: coverage.title_backed,
            all_backed: coverage.all_backed,
        };
        StoryCandidate { story, features, nearest: nearest.1 }
    }
}

/// A factor that removes the advantage of articles with many terms.
fn length_factor(terms: u8) -> f32 {
    static FACTORS: LazyLock<[f32; 256]> =
        LazyLock::new(|| std::array::from_fn(|terms| 1.0 / (terms as f32 + 8.0).sqrt()));
    FACTORS[usize::from(terms)]
}

/// Hours between two instants, at most a thousand days; −1 if one is unknown.
pub(in crate::group) fn hours_between(a: Option<i64>, b: Option<i64>) -> f32 {
    match (a, b) {
        (Some(a), Some(b)) => (a.abs_diff(b) as f64 / 3600.0).min(24_000.0) as f32,
        _ => -1.0,
    }
}

/// The stories of the ranked articles, best first, each with the articles to compare: the best
/// ranked and the newest. Roundups offer no story.
fn choose_stories(ranked: &[u32], own: u32, window: &Window, stories: &Stories) -> Vec<(u32, Vec<u32>)> {
    let mut chosen: Vec<(u32, Vec<u32>)> = Vec::new();
    for &number in ranked {
        let of = window.story(number);
        if of == own || window.doc(number).is_roundup {
            continue;
        }
        match chosen.iter().position(|(story, _)| *story == of) {
            Some(at) if chosen[at].1.len() < MAX_MEMBERS => chosen[at].1.push(number),
            None if chosen.len() < MAX_STORIES => chosen.push((of, vec![number])),
            _ => {}
        }
    }
    for (story, members) in &mut chosen {
        let all = &stories.get(*story).members;
        let newest = all[all.len() - 1];
        if !members.contains(&newest) && !window.doc(newest).is_roundup {
            members.push(newest);
        }
    }
    chosen
}

/// Sets how far each candidate is ahead of the best other one.
fn add_margins(candidates: &mut [StoryCandidate]) {
    let blends: Vec<f32> = candidates.iter().map(|candidate| candidate.features.blend).collect();
    for (at, candidate) in candidates.iter_mut().enumerate() {
        let rival = blends
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != at)
            .map(|(_, &blend)| blend)
            .fold(0.0, f32::max);
        candidate.features.margin = blends[at] - rival;
        candidate.features.rival = rival;
    }
}
