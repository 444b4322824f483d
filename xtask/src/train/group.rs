//! `cargo xtask train group`: learns from labelled streams when articles join stories and stories
//! merge.

use std::{
    fs,
    io::{BufRead, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use courant_analysis::group::{
    GroupConfig, Model,
    train::{self, Recipe, Score, TrackVariant, TrainingData},
};
use courant_site::{Site, files::write_atomically};
use serde_json::Value;

use super::packed_file;
#[derive(Debug, Args)]
pub(crate) struct TrainGroupArgs {
    /// Folder of labelled streams, NAME.jsonl or NAME.jsonl.gz: one article per line in order of
    /// arrival, with id, title, cluster and, where known, body, time, source, url, lang
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// File to write the model to, trained on all stories [default: only test]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Number of parts for cross-validation; 0: no test
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=16))]
    pub(crate) folds: u8,
    /// Score only the model in use
    #[arg(long)]
    pub(crate) check: bool,
    /// Site whose model is in use [default: the model of the program]
    #[arg(long, value_name = "DIR", requires = "check")]
    pub(crate) site: Option<PathBuf>,
    /// Names of streams to leave out, because their clusters are not stories
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) leave_out: Vec<String>,
    /// Minimum probability of a merge in the test; several may be given
    #[arg(long, value_name = "FROM 0 TO 1", value_delimiter = ',')]
    pub(crate) merge_at: Vec<f64>,
    /// Set a parameter of the training
    #[arg(long, value_name = "NAME=NUMBER")]
    pub(crate) set: Vec<String>,
}

/// Maximum length of a line of a labelled stream, in bytes.
const MAX_LINE: u64 = 16 << 20;

/// Trains and tests the decisions about stories.
pub(super) fn run(args: &TrainGroupArgs) -> anyhow::Result<()> {
    let named = read_tracks(&args.data, &args.leave_out)?;
    let tracks = train::tracks(&named, TrackVariant::Full);
    let config = GroupConfig::default();
    if args.check {
        let own = match &args.site {
            Some(dir) => Site::open(dir)?.group_model()?,
            None => None,
        };
        println!("the model in use, all stories");
        print_scores(&train::score(&tracks, own.as_ref().unwrap_or(Model::trained()), &config));
        return Ok(());
    }
    let recipe = recipe(&args.set)?;
    let titles =
        if recipe.titles > 0.0 { train::tracks(&named, TrackVariant::TitlesOnly) } else { Vec::new() };
    let lessons = TrainingData { tracks: &tracks, titles: &titles };
    if args.folds > 0 {
        for trial in train::cross_validate(lessons, &recipe, args.folds, &configs(args, &config)) {
            println!(
                "on unseen stories; join_at {}, merge_at {}",
                trial.config.join_at, trial.config.merge_at
            );
            println!("separately");
            print_scores(&trial.apart);
            println!("together");
            print_scores(&trial.among_all);
        }
    }
    let Some(out) = &args.out else { return Ok(()) };
    let mut model = train::fit(lessons, train::Subset::All, &recipe);
    model.version = Model::trained().version + 1;
    println!("all stories, trained on them");
    print_scores(&train::score(&tracks, &model, &config));
    let text = serde_json::to_string(&model)? + "\n";
    write_atomically(out, text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?;
    println!("Saved the model to {}; to use it, set [group] model in courant.toml", out.display());
    Ok(())
}

fn recipe(settings: &[String]) -> anyhow::Result<Recipe> {
    let mut recipe = Recipe::default();
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .with_context(|| format!("invalid setting {setting:?}: expected NAME=NUMBER"))?;
        let value =
            value.parse().with_context(|| format!("invalid value {value:?} of {name}: expected a number"))?;
        recipe.set(name, value)?;
    }
    Ok(recipe)
}

fn configs(args: &TrainGroupArgs, config: &GroupConfig) -> Vec<GroupConfig> {
    if args.merge_at.is_empty() {
        return vec![config.clone()];
    }
    args.merge_at.iter().map(|&merge_at| GroupConfig { merge_at, ..config.clone() }).collect()
}

/// The streams of a folder, `NAME.jsonl` or `NAME.jsonl.gz`, by name, without those left out.
fn read_tracks(folder: &Path, leave_out: &[String]) -> anyhow::Result<Vec<(String, Vec<Value>)>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut tracks = Vec::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some((name, "" | ".gz")) = name.split_once(".jsonl") else { continue };
        if !leave_out.iter().any(|out| out == name) {
            let lines = read_lines(&path).with_context(|| format!("stream {}", path.display()))?;
            tracks.push((name.to_owned(), lines));
        }
    }
    if tracks.is_empty() {
        bail!(
            "no labelled streams in {}: expected files named NAME.jsonl or NAME.jsonl.gz",
            folder.display()
        );
    }
    Ok(tracks)
}

fn read_lines(path: &Path) -> anyhow::Result<Vec<Value>> {
    let mut reader = packed_file::open(path)?;
    let mut values = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(values);
        }
        if !line.trim_ascii().is_empty() {
            let value =
                serde_json::from_slice(&line).with_context(|| format!("line {}", values.len() + 1))?;
            values.push(value);
        }
    }
}

/// Prints `BCubed` F1/pairwise F1 (`BCubed` precision, recall) in per cent, and the mean of the
/// first.
fn print_scores(scores: &[Score]) {
    for Score { name, precision, recall, f1, pairwise } in scores {
        let [precision, recall, f1, pairwise] = [precision, recall, f1, pairwise].map(|part| 100.0 * part);
        println!("  {name:<12} {f1:5.1} / {pairwise:5.1}   ({precision:5.1} {recall:5.1})");
    }
    let mean = scores.iter().map(|score| score.f1).sum::<f64>() / scores.len().max(1) as f64;
    println!("  {:<12} {:5.2}", "mean", 100.0 * mean);
}
