//! What the model learns from: pairs of an article and a story, right or wrong.

use std::collections::HashMap;

use courant_analysis::group::{Choice, Features, GroupConfig, Grouper, Model};
use courant_model::{ArticleId, StoryId};
use rayon::prelude::*;

use super::{
    score::Trial,
    track::{Labelled, Track},
};

/// Labelled pairs.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) features: Vec<Features>,
    pub(crate) labels: Vec<bool>,
    pub(crate) weights: Vec<f64>,
}

impl Rows {
    /// Adds the pairs of the counted articles that arise when articles of every track are grouped truly, or as a
    /// model groups them. A track with `n` pairs weighs as `n^balance`, this many times over.
    pub(crate) fn add(
        &mut self,
        tracks: &[Track],
        trial: Trial,
        model: Option<&Model>,
        balance: f64,
        times: f64,
    ) {
        let found: Vec<Self> = tracks
            .par_iter()
            .map(|track| {
                let mut rows = Self::default();
                match model {
                    None => rows.add_true(track, trial),
                    Some(model) => rows.add_grouped(track, trial, model),
                }
                rows
            })
            .collect();
        for rows in found {
            let pairs = rows.labels.len().max(1) as f64;
            self.weights.resize(self.weights.len() + rows.labels.len(), times * pairs.powf(balance - 1.0));
            self.features.extend(rows.features);
            self.labels.extend(rows.labels);
        }
    }

    fn add_true(&mut self, track: &Track, trial: Trial) {
        let mut grouper = Grouper::new(GroupConfig::default());
        for labelled in track.articles(trial.grouped) {
            for option in options(&mut grouper, labelled, trial) {
                self.features.push(option.features);
                self.labels.push(option.story == labelled.story);
            }
            grouper.restore(labelled.article.clone(), labelled.story, None);
        }
    }

    fn add_grouped(&mut self, track: &Track, trial: Trial, model: &Model) {
        let mut grouper = Grouper::with_model(GroupConfig::default(), model.clone());
        let truth: HashMap<ArticleId, StoryId> =
            track.articles(trial.grouped).map(|labelled| (labelled.article.id(), labelled.story)).collect();
        let mut members: HashMap<StoryId, Vec<ArticleId>> = HashMap::new();
        for labelled in track.articles(trial.grouped) {
            for option in options(&mut grouper, labelled, trial) {
                let of = members.get(&option.story).map_or(&[][..], Vec::as_slice);
                let right = of.iter().filter(|id| truth.get(id) == Some(&labelled.story)).count();
                self.features.push(option.features);
                self.labels.push(2 * right > of.len());
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

/// What an article might join, where it is counted.
fn options(grouper: &mut Grouper, labelled: &Labelled, trial: Trial) -> Vec<Choice> {
    if labelled.is_of(trial.counted) { grouper.options(labelled.article.clone()) } else { Vec::new() }
}
