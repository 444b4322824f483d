//! Trains the decision by which articles join stories, and shows what it does to stories it has not seen.
//!
//! ```text
//! cargo run --profile quick -p courant-analysis --example group_train -- FOLDER crates/analysis/src/group/model.json
//! ```
//!
//! `FOLDER` holds labelled tracks, `<track>.jsonl.gz`: JSON Lines with `id`, `title`, `body`, `cluster` and where
//! known `time`, `source`, `lang`, in the order of arrival. Every track weighs the same. The stories are dealt
//! into two halves; a model trained on one half groups the other, and its scores are printed; then the model
//! that is written is trained on everything. Same data, same model.

mod rows;
mod score;
mod track;
mod trees;

use std::{env, fs, io, path::Path, process::ExitCode};

use courant_analysis::group::{FEATURES, GroupConfig, Model};

use self::{rows::Rows, track::Track};

/// Half of the stories, by the parity of a hash of their label, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Even,
    Odd,
    All,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, out, options @ ..] = arguments.as_slice() else {
        eprintln!("usage: group_train FOLDER MODEL.json [--quick]");
        return ExitCode::from(2);
    };
    match train(Path::new(folder), Path::new(out), options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("group_train: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train(folder: &Path, out: &Path, options: &[String]) -> io::Result<()> {
    let tracks = track::read_all(folder)?;
    if options.iter().any(|option| option == "--check") {
        println!("the model that is part of the program, all stories");
        let all = score::all(&tracks, Part::All, Model::trained(), &GroupConfig::default());
        score::print(&all, &all);
        return Ok(());
    }
    let value = |name: &str, default: f64| {
        options
            .iter()
            .position(|option| option == name)
            .and_then(|at| options.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let settings = trees::Settings {
        trees: value("--trees", 150.0) as usize,
        depth: value("--depth", 6.0) as usize,
        rate: value("--rate", 0.1),
        least: value("--least", 5.0),
        ridge: value("--ridge", 5.0),
    };
    let rounds = value("--rounds", 3.0) as usize;
    let (even, odd) = rayon::join(
        || fit(&tracks, Part::Even, &settings, rounds),
        || fit(&tracks, Part::Odd, &settings, rounds),
    );
    let config = GroupConfig::default();
    for join_at in [0.5] {
        for merge_at in [0.45] {
            let config = GroupConfig { join_at, merge_at, ..config.clone() };
            println!("stories not trained on, join_at {join_at}, merge_at {merge_at}");
            let (a, b) = rayon::join(
                || score::all(&tracks, Part::Odd, &even, &config),
                || score::all(&tracks, Part::Even, &odd, &config),
            );
            score::print(&a, &b);
        }
    }
    if options.iter().any(|option| option == "--quick") {
        return Ok(());
    }
    let mut model = fit(&tracks, Part::All, &settings, rounds);
    model.version = Model::trained().version + 1;
    println!("all stories, trained on them");
    let all = score::all(&tracks, Part::All, &model, &config);
    score::print(&all, &all);
    fs::write(out, serde_json::to_string(&model).map_err(io::Error::other)? + "\n")
}

/// Trains on the stories of a part: first with every article in its true story, then also with the stories as
/// the model itself made them, so that it learns to live with its own mistakes.
fn fit(tracks: &[Track], part: Part, settings: &trees::Settings, rounds: usize) -> Model {
    let mut rows = Rows::default();
    for track in tracks {
        rows.add(track, part, None);
    }
    let mut model = settings.fit(&rows);
    for _ in 1..rounds {
        for track in tracks {
            rows.add(track, part, Some(&model));
        }
        model = settings.fit(&rows);
    }
    model.features = FEATURES.iter().map(ToString::to_string).collect();
    model
}
