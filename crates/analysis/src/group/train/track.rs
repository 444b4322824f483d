//! Labelled tracks, and how their stories are dealt into parts.

use std::collections::HashMap;

use courant_model::{ArticleId, StoryId, Timestamp, parse_date};
use rayon::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::group::{GroupDoc, Prepared, prepare};

/// All stories, or those of one of several parts, or of all the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All stories.
    All,
    /// Those of one part.
    One {
        /// Which, from 0.
        at: u8,
        /// How many parts there are.
        of: u8,
    },
    /// Those of all parts but one.
    AllBut {
        /// Which, from 0.
        at: u8,
        /// How many parts there are.
        of: u8,
    },
}

/// A labelled stream made ready.
#[derive(Debug, Clone)]
pub struct Track {
    pub(super) name: String,
    articles: Vec<Labelled>,
}

/// An article and its true story.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    pub(super) article: Prepared,
    pub(super) story: StoryId,
    /// Decides in which part the story is. Stories of several tracks that share a text share it.
    lot: u8,
    text: [u8; 16],
}

impl Labelled {
    /// Whether its story belongs to the part.
    pub(super) const fn is_of(&self, part: Part) -> bool {
        part.holds(self.lot)
    }
}

/// What an article is made poorer by, so that a model also learns from what other sources would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Nothing.
    Nothing,
    /// Titles alone, without times.
    Text,
}

impl Track {
    /// The articles of a part in the order of arrival.
    pub(super) fn articles(&self, part: Part) -> impl Iterator<Item = &Labelled> {
        self.articles.iter().filter(move |labelled| labelled.is_of(part))
    }
}

impl Part {
    /// Whether a story with this lot belongs to the part.
    pub(super) const fn holds(self, lot: u8) -> bool {
        match self {
            Self::All => true,
            Self::One { at, of } => lot % of == at,
            Self::AllBut { at, of } => lot % of != at,
        }
    }
}

/// Tracks by their names and lines. A line is an object with `id`, `title`, `cluster` (the true story) and where known
/// `body`, `time` (RFC 3339 or a day), `source`, `url`, `lang`, in the order of arrival.
pub fn tracks(named: &[(String, Vec<Value>)], lack: Lack) -> Vec<Track> {
    let track = |(name, lines): &(String, Vec<Value>)| Track {
        name: name.clone(),
        articles: lines.par_iter().map(|line| labelled(line, lack)).collect(),
    };
    let mut tracks: Vec<Track> = named.iter().map(track).collect();
    deal(&mut tracks);
    tracks
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
        authors: &[],
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
