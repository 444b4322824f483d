//! Groups a labelled or unlabelled track of articles as the program would, for scoring.
//!
//! ```text
//! zcat track.jsonl.gz | cargo run -p courant-analysis --example group_track > predicted.jsonl
//! zcat track.jsonl.gz |
//!     cargo run -p courant-analysis --example group_track -- --copies > copies.jsonl
//! ```
//!
//! Input: JSON Lines with `id`, `title`, `body` and, if known, `time`, `url`, `source`, `lang`, in
//! the order of arrival. Output: `{"id", "cluster"}`, where the cluster is the story after all
//! merges, or with `--copies` the original article. The rate in articles per second, and the memory
//! of the index, are written to standard error.

#![allow(clippy::disallowed_macros, reason = "what is measured is printed")]

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    time::{Duration, Instant},
};

use courant_analysis::group::{GroupConfig, GroupDoc, Grouper, Placement, Prepared, prepare};
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
    let (mut preparing, mut placing) = (Duration::ZERO, Duration::ZERO);
    let mut grouper = Grouper::new(GroupConfig::default());
    let mut stories = Vec::with_capacity(lines.len());
    let mut moved: HashMap<StoryId, StoryId> = HashMap::new();
    let begun = Instant::now();
    for lines in lines.chunks(256) {
        let articles: Vec<GroupDoc<'_>> = lines.iter().map(article).collect();
        let start = worked(begun);
        let prepared: Vec<Prepared> = articles.iter().map(prepare).collect();
        let between = worked(begun);
        let placements: Vec<Placement> = prepared.into_iter().map(|article| grouper.place(article)).collect();
        preparing += between.saturating_sub(start);
        placing += worked(begun).saturating_sub(between);
        for (article, placement) in articles.iter().zip(placements) {
            moved.extend(placement.merged);
            let own = StoryId::opened_by(article.id);
            stories.push(if copies {
                placement.copy_of.map_or(own, StoryId::opened_by)
            } else {
                placement.story
            });
        }
    }
    let per_article = |time: Duration| time.as_secs_f64() * 1e6 / lines.len().max(1) as f64;
    eprintln!(
        "{} articles, {:.0} a second; {:.1} µs each to prepare, {:.1} µs to place; {} bytes each in the window",
        lines.len(),
        lines.len() as f64 / (preparing + placing).as_secs_f64(),
        per_article(preparing),
        per_article(placing),
        grouper.bytes() / grouper.len().max(1),
    );
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

fn article(line: &Value) -> GroupDoc<'_> {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    GroupDoc {
        id: id_of(line),
        title: text("title").unwrap_or_default(),
        text: text("body").unwrap_or_default(),
        time: text("time").and_then(instant),
        first_seen: None,
        url: text("url"),
        source: text("source"),
        authors: &[],
        language: text("lang"),
    }
}

/// Processor time of this thread, if the system provides it (Linux does), so that other processes
/// don't count; otherwise wall-clock time.
fn worked(begun: Instant) -> Duration {
    let stats = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = stats.and_then(|stats| stats.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| begun.elapsed(), Duration::from_nanos)
}

/// An instant, or the beginning of a day.
fn instant(text: &str) -> Option<Timestamp> {
    parse_date(text).or_else(|| parse_date(&format!("{text}T00:00:00Z")))
}

fn id_of(line: &Value) -> ArticleId {
    let name = line.get("id").and_then(Value::as_str).unwrap_or_default();
    let digest = Sha256::digest(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ArticleId::from_bytes(bytes)
}
