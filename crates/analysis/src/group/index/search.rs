//! From an article to the few stories that it may belong to.

use std::sync::LazyLock;

use super::{
    compare::{Idf, Likeness, Query},
    features::Features,
    stories::Stories,
    window::{Doc, Window},
};

/// Postings that are walked for one article; the rarest terms come first, so what is left out says little.
const MAX_POSTINGS: usize = 2_500;
/// Articles that are compared in full.
const MAX_ARTICLES: usize = 20;
/// Articles with less than this part of the best one's score are not compared,
const BEHIND: f32 = 0.25;
/// nor those with less than this part of the score that the article's like would have.
const STRANGE: f32 = 0.05;
/// Stories that are weighed.
const MAX_STORIES: usize = 8;
/// Articles of one story that are compared in full.
const MAX_MEMBERS: usize = 4;

/// A story that an article may belong to.
#[derive(Debug, Clone)]
pub(in crate::group) struct Candidate {
    pub(in crate::group) story: u32,
    pub(in crate::group) features: Features,
    /// The article of the story that is most alike.
    pub(in crate::group) nearest: u32,
}

/// What a search needs again and again; nothing of it outlives a search.
#[derive(Debug, Default)]
pub(in crate::group) struct Scratch {
    pub(in crate::group) idf: Idf,
    pub(in crate::group) query: Query,
    /// By article, counted from the window's oldest.
    scores: Vec<f32>,
    touched: Vec<u32>,
    /// Frequencies and places of terms.
    order: Vec<u64>,
    best: Vec<(f32, u32)>,
    ranked: Vec<u32>,
    /// The score of an article that has all of this one's terms and no others.
    perfect: f32,
}

/// What the index says about all articles of a story.
#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    /// The sum of its articles' scores.
    score: f32,
    /// How many come near the best.
    near: u32,
}

impl Whole {
    fn of(scores: impl Iterator<Item = f32> + Clone) -> Self {
        let best = scores.clone().fold(0.0, f32::max);
        let near = scores.clone().filter(|&score| score > 0.0 && 3.0 * score >= best).count();
        Self { score: scores.sum(), near: near as u32 }
    }
}

impl Scratch {
    /// The stories most like an article of the window, its own left out, most alike first.
    pub(in crate::group) fn candidates(
        &mut self,
        number: u32,
        window: &Window,
        stories: &Stories,
    ) -> Vec<Candidate> {
        let doc = window.doc(number);
        self.idf = Idf::of_window(window.len());
        self.query.lay(doc, window, self.idf);
        self.score(number, window);
        self.rank(window);
        let chosen = choose(&self.ranked, window.story(number), window, stories);
        let wholes = self.wholes(&chosen, window, stories);
        let mut candidates: Vec<Candidate> = chosen
            .iter()
            .zip(wholes)
            .map(|((story, members), whole)| self.weigh(doc, (*story, whole), members, window, stories))
            .collect();
        add_margins(&mut candidates);
        candidates
    }

    /// The articles that the last search found most alike, best first.
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
        // Terms stand in the order of their keys, so equally frequent ones come in an order of their own.
        self.order.sort_unstable();
        let base = window.base();
        let (mut walked, mut touched) = (0, 0);
        let mut perfect = 0.0;
        for &term in &self.order {
            let (frequency, at) = ((term >> 32) as usize, (term & u64::from(u32::MAX)) as usize);
            walked += frequency;
            if walked > MAX_POSTINGS && walked > frequency {
                break;
            }
            // Where even the rarest term is in too many, the newest of these.
            let skipped = frequency.saturating_sub(MAX_POSTINGS);
            let (slot, weights) = doc.terms[at];
            let squared = self.idf.of(slot, window).powi(2);
            let (all, name) = (u32::from(weights.all), u32::from(weights.name));
            perfect += (all * all + name * name) as f32 * squared;
            let postings = &window.postings(slot)[skipped..];
            self.touched.resize(touched + postings.len(), 0);
            for posting in postings {
                let place = posting.doc - base;
                let score = &mut self.scores[place as usize];
                // Written in any case and kept where it was not yet touched: which is which can't be foretold.
                self.touched[touched] = place;
                touched += usize::from(*score <= 0.0);
                let weight = all * u32::from(posting.all) + name * u32::from(posting.name);
                *score += weight as f32 * squared + 1.0;
            }
        }
        self.touched.truncate(touched);
        self.scores[(number - base) as usize] = 0.0;
        self.perfect = perfect / (doc.terms.len() as f32 + 8.0).sqrt();
    }

    /// The articles with the highest scores for their length, best first, the older first where equal.
    fn rank(&mut self, window: &Window) {
        let base = window.base();
        let by_score = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let mut least = 0.0;
        self.best.clear();
        for &place in &self.touched {
            let number = base + place;
            let score = self.scores[place as usize] * by_length(window.length(number));
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
        let least = self.best.first().map_or(0.0, |best| (BEHIND * best.0).max(STRANGE * self.perfect));
        self.ranked.clear();
        let near = self.best.iter().take(MAX_ARTICLES).take_while(|(score, _)| *score >= least);
        self.ranked.extend(near.map(|&(_, number)| number));
    }

    /// What the index says about these stories: from their articles, or from the articles that were touched where
    /// these are fewer, so that the size of a story costs nothing.
    fn wholes(&self, chosen: &[(u32, Vec<u32>)], window: &Window, stories: &Stories) -> [Whole; MAX_STORIES] {
        let mut wholes = [Whole::default(); MAX_STORIES];
        let members = |story: u32| stories.get(story).members.as_slice();
        if chosen.iter().map(|&(story, _)| members(story).len()).sum::<usize>() <= self.touched.len() {
            for (whole, &(story, _)) in wholes.iter_mut().zip(chosen) {
                let places = members(story).iter().map(|&member| member - window.base());
                let scores = places.map(|place| self.scores[place as usize]);
                *whole = Whole::of(scores);
            }
            return wholes;
        }
        let mut scores: [Vec<f32>; MAX_STORIES] = std::array::from_fn(|_| Vec::new());
        for &place in &self.touched {
            let story = window.story(window.base() + place);
            if let Some(at) = chosen.iter().position(|&(of, _)| of == story) {
                scores[at].push(self.scores[place as usize]);
            }
        }
        for (whole, scores) in wholes.iter_mut().zip(&scores) {
            *whole = Whole::of(scores.iter().copied());
        }
        wholes
    }

    fn weigh(
        &mut self,
        doc: &Doc,
        (story, whole): (u32, Whole),
        members: &[u32],
        window: &Window,
        stories: &Stories,
    ) -> Candidate {
        let mut best = Likeness::default();
        let mut sum = Likeness::default();
        let mut nearest = (f32::MIN, members[0]);
        let (mut same_source, mut same_language) = (0_usize, 0_usize);
        let mut by_names: f32 = 0.0;
        let mut second: f32 = 0.0;
        for &number in members {
            let member = window.doc(number);
            let like = self.query.like(member, window, self.idf);
            if like.blend() > nearest.0 {
                nearest = (like.blend(), number);
            }
            second = second.max(like.all.min(best.all));
            best = best.highest(&like);
            sum = sum.plus(&like);
            by_names = by_names.max(like.all * like.name);
            same_source += usize::from(doc.source != 0 && doc.source == member.source);
            same_language +=
                usize::from(doc.language == 0 || member.language == 0 || doc.language == member.language);
        }
        let backing = self.query.take_backing(members.len());
        let count = members.len() as f32;
        let all = &stories.get(story).members;
        let newest = window.doc(all[all.len() - 1]);
        let near = window.doc(nearest.1);
        let features = Features([
            best.all,
            best.title,
            best.lead,
            best.name,
            sum.all / count,
            sum.title / count,
            sum.lead / count,
            sum.name / count,
            best.shared_all,
            best.shared_names,
            best.title_in_all,
            best.all_in_title,
            0.0,
            0.0,
            hours_between(doc.time, newest.time),
            hours_between(doc.time, near.time),
            (all.len() as f32).ln(),
            f32::from(doc.title_words),
            (f32::from(doc.body_words) + 1.0).ln(),
            (f32::from(near.body_words) + 1.0).ln(),
            same_source as f32 / count,
            1.0 - same_language as f32 / count,
            (window.len() as f32).ln(),
            by_names,
            count / (all.len() as f32).min(MAX_MEMBERS as f32 + 1.0),
            nearest.0,
            whole.score / all.len() as f32 / self.perfect.max(1.0),
            whole.near as f32 / all.len() as f32,
            best.names_contained,
            best.words_contained,
            second,
            backing.title_covered,
            backing.title_backed,
            backing.all_backed,
        ]);
        Candidate { story, features, nearest: nearest.1 }
    }
}

/// A factor that takes the advantage of articles with many terms away.
fn by_length(terms: u8) -> f32 {
    static FACTORS: LazyLock<[f32; 256]> =
        LazyLock::new(|| std::array::from_fn(|terms| 1.0 / (terms as f32 + 8.0).sqrt()));
    FACTORS[usize::from(terms)]
}

/// Hours between two moments, at most a thousand days; −1 where one is unknown.
pub(in crate::group) fn hours_between(a: Option<i64>, b: Option<i64>) -> f32 {
    match (a, b) {
        (Some(a), Some(b)) => (a.abs_diff(b) as f64 / 3600.0).min(24_000.0) as f32,
        _ => -1.0,
    }
}

/// The stories of the ranked articles, best first, each with the articles to compare: the best ranked and the
/// newest. Collections of news offer no story.
fn choose(ranked: &[u32], own: u32, window: &Window, stories: &Stories) -> Vec<(u32, Vec<u32>)> {
    let mut chosen: Vec<(u32, Vec<u32>)> = Vec::new();
    for &number in ranked {
        let of = window.story(number);
        if of == own || window.doc(number).round_up {
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
        if !members.contains(&newest) && !window.doc(newest).round_up {
            members.push(newest);
        }
    }
    chosen
}

/// Fills in how far each candidate is ahead of the best other one.
fn add_margins(candidates: &mut [Candidate]) {
    let blend = super::features::index("blend");
    let blends: Vec<f32> = candidates.iter().map(|candidate| candidate.features.0[blend]).collect();
    for (at, candidate) in candidates.iter_mut().enumerate() {
        let rival = blends
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != at)
            .map(|(_, &blend)| blend)
            .fold(0.0, f32::max);
        candidate.features.0[super::features::index("margin")] = blends[at] - rival;
        candidate.features.0[super::features::index("rival")] = rival;
    }
}
