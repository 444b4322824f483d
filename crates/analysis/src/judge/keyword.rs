//! What the entries of a topic file mean.
//!
//! - An entry is a word or a phrase; it is found as whole words, in any inflection of the text's language,
//!   without regard to case and accents.
//! - A word of an entry that is written with a capital letter is found in that spelling only (`AI`, `Watson`,
//!   `Amazon Polly`), alone, with a plural or possessive `s` (`GPUs`, `Waymo's`), or in a title in capitals.
//! - A `+` before an entry makes it conditional: it counts only in an article that is about the parent topic
//!   (or one above it) by other terms. So `+hospital` serves "A.I. in medicine" without claiming every hospital.
//!   Alone in an excerpt it is taken for a mention, if the article has another topic; with `++` it is not
//!   (`++ransomware`).
//! - Entries under `exclude` speak against the topic: they hide the keywords that they contain ("computer
//!   vision syndrome" hides "computer vision"), and in title or excerpt weigh as much against as a keyword for.
//! - Hashtags are found with their `#` only, in any case; one entry may hold several.

use courant_model::Topic;

/// How an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// For the topic.
    Keyword,
    /// For the topic, where its parent, or a topic above, is the subject anyway.
    Conditional,
    /// The same, where the word alone tells what an article about the parent is about.
    Telling,
    /// Against the topic.
    Exclude,
    /// For the topic, as a hashtag.
    Hashtag,
}

impl Kind {
    /// Whether an entry counts only where the parent is the subject.
    pub(super) const fn is_conditional(self) -> bool {
        matches!(self, Self::Conditional | Self::Telling)
    }
}

/// An entry of a topic file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyword {
    /// The place of its topic in the taxonomy.
    pub(super) topic: usize,
    /// How it counts.
    pub(super) kind: Kind,
    /// The words to be found.
    pub(super) phrase: String,
}

/// The entries of a topic, each once.
pub(super) fn keywords_of(place: usize, topic: &Topic) -> Vec<Keyword> {
    let mut entries: Vec<Keyword> = Vec::new();
    let mut add = |kind: Kind, phrase: &str| {
        let entry = Keyword { topic: place, kind, phrase: phrase.trim().to_owned() };
        if !entry.phrase.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    };
    for keyword in &topic.keywords {
        let keyword = keyword.trim();
        if let Some(telling) = keyword.strip_prefix("++") {
            add(Kind::Telling, telling);
        } else if let Some(conditional) = keyword.strip_prefix('+') {
            add(Kind::Conditional, conditional);
        } else {
            add(Kind::Keyword, keyword);
        }
    }
    for phrase in &topic.exclude {
        add(Kind::Exclude, phrase);
    }
    for tag in topic.hashtags.iter().flat_map(|tags| tags.split_whitespace()) {
        add(Kind::Hashtag, tag.trim_start_matches('#'));
    }
    entries
}
