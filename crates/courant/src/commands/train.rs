//! `courant train group` and `courant train words`: what is learned from labelled streams and from word embeddings.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context as _, bail};
use courant_analysis::group::{
    GroupConfig, Model,
    train::{self, Recipe, Score, TrackVariant, TrainingData},
    vectors::{Translation, Vectors},
};
use courant_site::files::write_atomically;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::Session;
use crate::{
    cli::{TrainGroupArgs, TrainWordsArgs},
    output::{Exit, say},
};

/// The largest line of a labelled track that is read, in bytes.
const MAX_LINE: u64 = 16 << 20;

/// Trains and tries the decisions about stories.
pub(super) fn group(session: &Session, args: &TrainGroupArgs) -> anyhow::Result<Exit> {
    let named = read_tracks(&args.data, &args.leave_out)?;
    let tracks = train::tracks(&named, TrackVariant::Full);
    let config = GroupConfig::default();
    if args.check {
        let own = session.site().ok().map(|site| site.group_model()).transpose()?.flatten();
        say("the model in use, all stories");
        print_scores(&train::score(&tracks, own.as_ref().unwrap_or(Model::trained()), &config));
        return Ok(Exit::Done);
    }
    let recipe = recipe(&args.set)?;
    let titles =
        if recipe.titles > 0.0 { train::tracks(&named, TrackVariant::TitlesOnly) } else { Vec::new() };
    let lessons = TrainingData { tracks: &tracks, titles: &titles };
    if args.folds > 0 {
        for trial in train::cross_validate(lessons, &recipe, args.folds, &configs(args, &config)) {
            say(format_args!(
                "on stories not seen; join_at {}, merge_at {}",
                trial.config.join_at, trial.config.merge_at
            ));
            say("apart");
            print_scores(&trial.apart);
            say("among all");
            print_scores(&trial.among_all);
        }
    }
    let Some(out) = &args.out else { return Ok(Exit::Done) };
    let mut model = train::fit(lessons, train::Subset::All, &recipe);
    model.version = Model::trained().version + 1;
    say("all stories, trained on them");
    print_scores(&train::score(&tracks, &model, &config));
    let text = serde_json::to_string(&model)? + "\n";
    write_atomically(out, text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?;
    say(format_args!(
        "{} holds the model; [group] model = … of courant.toml makes a site use it",
        out.display()
    ));
    Ok(Exit::Done)
}

fn recipe(settings: &[String]) -> anyhow::Result<Recipe> {
    let mut recipe = Recipe::default();
    for setting in settings {
        let (name, value) =
            setting.split_once('=').with_context(|| format!("{setting:?}: NAME=NUMBER was wanted"))?;
        let value = value.parse().with_context(|| format!("{value:?} of {name} is no number"))?;
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

/// The tracks of a folder, `NAME.jsonl` or `NAME.jsonl.gz`, by name, without those that are left out.
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
            let lines = read_lines(&path).with_context(|| format!("track {}", path.display()))?;
            tracks.push((name.to_owned(), lines));
        }
    }
    if tracks.is_empty() {
        bail!("{} holds no track; files named NAME.jsonl or NAME.jsonl.gz were wanted", folder.display());
    }
    Ok(tracks)
}

fn read_lines(path: &Path) -> anyhow::Result<Vec<Value>> {
    let mut reader = open(path)?;
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

/// A file, unpacked where its name ends in `.gz`.
fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    })
}

/// Prints `BCubed` F1/pairwise F1 (`BCubed` precision, recall) in per cent, and the mean of the first.
fn print_scores(scores: &[Score]) {
    for Score { name, precision, recall, f1, pairwise } in scores {
        let [precision, recall, f1, pairwise] = [precision, recall, f1, pairwise].map(|part| 100.0 * part);
        say(format_args!("  {name:<12} {f1:5.1} / {pairwise:5.1}   ({precision:5.1} {recall:5.1})"));
    }
    let mean = scores.iter().map(|score| score.f1).sum::<f64>() / scores.len().max(1) as f64;
    say(format_args!("  {:<12} {:5.2}", "mean", 100.0 * mean));
}

/// Makes a dictionary of two files of vectors.
pub(super) fn words(args: &TrainWordsArgs) -> anyhow::Result<Exit> {
    let read = |path: &Path| {
        let file = open(path)?;
        Vectors::read(file, args.most).with_context(|| format!("vectors {}", path.display()))
    };
    let (from, into) = (read(&args.from)?, read(&args.into)?);
    let called = from.translate(&into, args.least)?;
    let text: String = called
        .iter()
        .map(|Translation { word, translation, cosine }| format!("{word}\t{translation}\t{cosine:.2}\n"))
        .collect();
    write_atomically(&args.out, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    say(format_args!(
        "{} of {} words are called something among {}; they are in {}",
        called.len(),
        from.len(),
        into.len(),
        args.out.display()
    ));
    Ok(Exit::Done)
}
