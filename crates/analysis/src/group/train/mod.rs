//! Training of the decisions by which articles join stories and stories become one, and its trial on stories that the
//! model has not seen.
//!
//! A [`Track`] is a stream of articles whose stories are known. [`fit`] trains on some of their stories: first with every
//! article in its true story, then also with the stories as the model itself made them, so that it learns to live with
//! its own mistakes. [`cross_validate`] deals the stories into parts; for each part a model is trained on streams made
//! of the other parts' stories and does the whole online job on streams that hold only that part's (*apart*), and on the
//! whole tracks with only that part's stories scored (*among all*: as many look-alikes as in use, some of them known to
//! the model). Stories of two tracks that share a text are always in one part. Same tracks, same model.

mod recipe;
mod rows;
mod score;
mod track;
mod trees;

use rayon::prelude::*;

pub use self::{
    recipe::{Recipe, UnknownSetting},
    score::Score,
    track::{Lack, Part, Track, tracks},
    trees::Growing,
};
use self::{
    rows::{Joins, Merges},
    score::Trial,
};
use super::{BRIDGE_FEATURES, FEATURES, Forest, GroupConfig, Model};

/// The labelled streams from which a model learns.
#[derive(Debug, Clone, Copy)]
pub struct Lessons<'a> {
    /// The tracks as they are.
    pub tracks: &'a [Track],
    /// The same with titles alone; none where [`Recipe::titles`] is 0.
    pub titles: &'a [Track],
}

/// The scores of a model on every track, with all stories.
pub fn score(tracks: &[Track], model: &Model, config: &GroupConfig) -> Vec<Score> {
    score::all(tracks, Trial { grouped: Part::All, counted: Part::All }, model, config)
}

/// The scores of one setting, each the mean of all parts.
#[derive(Debug, Clone)]
pub struct CrossValidation {
    /// The setting.
    pub config: GroupConfig,
    /// With only the stories of the part in the stream.
    pub apart: Vec<Score>,
    /// With the stories of the part among all others.
    pub among_all: Vec<Score>,
}

/// Trains on all parts but one, `folds` times, and scores each model on the part that it has not seen, with each of the
/// settings.
pub fn cross_validate(
    lessons: Lessons<'_>,
    recipe: &Recipe,
    folds: u8,
    configs: &[GroupConfig],
) -> Vec<CrossValidation> {
    let of = folds.max(2);
    let models: Vec<(u8, Model)> =
        (0..of).into_par_iter().map(|at| (at, fit(lessons, Part::AllBut { at, of }, recipe))).collect();
    let scores = |config: &GroupConfig, apart: bool| {
        let runs: Vec<Vec<Score>> = models
            .par_iter()
            .map(|&(at, ref model)| {
                let counted = Part::One { at, of };
                let grouped = if apart { counted } else { Part::All };
                score::all(lessons.tracks, Trial { grouped, counted }, model, config)
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

/// Trains on the stories of a part. The streams are the whole tracks, of whose other stories the model only learns that
/// they are others, and thinner ones.
pub fn fit(lessons: Lessons<'_>, part: Part, recipe: &Recipe) -> Model {
    let trials = trials(lessons, part, recipe);
    let mut joins = Joins::default();
    let mut merges = Merges::default();
    let mut model: Option<Model> = None;
    for round in 1..=recipe.rounds {
        for &(tracks, trial, times) in &trials {
            joins.add(tracks, trial, model.as_ref(), recipe.balance, times);
        }
        let trees = if round == recipe.rounds { recipe.join.trees } else { recipe.first_trees };
        let join = Growing { trees, ..recipe.join }.fit(&joins, FEATURES);
        let never = Forest { bias: -9.0, ..Forest::default() };
        let merge = model.map_or(never, |model| model.merge);
        let mut fitted = Model { version: 0, join, merge };
        for &(tracks, trial, times) in &trials {
            merges.add_tried_by(tracks, trial, &fitted, recipe.balance, times);
        }
        fitted.merge = recipe.merge.fit(&merges, BRIDGE_FEATURES);
        model = Some(fitted);
    }
    model.unwrap_or_default()
}

/// The streams of a part, and how much each weighs.
fn trials<'a>(lessons: Lessons<'a>, part: Part, recipe: &Recipe) -> Vec<(&'a [Track], Trial, f64)> {
    let whole = Trial { grouped: Part::All, counted: part };
    let thin = match part {
        Part::All => {
            let half = |at| Part::One { at, of: 2 };
            vec![Trial { grouped: half(0), counted: half(0) }, Trial { grouped: half(1), counted: half(1) }]
        }
        part => vec![Trial { grouped: part, counted: part }],
    };
    let mut trials = vec![(lessons.tracks, whole, 1.0)];
    trials.extend(thin.iter().map(|&trial| (lessons.tracks, trial, recipe.thin)));
    trials.push((lessons.titles, whole, recipe.titles));
    trials.retain(|&(tracks, _, times)| !tracks.is_empty() && times > 0.0);
    trials
}
