//! The entries of a topic file.
//!
//! - An entry is a word or a phrase; it is found as whole words, in any inflection of the text's
//!   language, ignoring case and accents.
//! - A word of an entry with a capital letter is found in that spelling only (`AI`, `Watson`,
//!   `Amazon Polly`), alone, with a plural or possessive `s` (`GPUs`, `Waymo's`), or in a title in
//!   capitals.
//! - A `+` before an entry makes it conditional: it counts only in an article that is about the
//!   parent topic (or one above it) by other terms. So `+hospital` serves "A.I. in medicine"
//!   without matching every hospital. Alone in an excerpt it is taken for a mention if the article
//!   has another topic; with `++` it is not (`++ransomware`).
//! - Entries under `exclude` count against the topic: they hide the keywords that they contain
//!   ("computer vision syndrome" hides "computer vision"), and in title or excerpt subtract as much
//!   as a keyword adds.
//! - Hashtags are found with their `#` only, in any case; one entry may contain several.

use courant_model::Topic;

/// How an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    /// For the topic.
    Keyword,
    /// For the topic, if its parent, or a topic above, is the subject anyway.
    Conditional,
    /// The same, and even alone it tells what an article about the parent is about.
    ConditionalStrong,
    /// Against the topic.
    Exclude,
    /// For the topic, as a hashtag.
    Hashtag,
}

impl EntryKind {
    /// Whether an entry counts only if the parent is the subject.
    pub(super) const fn is_conditional(self) -> bool {
        matches!(self, Self::Conditional | Self::ConditionalStrong)
    }
}

/// An entry of a topic file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyword {
    /// The position of its topic in the taxonomy.
    pub(super) topic: usize,
    /// How it counts.
    pub(super) kind: EntryKind,
    /// The words to find.
    pub(super) phrase: String,
}

/// The entries of a topic, without duplicates.
pub(super) fn keywords_of(place: usize, topic: &Topic) -> Vec<Keyword> {
    let mut entries: Vec<Keyword> = Vec::new();
    let mut add = |kind: EntryKind, phrase: &str| {
        let entry = Keyword { topic: place, kind, phrase: phrase.trim().to_owned() };
        if !entry.phrase.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    };
    for keyword in &topic.keywords {
        let keyword = keyword.trim();
        if let Some(telling) = keyword.strip_prefix("++") {
            add(EntryKind::ConditionalStrong, telling);
        } else if let Some(conditional) = keyword.strip_prefix('+') {
            add(EntryKind::Conditional, conditional);
        } else {
            add(EntryKind::Keyword, keyword);
        }
    }
    for phrase in &topic.exclude {
        add(EntryKind::Exclude, phrase);
    }
    for tag in topic.hashtags.iter().flat_map(|tags| tags.split_whitespace()) {
        add(EntryKind::Hashtag, tag.trim_start_matches('#'));
    }
    entries
}
