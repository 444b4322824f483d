//! What the model learns from: labelled pairs of an article and a story, and of two stories.

use std::collections::HashMap;

use courant_model::{ArticleId, StoryId};
use rayon::prelude::*;

use super::{
    score::Trial,
    track::{Labelled, Track},
};
use crate::group::{GroupConfig, Grouper, JOIN_FEATURES, JoinCandidate, MERGE_FEATURES, Model};

/// Labelled pairs with `W` features.
#[derive(Default)]
pub(super) struct TrainingRows<const W: usize> {
    pub(super) features: Vec<[f32; W]>,
    pub(super) labels: Vec<bool>,
    pub(super) weights: Vec<f64>,
}

/// Pairs of an article and a story.
pub(super) type JoinRows = TrainingRows<{ JOIN_FEATURES.len() }>;

/// Pairs of two stories.
pub(super) type MergeRows = TrainingRows<{ MERGE_FEATURES.len() }>;

impl<const W: usize> TrainingRows<W> {
    /// The pairs found in every track.
    fn of_each(tracks: &[Track], find: impl Fn(&mut Self, &Track) + Sync) -> Vec<Self> {
        let of_one = |track: &Track| {
            let mut rows = Self::default();
            find(&mut rows, track);
            rows
        };
        tracks.par_iter().map(of_one).collect()
    }

    /// Adds the pairs found in every track. A track with `n` pairs weighs as `n^balance`,
    /// multiplied by `times`.
    fn take(&mut self, found: Vec<Self>, balance: f64, times: f64) {
        for rows in found {
            let pairs = rows.labels.len().max(1) as f64;
            let scale = times * pairs.powf(balance - 1.0);
            self.weights.extend(rows.weights.iter().map(|weight| weight * scale));
            self.features.extend(rows.features);
            self.labels.extend(rows.labels);
        }
    }

    fn push(&mut self, features: [f32; W], label: bool, weight: f64) {
        self.features.push(features);
        self.labels.push(label);
        self.weights.push(weight);
    }
}

impl JoinRows {
    /// Adds the pairs of the counted articles that arise when the articles of every track are
    /// grouped correctly, or as a model groups them. A track with `n` pairs weighs as `n^balance`,
    /// multiplied by `times`.
    pub(super) fn add(
        &mut self,
        tracks: &[Track],
        trial: Trial,
        model: Option<&Model>,
        balance: f64,
        times: f64,
    ) {
        let found = Self::of_each(tracks, |rows, track| match model {
            None => rows.add_true(track, trial),
            Some(model) => rows.add_grouped(track, trial, model),
        });
        self.take(found, balance, times);
    }

    fn add_true(&mut self, track: &Track, trial: Trial) {
        let mut grouper = Grouper::new(GroupConfig::default());
        for labelled in track.articles(trial.grouped) {
            for option in options(&mut grouper, labelled, trial) {
                self.push(option.features.values(), option.story == labelled.story, 1.0);
            }
            grouper.restore(labelled.article.clone(), labelled.story, None);
        }
    }

    fn add_grouped(&mut self, track: &Track, trial: Trial, model: &Model) {
        let mut grouper = Grouper::with_model(GroupConfig::default(), model);
        let truth: HashMap<ArticleId, StoryId> =
            track.articles(trial.grouped).map(|labelled| (labelled.article.id(), labelled.story)).collect();
        let mut members: HashMap<StoryId, Vec<ArticleId>> = HashMap::new();
        for labelled in track.articles(trial.grouped) {
            for option in options(&mut grouper, labelled, trial) {
                let of = members.get(&option.story).map_or(&[][..], Vec::as_slice);
                let right = of.iter().filter(|id| truth.get(id) == Some(&labelled.story)).count();
                self.push(option.features.values(), 2 * right > of.len(), 1.0);
            }
            let placement = grouper.place(labelled.article.clone());
            for (from, into) in &placement.merged {
                let moved = members.remove(from).unwrap_or_default();
                members.entry(*into).or_default().extend(moved);
            }
            members.entry(placement.story).or_default().push(labelled.article.id());
        }
    }
}

impl MergeRows {
    /// Adds the pairs of stories that a model tries to merge when it groups the articles of every
    /// track, weighted as [`JoinRows::add`] does and by the number of article pairs that depend on
    /// the answer.
    pub(super) fn add_tried_by(
        &mut self,
        tracks: &[Track],
        trial: Trial,
        model: &Model,
        balance: f64,
        times: f64,
    ) {
        let found = Self::of_each(tracks, |rows, track| rows.add_tried(track, trial, model));
        self.take(found, balance, times);
    }

    fn add_tried(&mut self, track: &Track, trial: Trial, model: &Model) {
        let mut grouper = Grouper::with_model(GroupConfig::default(), model);
        let mut members: HashMap<StoryId, Vec<StoryId>> = HashMap::new();
        for labelled in track.articles(trial.grouped) {
            let placement = grouper.place(labelled.article.clone());
            let joined =
                grouper.merge_candidates().first().map_or(placement.story, |candidate| candidate.here);
            members.entry(joined).or_default().push(labelled.story);
            for candidate in grouper.merge_candidates() {
                let [here, there] = [candidate.here, candidate.there]
                    .map(|story| members.get(&story).map_or(&[][..], Vec::as_slice));
                if let (Some(a), Some(b)) = (main_story(here), main_story(there))
                    && labelled.is_of(trial.counted)
                {
                    self.push(
                        candidate.features.values(),
                        a == b,
                        (here.len() as f64 * there.len() as f64).sqrt(),
                    );
                }
                for &(from, into) in &placement.merged {
                    if [from, into] == [candidate.here, candidate.there]
                        || [into, from] == [candidate.here, candidate.there]
                    {
                        let moved = members.remove(&from).unwrap_or_default();
                        members.entry(into).or_default().extend(moved);
                    }
                }
            }
        }
    }
}

/// The true story of most of these articles.
fn main_story(truths: &[StoryId]) -> Option<StoryId> {
    let mut counts: HashMap<StoryId, usize> = HashMap::new();
    for &truth in truths {
        *counts.entry(truth).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(truth, count)| (count, truth)).map(|(truth, _)| truth)
}

/// The stories that an article might join, if it is counted.
fn options(grouper: &mut Grouper, labelled: &Labelled, trial: Trial) -> Vec<JoinCandidate> {
    if labelled.is_of(trial.counted) { grouper.join_candidates(labelled.article.clone()) } else { Vec::new() }
}
