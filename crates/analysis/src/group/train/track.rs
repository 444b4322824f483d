//! Labelled tracks, and how their stories are divided into parts.

use std::collections::HashMap;

use courant_model::{ArticleId, StoryId, Timestamp, parse_date};
use rayon::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::group::{GroupDoc, Prepared, prepare};

/// A selection of stories: all, those of one part, or those of all other parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subset {
    /// All stories.
    All,
    /// Those of one part.
    One {
        /// The part, from 0.
        at: u8,
        /// Number of parts.
        of: u8,
    },
    /// Those of all parts but one.
    AllBut {
        /// The part, from 0.
        at: u8,
        /// Number of parts.
        of: u8,
    },
}

/// A labelled, prepared stream.
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
    /// Determines the part of the story. Stories of several tracks that share a text share it.
    bucket: u8,
    text: [u8; 16],
}

impl Labelled {
    /// Whether its story belongs to the subset.
    pub(super) const fn is_of(&self, subset: Subset) -> bool {
        subset.holds(self.bucket)
    }
}

/// What is left out of the articles, so that a model also learns from what other sources would
/// give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackVariant {
    /// Nothing is left out.
    Full,
    /// Titles alone, without times.
    TitlesOnly,
}

impl Track {
    /// The articles of a subset in the order of arrival.
    pub(super) fn articles(&self, subset: Subset) -> impl Iterator<Item = &Labelled> {
        self.articles.iter().filter(move |labelled| labelled.is_of(subset))
    }
}

impl Subset {
    /// Whether a story in this bucket belongs to the subset.
    pub(super) const fn holds(self, bucket: u8) -> bool {
        match self {
            Self::All => true,
            Self::One { at, of } => bucket % of == at,
            Self::AllBut { at, of } => bucket % of != at,
        }
    }
}

/// Tracks by their names and lines. A line is an object with `id`, `title`, `cluster` (the true
/// story) and, if known, `body`, `time` (RFC 3339 or a day), `source`, `url`, `lang`, in the order
/// of arrival.
pub fn tracks(named: &[(String, Vec<Value>)], variant: TrackVariant) -> Vec<Track> {
    let track = |(name, lines): &(String, Vec<Value>)| Track {
        name: name.clone(),
        articles: lines.par_iter().map(|line| labelled(line, variant)).collect(),
    };
    let mut tracks: Vec<Track> = named.iter().map(track).collect();
    assign_buckets(&mut tracks);
    tracks
}

/// Assigns buckets to stories: the same to stories that share a text, in whatever track.
fn assign_buckets(tracks: &mut [Track]) {
    let mut roots: HashMap<StoryId, StoryId> = HashMap::new();
    let mut by_text: HashMap<[u8; 16], StoryId> = HashMap::new();
    for labelled in tracks.iter().flat_map(|track| &track.articles) {
        let other = *by_text.entry(labelled.text).or_insert(labelled.story);
        let (a, b) = (root(&roots, labelled.story), root(&roots, other));
        if a != b {
            roots.insert(a.max(b), a.min(b));
        }
    }
    for labelled in tracks.iter_mut().flat_map(|track| &mut track.articles) {
        labelled.bucket = root(&roots, labelled.story).as_bytes()[0];
    }
}

fn root(roots: &HashMap<StoryId, StoryId>, mut story: StoryId) -> StoryId {
    while let Some(&next) = roots.get(&story) {
        story = next;
    }
    story
}

fn labelled(line: &Value, variant: TrackVariant) -> Labelled {
    let text = |name: &str| line.get(name).and_then(Value::as_str);
    let (title, body) = (text("title").unwrap_or_default(), text("body").unwrap_or_default());
    let full = variant == TrackVariant::Full;
    let doc = GroupDoc {
        id: ArticleId::from_bytes(digest(text("id").unwrap_or_default())),
        title,
        text: if full { body } else { "" },
        time: text("time").and_then(instant).filter(|_| full),
        first_seen: None,
        url: text("url"),
        source: text("source"),
        authors: &[],
        language: text("lang"),
    };
    Labelled {
        article: prepare(&doc),
        story: StoryId::from_bytes(digest(text("cluster").unwrap_or_default())),
        bucket: 0,
        text: digest(&format!("{title}\n{body}")),
    }
}

/// An instant, or the beginning of a day.
fn instant(text: &str) -> Option<Timestamp> {
    parse_date(text).or_else(|| parse_date(&format!("{text}T00:00:00Z")))
}

fn digest(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(name.as_bytes())[..16]);
    bytes
}
