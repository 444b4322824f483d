//! `BCubed` (Amigó et al., 2009) and pairwise F1 of a model on a part of the tracks.

use std::collections::HashMap;

use courant_model::StoryId;
use rayon::prelude::*;

use super::track::{Subset, Track};
use crate::group::{GroupConfig, Grouper, Model};

/// Scores of one track, from 0 to 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// The track.
    pub name: String,
    /// `BCubed` precision.
    pub precision: f64,
    /// `BCubed` recall.
    pub recall: f64,
    /// `BCubed` F1.
    pub f1: f64,
    /// Pairwise F1.
    pub pairwise: f64,
}

/// Which articles are grouped, and which of them are scored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub(super) grouped: Subset,
    pub(super) counted: Subset,
}

/// Groups a subset of every track and scores it.
pub(super) fn all(tracks: &[Track], trial: Trial, model: &Model, config: &GroupConfig) -> Vec<Score> {
    tracks.par_iter().map(|track| one(track, trial, model, config)).collect()
}

fn one(track: &Track, trial: Trial, model: &Model, config: &GroupConfig) -> Score {
    let mut grouper = Grouper::with_model(config.clone(), model);
    let mut placed = Vec::new();
    let mut moved: HashMap<StoryId, StoryId> = HashMap::new();
    for labelled in track.articles(trial.grouped) {
        let placement = grouper.place(labelled.article.clone());
        moved.extend(placement.merged);
        placed.push((placement.story, labelled));
    }
    let mut found: HashMap<StoryId, f64> = HashMap::new();
    let mut truths: HashMap<StoryId, f64> = HashMap::new();
    let mut both: HashMap<(StoryId, StoryId), f64> = HashMap::new();
    for (story, labelled) in &mut placed {
        while let Some(into) = moved.get(story) {
            *story = *into;
        }
        *found.entry(*story).or_default() += 1.0;
        *truths.entry(labelled.story).or_default() += 1.0;
        *both.entry((*story, labelled.story)).or_default() += 1.0;
    }
    let counted: Vec<(StoryId, StoryId)> = placed
        .into_iter()
        .filter(|(_, labelled)| labelled.is_of(trial.counted))
        .map(|(story, labelled)| (story, labelled.story))
        .collect();
    let articles = counted.len().max(1) as f64;
    let precision = counted.iter().map(|pair| both[pair] / found[&pair.0]).sum::<f64>() / articles;
    let recall = counted.iter().map(|pair| both[pair] / truths[&pair.1]).sum::<f64>() / articles;
    // Pairs per article: the others of its story that were found, those that exist and those that
    // were returned.
    let right: f64 = counted.iter().map(|pair| both[pair] - 1.0).sum();
    let all: f64 = counted.iter().map(|pair| found[&pair.0] + truths[&pair.1] - 2.0).sum();
    Score {
        name: track.name.clone(),
        precision,
        recall,
        f1: 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE),
        pairwise: if all > 0.0 { 2.0 * right / all } else { 1.0 },
    }
}

/// The mean of several runs, by track.
pub(super) fn mean(runs: &[Vec<Score>]) -> Vec<Score> {
    let Some(first) = runs.first() else { return Vec::new() };
    let of_track = |(at, track): (usize, &Score)| {
        let mean =
            |of: fn(&Score) -> f64| runs.iter().map(|run| of(&run[at])).sum::<f64>() / runs.len() as f64;
        Score {
            name: track.name.clone(),
            precision: mean(|score| score.precision),
            recall: mean(|score| score.recall),
            f1: mean(|score| score.f1),
            pairwise: mean(|score| score.pairwise),
        }
    };
    first.iter().enumerate().map(of_track).collect()
}
