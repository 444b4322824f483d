//! The quality of grouping on the small shared labelled tracks: floors a little below the reached
//! values, and a table of the values. Without the shared data the test is skipped with a message.
//!
//! All tracks, including the large ones, are checked on the released program by
//! `conformance/run.py`.

use std::{collections::HashMap, path::Path};

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, prepare};
use courant_model::{ArticleId, StoryId, Timestamp, parse_date};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Track, minimum `BCubed` F1, minimum pairwise F1, in per cent.
const FLOORS: [(&str, f64, f64); 3] =
    [("ecbplus", 95.0, 92.0), ("meantime", 99.0, 98.0), ("vimds", 99.0, 98.5)];

#[test]
fn the_shared_tracks_are_grouped_no_worse_than_before() {
    let Some(folder) = courant_testkit::shared("clustering/dev") else { return };
    let mut below = Vec::new();
    println!("track      bcubed P     R     F1  pairwise F1  stories (true)");
    for (track, least_bcubed, least_pairwise) in FLOORS {
        let pairs = grouped(&folder.join(format!("{track}.jsonl.gz")));
        let score = Score::of(&pairs);
        println!(
            "{track:10} {:8.1} {:5.1} {:6.2} {:12.2}  {} ({})",
            score.precision,
            score.recall,
            score.f1(),
            score.pairwise,
            score.found,
            score.truths
        );
        if score.f1() < least_bcubed || score.pairwise < least_pairwise {
            below.push(track);
        }
    }
    assert!(below.is_empty(), "below their floors: {below:?}");
}

/// The story found for each article and its true one.
fn grouped(path: &Path) -> Vec<(StoryId, StoryId)> {
    let lines = courant_testkit::read_jsonl(path).expect("a shared track is JSON Lines");
    let mut grouper = Grouper::new(GroupConfig::default());
    let mut moved: HashMap<StoryId, StoryId> = HashMap::new();
    let mut pairs = Vec::with_capacity(lines.len());
    for line in &lines {
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let id = ArticleId::from_bytes(digest(text("id").unwrap_or_default()));
        let placement = grouper.place(prepare(&GroupDoc {
            id,
            title: text("title").unwrap_or_default(),
            text: text("body").unwrap_or_default(),
            time: text("time").and_then(instant),
            first_seen: None,
            url: text("url"),
            source: text("source"),
            authors: &[],
            language: text("lang"),
        }));
        moved.extend(placement.merged);
        pairs.push((placement.story, StoryId::from_bytes(digest(text("cluster").unwrap_or_default()))));
    }
    for (story, _) in &mut pairs {
        while let Some(into) = moved.get(story) {
            *story = *into;
        }
    }
    pairs
}

fn instant(text: &str) -> Option<Timestamp> {
    parse_date(text).or_else(|| parse_date(&format!("{text}T00:00:00Z")))
}

fn digest(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(name.as_bytes())[..16]);
    bytes
}

/// `BCubed` (Amigó et al., 2009) and pairwise scores, in per cent.
struct Score {
    precision: f64,
    recall: f64,
    pairwise: f64,
    found: usize,
    truths: usize,
}

impl Score {
    fn of(pairs: &[(StoryId, StoryId)]) -> Self {
        let mut found: HashMap<StoryId, f64> = HashMap::new();
        let mut truths: HashMap<StoryId, f64> = HashMap::new();
        let mut both: HashMap<(StoryId, StoryId), f64> = HashMap::new();
        for &(story, truth) in pairs {
            *found.entry(story).or_default() += 1.0;
            *truths.entry(truth).or_default() += 1.0;
            *both.entry((story, truth)).or_default() += 1.0;
        }
        let share = |of: &dyn Fn(&(StoryId, StoryId)) -> f64| {
            100.0 * pairs.iter().map(|pair| both[pair] / of(pair)).sum::<f64>() / pairs.len() as f64
        };
        let twos = |n: &f64| n * (n - 1.0) / 2.0;
        let right: f64 = both.values().map(twos).sum();
        let all: f64 = found.values().chain(truths.values()).map(twos).sum();
        Self {
            precision: share(&|pair| found[&pair.0]),
            recall: share(&|pair| truths[&pair.1]),
            pairwise: if all > 0.0 { 200.0 * right / all } else { 100.0 },
            found: found.len(),
            truths: truths.len(),
        }
    }

    fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall)
    }
}
