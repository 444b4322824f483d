//! Labelled tracks.

use std::{fs, io, path::Path};

use courant_analysis::group::{GroupDoc, Prepared, prepare};
use courant_model::{ArticleId, StoryId, Timestamp, parse_date};
use rayon::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Part;

/// Tracks that label copies and not stories.
const NOT_STORIES: &[&str] = &["neardup"];

/// A track made ready.
pub(crate) struct Track {
    pub(crate) name: String,
    articles: Vec<(Prepared, StoryId)>,
}

impl Track {
    /// The articles in the order of arrival, each with its true story.
    pub(crate) fn articles(&self) -> impl Iterator<Item = &(Prepared, StoryId)> {
        self.articles.iter()
    }
}

impl Part {
    /// Whether a story belongs to the part.
    pub(crate) fn holds(self, story: StoryId) -> bool {
        match self {
            Self::All => true,
            Self::Even => story.as_bytes()[0] % 2 == 0,
            Self::Odd => story.as_bytes()[0] % 2 == 1,
        }
    }
}

/// All tracks of a folder, by name.
pub(crate) fn read_all(folder: &Path) -> io::Result<Vec<Track>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    let mut tracks = Vec::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name.split(".jsonl").next().unwrap_or_default().to_owned();
        if NOT_STORIES.contains(&name.as_str()) {
            continue;
        }
        let lines = courant_testkit::read_jsonl(&path)?;
        tracks.push(Track { name, articles: lines.par_iter().map(article).collect() });
    }
    Ok(tracks)
}

fn article(line: &Value) -> (Prepared, StoryId) {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let doc = GroupDoc {
        id: ArticleId::from_bytes(digest(text("id").unwrap_or_default())),
        title: text("title").unwrap_or_default(),
        text: text("body").unwrap_or_default(),
        time: text("time").and_then(moment),
        seen: None,
        url: text("url"),
        source: text("source"),
        language: text("lang"),
    };
    (prepare(&doc), StoryId::from_bytes(digest(text("cluster").unwrap_or_default())))
}

/// A moment, or the beginning of a day.
fn moment(text: &str) -> Option<Timestamp> {
    parse_date(text).or_else(|| parse_date(&format!("{text}T00:00:00Z")))
}

fn digest(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(name.as_bytes())[..16]);
    bytes
}
