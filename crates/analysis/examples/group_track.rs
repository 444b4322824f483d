//! Groups a labelled or unlabelled track of articles as the program would, for scoring.
//!
//! ```text
//! zcat track.jsonl.gz | cargo run -p courant-analysis --example group_track > predicted.jsonl
//! zcat track.jsonl.gz | cargo run -p courant-analysis --example group_track -- --copies > copies.jsonl
//! ```
//!
//! In: JSON Lines with `id`, `title`, `body` and where known `time`, `url`, `source`, `lang`, in the order of
//! arrival. Out: `{"id", "cluster"}`, where the cluster is the story after all merges, or with `--copies` the
//! article whose text it is. The rate in articles per second goes to standard error.

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    time::Instant,
};

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, prepare};
use courant_model::{ArticleId, StoryId, Timestamp, parse_date};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let copies = std::env::args().any(|argument| argument == "--copies");
    let lines: Vec<Value> = io::stdin()
        .lock()
        .lines()
        .map(|line| serde_json::from_str(&line?).map_err(io::Error::other))
        .collect::<Result<_, _>>()?;
    let start = Instant::now();
    let mut grouper = Grouper::new(GroupConfig::default());
    let mut stories = Vec::with_capacity(lines.len());
    let mut moved: HashMap<StoryId, StoryId> = HashMap::new();
    for line in &lines {
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let id = article_id(text("id").unwrap_or_default());
        let placement = grouper.place(prepare(&GroupDoc {
            id,
            title: text("title").unwrap_or_default(),
            text: text("body").unwrap_or_default(),
            time: text("time").and_then(moment),
            seen: None,
            url: text("url"),
            source: text("source"),
            language: text("lang"),
        }));
        moved.extend(placement.merged);
        let own = StoryId::opened_by(id);
        stories.push(if copies {
            placement.copy_of.map_or(own, StoryId::opened_by)
        } else {
            placement.story
        });
    }
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{} articles, {:.0} a second", lines.len(), lines.len() as f64 / seconds);
    let mut out = io::stdout().lock();
    for (line, mut story) in lines.iter().zip(stories) {
        while let Some(&into) = moved.get(&story).filter(|_| !copies) {
            story = into;
        }
        let id = line.get("id").cloned().unwrap_or_default();
        writeln!(out, "{}", serde_json::json!({ "id": id, "cluster": story.to_string() }))?;
    }
    Ok(())
}

/// A moment, or the beginning of a day.
fn moment(text: &str) -> Option<Timestamp> {
    parse_date(text).or_else(|| parse_date(&format!("{text}T00:00:00Z")))
}

fn article_id(name: &str) -> ArticleId {
    let digest = Sha256::digest(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ArticleId::from_bytes(bytes)
}
