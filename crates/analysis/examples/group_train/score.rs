//! BCubed and pairwise F1 of a model on a part of the tracks.

use std::collections::HashMap;

use courant_analysis::group::{GroupConfig, Grouper, Model};
use courant_model::StoryId;
use rayon::prelude::*;

use super::{Part, track::Track};

/// Scores of one track.
pub(crate) struct Score {
    name: String,
    precision: f64,
    recall: f64,
    pairwise: f64,
}

impl Score {
    fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall).max(f64::MIN_POSITIVE)
    }
}

/// Groups a part of every track and scores it.
pub(crate) fn all(tracks: &[Track], part: Part, model: &Model, config: &GroupConfig) -> Vec<Score> {
    tracks.par_iter().map(|track| one(track, part, model, config)).collect()
}

fn one(track: &Track, part: Part, model: &Model, config: &GroupConfig) -> Score {
    let mut grouper = Grouper::with_model(config.clone(), model.clone());
    let mut placed = Vec::new();
    let mut moved: HashMap<StoryId, StoryId> = HashMap::new();
    for (article, truth) in track.articles() {
        let placement = grouper.place(article.clone());
        moved.extend(placement.merged);
        placed.push((placement.story, *truth));
    }
    for (story, _) in &mut placed {
        while let Some(into) = moved.get(story) {
            *story = *into;
        }
    }
    let mut found: HashMap<StoryId, f64> = HashMap::new();
    let mut truths: HashMap<StoryId, f64> = HashMap::new();
    let mut both: HashMap<(StoryId, StoryId), f64> = HashMap::new();
    for &(story, truth) in &placed {
        *found.entry(story).or_default() += 1.0;
        *truths.entry(truth).or_default() += 1.0;
        *both.entry((story, truth)).or_default() += 1.0;
    }
    let counted: Vec<(StoryId, StoryId)> =
        placed.into_iter().filter(|&(_, truth)| part.holds(truth)).collect();
    let articles = counted.len().max(1) as f64;
    let pairs = |counts: &mut dyn Iterator<Item = f64>| counts.map(|n| n * (n - 1.0) / 2.0).sum::<f64>();
    let right = pairs(&mut both.values().copied());
    let total = pairs(&mut found.values().copied()) + pairs(&mut truths.values().copied());
    Score {
        name: track.name.clone(),
        precision: counted.iter().map(|pair| both[pair] / found[&pair.0]).sum::<f64>() / articles,
        recall: counted.iter().map(|pair| both[pair] / truths[&pair.1]).sum::<f64>() / articles,
        pairwise: if total > 0.0 { 2.0 * right / total } else { 1.0 },
    }
}

/// Prints the mean of two runs, a line.
pub(crate) fn print(a: &[Score], b: &[Score]) {
    const SEVEN: [&str; 7] = ["gva", "uci", "allsides", "newsmix", "ecbplus", "frday", "vimds"];
    let mut seven = 0.0;
    for (a, b) in a.iter().zip(b) {
        let f1 = 50.0 * (a.f1() + b.f1());
        seven += if SEVEN.contains(&a.name.as_str()) { f1 / 7.0 } else { 0.0 };
        print!(
            "{} {f1:.1} ({:.0}/{:.0}, {:.0})  ",
            a.name,
            50.0 * (a.precision + b.precision),
            50.0 * (a.recall + b.recall),
            50.0 * (a.pairwise + b.pairwise)
        );
    }
    println!("| mean of seven {seven:.2}");
}
