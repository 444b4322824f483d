//! Training of the decisions to join and to merge, and their evaluation on stories that the model
//! has not seen.
//!
//! A [`Track`] is a stream of articles whose stories are known. [`fit`] trains on some of their
//! stories: first with every article in its true story, then also with the stories as the model
//! itself made them, so that it learns to cope with its own mistakes. [`cross_validate`] divides
//! the stories into parts; for each part a model is trained on streams of the other parts' stories
//! and does the whole online task on streams with only that part's stories (*apart*), and on the
//! whole tracks with only that part's stories scored (*among all*: with as many similar stories as
//! in use, some of them known to the model). Stories of two tracks that share a text are always in
//! the same part. The same tracks give the same model.

mod recipe;
mod rows;
mod score;
mod track;
mod trees;

use rayon::prelude::*;

pub use self::{
    recipe::{Recipe, UnknownSetting},
    score::Score,
    track::{Subset, Track, TrackVariant, tracks},
    trees::TreeParams,
};
use self::{
    rows::{JoinRows, MergeRows},
    score::Trial,
};
use super::{Forest, GroupConfig, JOIN_FEATURES, MERGE_FEATURES, Model};

/// The labelled streams from which a model learns.
#[derive(Debug, Clone, Copy)]
pub struct TrainingData<'a> {
    /// The tracks as they are.
    pub tracks: &'a [Track],
    /// The same with titles alone; empty if [`Recipe::titles`] is 0.
    pub titles: &'a [Track],
}

/// The scores of a model on every track, with all stories.
pub fn score(tracks: &[Track], model: &Model, config: &GroupConfig) -> Vec<Score> {
    score::all(tracks, Trial { grouped: Subset::All, counted: Subset::All }, model, config)
}

/// The scores with one configuration, each the mean over all parts.
#[derive(Debug, Clone)]
pub struct CrossValidation {
    /// The configuration.
    pub config: GroupConfig,
    /// With only the stories of the part in the stream.
    pub apart: Vec<Score>,
    /// With the stories of the part among all others.
    pub among_all: Vec<Score>,
}

/// Trains on all parts but one, `folds` times, and scores each model on the part that it has not
/// seen, with each of the configurations.
pub fn cross_validate(
    data: TrainingData<'_>,
    recipe: &Recipe,
    folds: u8,
    configs: &[GroupConfig],
) -> Vec<CrossValidation> {
    let of = folds.max(2);
    let models: Vec<(u8, Model)> =
        (0..of).into_par_iter().map(|at| (at, fit(data, Subset::AllBut { at, of }, recipe))).collect();
    let scores = |config: &GroupConfig, apart: bool| {
        let runs: Vec<Vec<Score>> = models
            .par_iter()
            .map(|&(at, ref model)| {
                let counted = Subset::One { at, of };
                let grouped = if apart { counted } else { Subset::All };
                score::all(data.tracks, Trial { grouped, counted }, model, config)
            })
            .collect();
        score::mean(&runs)
    };
    configs
        .iter()
        .map(|config| CrossValidation {
            config: config.clone(),
            apart: scores(config, true),
            among_all: scores(config, false),
        })
        .collect()
}

/// Trains on the stories of a subset. The streams are the whole tracks, of whose other stories the
/// model only learns that they are different, and thinner ones.
pub fn fit(data: TrainingData<'_>, subset: Subset, recipe: &Recipe) -> Model {
    let trials = trials(data, subset, recipe);
    let mut joins = JoinRows::default();
    let mut merges = MergeRows::default();
    let mut model: Option<Model> = None;
    for round in 1..=recipe.rounds {
        for &(tracks, trial, times) in &trials {
            joins.add(tracks, trial, model.as_ref(), recipe.balance, times);
        }
        let trees = if round == recipe.rounds { recipe.join.trees } else { recipe.first_trees };
        let join = TreeParams { trees, ..recipe.join }.fit(&joins, JOIN_FEATURES);
        let never = Forest { bias: -9.0, ..Forest::default() };
        let merge = model.map_or(never, |model| model.merge);
        let mut fitted = Model { version: 0, join, merge };
        for &(tracks, trial, times) in &trials {
            merges.add_tried_by(tracks, trial, &fitted, recipe.balance, times);
        }
        fitted.merge = recipe.merge.fit(&merges, MERGE_FEATURES);
        model = Some(fitted);
    }
    model.unwrap_or_default()
}

/// The streams of a subset, and the weight of each.
fn trials<'a>(data: TrainingData<'a>, subset: Subset, recipe: &Recipe) -> Vec<(&'a [Track], Trial, f64)> {
    let whole = Trial { grouped: Subset::All, counted: subset };
    let thin = match subset {
        Subset::All => {
            let half = |at| Subset::One { at, of: 2 };
            vec![Trial { grouped: half(0), counted: half(0) }, Trial { grouped: half(1), counted: half(1) }]
        }
        subset => vec![Trial { grouped: subset, counted: subset }],
    };
    let mut trials = vec![(data.tracks, whole, 1.0)];
    trials.extend(thin.iter().map(|&trial| (data.tracks, trial, recipe.thin)));
    trials.push((data.titles, whole, recipe.titles));
    trials.retain(|&(tracks, _, times)| !tracks.is_empty() && times > 0.0);
    trials
}
