//! Labelled tracks, and how their stories are dealt into parts.

use std::{collections::HashMap, fs, io, path::Path};

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
    articles: Vec<Labelled>,
}

/// An article and its true story.
#[derive(Clone)]
pub(crate) struct Labelled {
    pub(crate) article: Prepared,
    pub(crate) story: StoryId,
    /// Decides in which part the story is. Stories of several tracks that share a text share it.
    lot: u8,
    text: [u8; 16],
}

impl Labelled {
    /// Whether its story belongs to the part.
    pub(crate) const fn is_of(&self, part: Part) -> bool {
        part.holds(self.lot)
    }
}

/// What an article is made poorer by, so that a model also learns from what other sources would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    Nothing,
    /// Titles alone, without times.
    Text,
}

impl Track {
    /// The articles of a part in the order of arrival.
    pub(crate) fn articles(&self, part: Part) -> impl Iterator<Item = &Labelled> {
        self.articles.iter().filter(move |labelled| labelled.is_of(part))
    }
}

impl Part {
    /// Whether a story with this lot belongs to the part.
    pub(crate) const fn holds(self, lot: u8) -> bool {
        match self {
            Self::All => true,
            Self::One { at, of } => lot % of == at,
            Self::AllBut { at, of } => lot % of != at,
        }
    }
}

/// All tracks of a folder, by name.
pub(crate) fn read_all(folder: &Path, lack: Lack) -> io::Result<Vec<Track>> {
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
        let articles = lines.par_iter().map(|line| labelled(line, lack)).collect();
        tracks.push(Track { name, articles });
    }
    deal(&mut tracks);
    Ok(tracks)
}

/// Gives stories their lots: the same to stories that share a text, whatever the track.
fn deal(tracks: &mut [Track]) {
    let mut heads: HashMap<StoryId, StoryId> = HashMap::new();
    let mut by_text: HashMap<[u8; 16], StoryId> = HashMap::new();
    for labelled in tracks.iter().flat_map(|track| &track.articles) {
        let other = *by_text.entry(labelled.text).or_insert(labelled.story);
        let (a, b) = (head(&heads, labelled.story), head(&heads, other));
        if a != b {
            heads.insert(a.max(b), a.min(b));
        }
    }
    for labelled in tracks.iter_mut().flat_map(|track| &mut track.articles) {
        labelled.lot = head(&heads, labelled.story).as_bytes()[0];
    }
}

fn head(heads: &HashMap<StoryId, StoryId>, mut story: StoryId) -> StoryId {
    while let Some(&next) = heads.get(&story) {
        story = next;
    }
    story
}

fn labelled(line: &Value, lack: Lack) -> Labelled {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let (title, body) = (text("title").unwrap_or_default(), text("body").unwrap_or_default());
    let full = lack == Lack::Nothing;
    let doc = GroupDoc {
        id: ArticleId::from_bytes(digest(text("id").unwrap_or_default())),
        title,
        text: if full { body } else { "" },
        time: text("time").and_then(moment).filter(|_| full),
        seen: None,
        url: text("url"),
        source: text("source"),
        language: text("lang"),
    };
    Labelled {
        article: prepare(&doc),
        story: StoryId::from_bytes(digest(text("cluster").unwrap_or_default())),
        lot: 0,
        text: digest(&format!("{title}\n{body}")),
    }
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
