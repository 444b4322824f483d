//! Trains the decision by which articles join stories, and measures it on stories it has not seen.
//!
//! ```text
//! cargo run --profile quick -p courant-analysis --example group_train -- FOLDER crates/analysis/src/group/model.json
//! ```
//!
//! `FOLDER` holds labelled tracks, `<track>.jsonl.gz`: JSON Lines with `id`, `title`, `body`, `cluster` and where
//! known `time`, `source`, `lang`, in the order of arrival.
//!
//! First comes the cross-validation: the stories are dealt into parts (`--folds 2`); for each part a model is
//! trained on streams made of the other parts' stories and does the whole online job on streams that hold only
//! that part's (*apart*), and on the whole tracks with only that part's stories scored (*among all*: as many
//! look-alikes as in use, some of them known to the model). Stories of two tracks that share a text are always
//! in one part. Figures are `BCubed` F1/pairwise F1 (`BCubed` precision and recall). Decisions about settings and
//! features are made by *apart*. Then, unless `--quick` is given, the model that is written is trained on
//! everything (`--no-trial` does only that). `--check` only scores the model that is part of the program. Same data, same model.

mod rows;
mod score;
mod track;
mod trees;

use std::{env, fs, io, path::Path, process::ExitCode};

use courant_analysis::group::{BRIDGE_FEATURES, FEATURES, Forest, GroupConfig, Model};
use rayon::prelude::*;

use self::{
    rows::{Joins, Merges},
    score::Trial,
    track::{Lack, Track},
};

/// All stories, or those of one of several parts, or of all the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    One { at: u8, of: u8 },
    AllBut { at: u8, of: u8 },
}

/// What the command line sets.
struct Options(Vec<String>);

impl Options {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|option| option == name)
    }

    fn value(&self, name: &str, default: f64) -> f64 {
        self.values(name).first().copied().unwrap_or(default)
    }

    /// Names separated by commas.
    fn names(&self, name: &str) -> Vec<String> {
        let at = self.0.iter().position(|option| option == name);
        let text = at.and_then(|at| self.0.get(at + 1)).map_or("", String::as_str);
        text.split(',').map(str::to_owned).collect()
    }

    /// Numbers separated by commas.
    fn values(&self, name: &str) -> Vec<f64> {
        self.names(name).iter().filter_map(|number| number.parse().ok()).collect()
    }
}

/// How a model is trained.
struct Recipe {
    trees: trees::Settings,
    merge_trees: trees::Settings,
    /// Trees of the models that only serve to show the next one its mistakes.
    first_trees: usize,
    rounds: usize,
    balance: f64,
    /// How much titles alone weigh beside the articles as they are.
    titles: f64,
    /// How much streams of half the density weigh.
    thin: f64,
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(folder), Some(out)) = (arguments.next(), arguments.next()) else {
        eprintln!(
            "usage: group_train FOLDER MODEL.json [--quick | --no-trial | --check] [--folds N] [SETTINGS]"
        );
        return ExitCode::from(2);
    };
    match train(Path::new(&folder), Path::new(&out), &Options(arguments.collect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("group_train: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train(folder: &Path, out: &Path, options: &Options) -> io::Result<()> {
    let tracks = track::read_all(folder, Lack::Nothing)?;
    let whole = Trial { grouped: Part::All, counted: Part::All };
    if options.has("--check") {
        println!("the model that is part of the program, all stories");
        score::print(&[score::all(&tracks, whole, Model::trained(), &GroupConfig::default())]);
        return Ok(());
    }
    let recipe = recipe(options);
    let titles = if recipe.titles > 0.0 { track::read_all(folder, Lack::Text)? } else { Vec::new() };
    if !options.has("--no-trial") {
        cross_validate(&tracks, &titles, &recipe, options);
    }
    if options.has("--quick") {
        return Ok(());
    }
    let mut model = fit(&tracks, &titles, Part::All, &recipe);
    model.version = Model::trained().version + 1;
    println!("all stories, trained on them");
    score::print(&[score::all(&tracks, whole, &model, &GroupConfig::default())]);
    fs::write(out, serde_json::to_string(&model).map_err(io::Error::other)? + "\n")
}

fn recipe(options: &Options) -> Recipe {
    let trees = trees::Settings {
        trees: options.value("--trees", 200.0) as usize,
        depth: options.value("--depth", 6.0) as usize,
        rate: options.value("--rate", 0.1),
        least: options.value("--least", 5.0),
        ridge: options.value("--ridge", 5.0),
        sample: options.value("--sample", 0.7),
        without: options.names("--without"),
        rising: options.value("--rising", 0.0) > 0.0,
    };
    let merge_trees = trees::Settings {
        trees: options.value("--merge-trees", 60.0) as usize,
        depth: options.value("--merge-depth", 3.0) as usize,
        least: options.value("--merge-least", 10.0),
        rising: true,
        ..trees.clone()
    };
    Recipe {
        merge_trees,
        first_trees: options.value("--first-trees", 60.0) as usize,
        rounds: options.value("--rounds", 3.0) as usize,
        balance: options.value("--balance", 0.15),
        titles: options.value("--titles", 0.0),
        thin: options.value("--thin", 0.3),
        trees,
    }
}

fn cross_validate(tracks: &[Track], titles: &[Track], recipe: &Recipe, options: &Options) {
    let of = options.value("--folds", 2.0) as u8;
    let models: Vec<(u8, Model)> = (0..of)
        .into_par_iter()
        .map(|at| (at, fit(tracks, titles, Part::AllBut { at, of }, recipe)))
        .collect();
    let config = GroupConfig::default();
    let or_default = |values: Vec<f64>, default: f64| if values.is_empty() { vec![default] } else { values };
    let mut configs = Vec::new();
    for join_at in or_default(options.values("--join-at"), config.join_at) {
        for merge_at in or_default(options.values("--merge-at"), config.merge_at) {
            configs.push(GroupConfig { join_at, merge_at, ..config.clone() });
        }
    }
    for config in configs {
        println!("join_at {}, merge_at {}", config.join_at, config.merge_at);
        for (name, apart) in [("apart:    ", true), ("among all:", false)] {
            let runs: Vec<_> = models
                .par_iter()
                .map(|&(at, ref model)| {
                    let counted = Part::One { at, of };
                    let grouped = if apart { counted } else { Part::All };
                    score::all(tracks, Trial { grouped, counted }, model, &config)
                })
                .collect();
            print!("{name} ");
            score::print(&runs);
        }
    }
}

/// Trains on the stories of a part: first with every article in its true story, then also with the stories as
/// the model itself made them, so that it learns to live with its own mistakes. The streams are the whole tracks,
/// of whose other stories the model only learns that they are others, and thinner ones.
fn fit(tracks: &[Track], titles: &[Track], part: Part, recipe: &Recipe) -> Model {
    let whole = Trial { grouped: Part::All, counted: part };
    let thin = match part {
        Part::All => {
            let half = |at| Part::One { at, of: 2 };
            vec![Trial { grouped: half(0), counted: half(0) }, Trial { grouped: half(1), counted: half(1) }]
        }
        part => vec![Trial { grouped: part, counted: part }],
    };
    let mut trials = vec![(tracks, whole, 1.0)];
    trials.extend(thin.iter().map(|&trial| (tracks, trial, recipe.thin)));
    trials.push((titles, whole, recipe.titles));
    trials.retain(|&(tracks, _, times)| !tracks.is_empty() && times > 0.0);
    let mut joins = Joins::default();
    let mut merges = Merges::default();
    let mut model: Option<Model> = None;
    for round in 1..=recipe.rounds {
        for &(tracks, trial, times) in &trials {
            joins.add(tracks, trial, model.as_ref(), recipe.balance, times);
        }
        let trees = if round == recipe.rounds { recipe.trees.trees } else { recipe.first_trees };
        let join = trees::Settings { trees, ..recipe.trees.clone() }.fit(&joins, FEATURES);
        let never = Forest { bias: -9.0, ..Forest::default() };
        let merge = model.map_or(never, |model| model.merge);
        let mut fitted = Model { version: 0, join, merge };
        for &(tracks, trial, times) in &trials {
            merges.add_tried_by(tracks, trial, &fitted, recipe.balance, times);
        }
        fitted.merge = recipe.merge_trees.fit(&merges, BRIDGE_FEATURES);
        model = Some(fitted);
    }
    model.unwrap_or_default()
}
