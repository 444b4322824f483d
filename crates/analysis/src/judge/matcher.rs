//! Finds many phrases in one pass over the words of a text.
//!
//! Words become numbers, phrases a trie over these numbers. Most words of a text begin like no word
//! of any phrase; a small bit set of beginnings skips them before anything is stemmed or hashed, so
//! that ten thousand keywords cost little more than ten.

use rustc_hash::FxHashMap;

use super::{
    keyword::{EntryKind, Keyword},
    layout::{Layout, LayoutWord},
    words::{self, Inflection, Word},
};

/// Maximum number of words of an entry.
const MAX_PHRASE_WORDS: usize = 12;

/// Marks a word that is in no phrase.
const NONE: u32 = u32::MAX;

/// Where an entry was found in a text, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// The number of the entry.
    pub(super) entry: u32,
    /// Its first word.
    pub(super) start: u32,
    /// The word after its last.
    pub(super) end: u32,
}

/// The forms in which a word of a text may be in a phrase.
#[derive(Clone, Copy)]
struct Forms {
    folded: u32,
    exact: u32,
    tag: u32,
}

impl Forms {
    const fn is_none(self) -> bool {
        self.folded == NONE && self.exact == NONE && self.tag == NONE
    }

    /// The forms of the word, the rarest first.
    const fn all(self) -> [u32; 3] {
        [self.tag, self.exact, self.folded]
    }
}

/// A node in the trie of phrases.
#[derive(Clone, Copy, Default)]
struct Node {
    /// The range in the list of all ends with the entries that end here.
    ends: (u32, u32),
    /// The symbols that continue longer entries, as a bit set of their last six bits.
    follow: u64,
}

/// All entries of a taxonomy, prepared for one language.
pub(super) struct Matcher {
    inflection: Inflection,
    /// Whether a word of two capitals in a title in capitals is probably not an acronym: `AI` is a
    /// word in Italian.
    ignores_short_capitals: bool,
    folded: FxHashMap<Box<str>, u32>,
    exact: FxHashMap<Box<str>, u32>,
    capitals: FxHashMap<Box<str>, u32>,
    tags: FxHashMap<Box<str>, u32>,
    first_letters: FirstLetters,
    /// For each symbol the node that follows the root.
    first: Vec<u32>,
    edges: FxHashMap<(u32, u32), u32>,
    nodes: Vec<Node>,
    /// The entries that end at each node, one node after the other.
    ends: Vec<u32>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl Matcher {
    /// The matcher of these entries; entries of more than twelve words are cut.
    pub(super) fn new(entries: &[Keyword], inflection: Inflection) -> Self {
        let mut matcher = Self {
            ignores_short_capitals: !matches!(inflection, Inflection::English),
            inflection,
            folded: FxHashMap::default(),
            exact: FxHashMap::default(),
            capitals: FxHashMap::default(),
            tags: FxHashMap::default(),
            first_letters: FirstLetters::default(),
            first: Vec::new(),
            edges: FxHashMap::default(),
            nodes: vec![Node::default()],
            ends: Vec::new(),
        };
        let mut ends: Vec<Vec<u32>> = vec![Vec::new()];
        let mut symbols = 0;
        for (number, entry) in (0_u32..).zip(entries) {
            let path: Vec<u32> = words::words(&entry.phrase)
                .take(MAX_PHRASE_WORDS)
                .map(|word| matcher.symbol(word, entry.kind, &mut symbols))
                .collect();
            matcher.insert(&path, number, entries, &mut ends);
        }
        for (node, ends) in matcher.nodes.iter_mut().zip(ends) {
            let start = matcher.ends.len() as u32;
            matcher.ends.extend(ends);
            node.ends = (start, matcher.ends.len() as u32);
        }
        matcher.first =
            (0..=symbols).map(|symbol| matcher.edges.get(&(0, symbol)).copied().unwrap_or(NONE)).collect();
        matcher
    }

    fn symbol(&mut self, word: Word<'_>, kind: EntryKind, symbols: &mut u32) -> u32 {
        let raw = words::without_dots(word.raw);
        let mut fresh = || {
            *symbols += 1;
            *symbols
        };
        if kind == EntryKind::Hashtag {
            let tag = words::folded(&raw, &Inflection::None);
            self.first_letters.insert(&tag, tag.len());
            return *self.tags.entry(tag.into()).or_insert_with(fresh);
        }
        if raw.chars().any(char::is_uppercase) {
            let lower = raw.to_lowercase();
            self.first_letters.insert(&lower, lower.len());
            let symbol = *self.exact.entry(raw.as_ref().into()).or_insert_with(&mut fresh);
            self.capitals.entry(raw.to_uppercase().into()).or_insert(symbol);
            return symbol;
        }
        let stem = words::folded(&raw, &self.inflection);
        // The base may differ from its inflections in its last letter (`story`, `stories`).
        let safe = if stem.len() > 2 { stem.len() - 1 } else { stem.len() };
        self.first_letters.insert(&stem, safe);
        // A stemmer may write a beginning otherwise: in German `ae` becomes `a`.
        self.first_letters.insert(&without_umlauts(&raw), safe);
        *self.folded.entry(stem.into()).or_insert_with(fresh)
    }

    /// Adds an entry, unless another entry of the same topic is an inflection of it (`investor`,
    /// `investors`).
    fn insert(&mut self, path: &[u32], entry: u32, entries: &[Keyword], all_ends: &mut Vec<Vec<u32>>) {
        if path.is_empty() {
            return;
        }
        let mut node = 0;
        for symbol in path {
            self.nodes[node as usize].follow |= 1 << (symbol & 63);
            node = *self.edges.entry((node, *symbol)).or_insert_with(|| {
                self.nodes.push(Node::default());
                all_ends.push(Vec::new());
                (self.nodes.len() - 1) as u32
            });
        }
        let about = |entry: u32| (entries[entry as usize].topic, entries[entry as usize].kind);
        let ends = &mut all_ends[node as usize];
        if !ends.iter().any(|other| about(*other) == about(entry)) {
            ends.push(entry);
        }
    }

    /// The entries in the first `limit` words of a text, in the order of their beginnings. With
    /// `shouting`, capitals mean nothing in this text.
    pub(super) fn find(&self, layout: &Layout<'_>, limit: usize, shouting: bool) -> Vec<Hit> {
        let known = self.known_words(layout, limit, shouting);
        let mut hits = Vec::new();
        for (place, (start, forms)) in known.iter().enumerate() {
            for symbol in forms.all().into_iter().filter(|symbol| *symbol != NONE) {
                let node = self.first[symbol as usize];
                if node != NONE {
                    self.follow(node, *start, &known[place + 1..], *start + 1, &mut hits);
                }
            }
        }
        hits
    }

    /// Adds the entries that end at this node, for a phrase from `start` to `end`, and continues
    /// with the known words after it. No entry has more than twelve words, so the recursion is
    /// never deep.
    fn follow(&self, node: u32, start: u32, known: &[(u32, Forms)], end: u32, hits: &mut Vec<Hit>) {
        let Node { ends, follow } = self.nodes[node as usize];
        if ends.0 != ends.1 {
            let ends = &self.ends[ends.0 as usize..ends.1 as usize];
            hits.extend(ends.iter().map(|entry| Hit { entry: *entry, start, end }));
        }
        if follow == 0 {
            return;
        }
        let Some(((place, next), rest)) = known.split_first() else { return };
        if *place != end {
            return;
        }
        for symbol in next.all() {
            if symbol != NONE
                && follow & 1 << (symbol & 63) != 0
                && let Some(node) = self.edges.get(&(node, symbol))
            {
                self.follow(*node, start, rest, end + 1, hits);
            }
        }
    }

    /// The positions of all words that are in a phrase, and their forms.
    fn known_words(&self, layout: &Layout<'_>, limit: usize, shouting: bool) -> Vec<(u32, Forms)> {
        let mut recent = Recent::new(layout.word_count().min(limit));
        let mut buffer = String::new();
        let mut known = Vec::with_capacity(layout.word_count().min(limit));
        for (place, word) in (0_u32..).zip(layout.words().take(limit)) {
            if !self.first_letters.may_hold(&word) {
                continue;
            }
            let forms = match word.number() {
                Some(number) if !word.is_hashtag() => {
                    recent.get_or(number, || self.forms(&word, shouting, &mut buffer))
                }
                _ => self.forms(&word, shouting, &mut buffer),
            };
            if !forms.is_none() {
                known.push((place, forms));
            }
        }
        known
    }

    /// The forms of a word; `buffer` is scratch space.
    fn forms(&self, word: &LayoutWord<'_>, shouting: bool, buffer: &mut String) -> Forms {
        let number = |map: &FxHashMap<Box<str>, u32>, form: &str| map.get(form).copied().unwrap_or(NONE);
        let raw = if word.is_plain { word.raw().into() } else { words::without_dots(word.raw()) };
        if word.is_plain {
            buffer.clear();
            buffer.push_str(word.lower());
            self.inflection.to_base(buffer);
        }
        // The stem of a plain word may contain characters beyond ASCII.
        if !word.is_plain || !buffer.is_ascii() {
            *buffer = words::folded(&raw, &self.inflection);
        }
        let mut exact = NONE;
        let is_doubtful = shouting && self.ignores_short_capitals && raw.len() <= 2;
        let has_capitals =
            if word.is_plain { word.raw() != word.lower() } else { raw.chars().any(char::is_uppercase) };
        if !is_doubtful && has_capitals {
            exact = number(&self.exact, &raw);
            if exact == NONE
                && let Some(singular) = raw.strip_suffix('s')
            {
                exact = number(&self.exact, singular);
            }
            if exact == NONE && shouting {
                exact = number(&self.capitals, &raw);
            }
        }
        let tag = if word.is_hashtag() {
            number(&self.tags, &words::folded(&raw, &Inflection::None))
        } else {
            NONE
        };
        Forms { folded: number(&self.folded, buffer), exact, tag }
    }
}

/// A lower-case word as it is written without umlauts and `ß` in German.
fn without_umlauts(word: &str) -> String {
    word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
}

/// The forms of recently looked-up words, by their numbers.
struct Recent(Vec<((u64, u64), Forms)>);

const RECENT_BITS: u32 = 9;

/// Minimum number of words of a text in which words repeat often enough.
const REPEATING: usize = 64;

impl Recent {
    /// For a text with this number of words.
    fn new(words: usize) -> Self {
        let forms = Forms { folded: NONE, exact: NONE, tag: NONE };
        Self(if words < REPEATING { Vec::new() } else { vec![((0, 0), forms); 1 << RECENT_BITS] })
    }

    /// The forms of the word with this number, which is not 0.
    fn get_or(&mut self, number: (u64, u64), forms: impl FnOnce() -> Forms) -> Forms {
        let mixed = (number.0 ^ number.1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let Some((stored, known)) = self.0.get_mut((mixed >> (64 - RECENT_BITS)) as usize) else {
            return forms();
        };
        if *stored != number {
            (*stored, *known) = (number, forms());
        }
        *known
    }
}

/// The first letters of all words of all phrases, as a bit set with false positives but without
/// false negatives.
struct FirstLetters {
    /// For each pair of first letters the third ones, for forms of which only up to three letters
    /// are in every inflection.
    short: Box<[u32; 1 << 10]>,
    /// By a hash of the first four letters.
    long: Box<[u64; WORDS]>,
}

const WORDS: usize = 1 << 10;

impl Default for FirstLetters {
    fn default() -> Self {
        Self { short: Box::new([0; 1 << 10]), long: Box::new([0; WORDS]) }
    }
}

impl FirstLetters {
    /// Adds the first letters of a form of which the first `safe` bytes are in every inflection.
    fn insert(&mut self, form: &str, safe: usize) {
        if !form.is_ascii() {
            return;
        }
        match form.as_bytes()[..safe.clamp(1, 4).min(form.len())] {
            [] => {}
            [a] => (0..32).for_each(|b| self.short[Self::pair(a, b)] = u32::MAX),
            [a, b] => self.short[Self::pair(a, b)] = u32::MAX,
            [a, b, c] => self.short[Self::pair(a, b)] |= 1 << (c & 31),
            [a, b, c, d, ..] => {
                let (word, bit) = Self::place(u32::from_le_bytes([a, b, c, d]));
                self.long[word] |= bit;
            }
        }
    }

    /// Whether a word may be in a phrase; always true for words with characters beyond ASCII.
    fn may_hold(&self, word: &LayoutWord<'_>) -> bool {
        let first = word.first_four();
        let [a, b, c, _] = first.to_le_bytes();
        let (place, bit) = Self::place(first);
        self.short[Self::pair(a, b)] & 1 << (c & 31) != 0 || self.long[place] & bit != 0 || !word.is_plain
    }

    /// The index of the third letters after these two; a missing letter is a zero, which no letter
    /// is.
    const fn pair(a: u8, b: u8) -> usize {
        ((a & 31) as usize) << 5 | (b & 31) as usize
    }

    fn place(first: u32) -> (usize, u64) {
        let hash = u64::from(first).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
        ((hash >> 6) as usize % WORDS, 1 << (hash & 63))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(phrases: &[&str]) -> Vec<Keyword> {
        phrases
            .iter()
            .map(|phrase| Keyword { topic: 0, kind: EntryKind::Keyword, phrase: (*phrase).to_owned() })
            .collect()
    }

    fn found(phrases: &[&str], text: &str) -> Vec<String> {
        let matcher = Matcher::new(&entries(phrases), words::stemming(Some("en")).1);
        let hits = matcher.find(&Layout::of(text), 1_000, false);
        hits.iter().map(|hit| phrases[hit.entry as usize].to_owned()).collect()
    }

    #[test]
    fn whole_words_in_any_inflection() {
        let phrases = ["neural network", "self-driving car", "fly", "ai", "cafe"];
        assert_eq!(
            found(&phrases, "Neural Networks fly self driving cars"),
            ["neural network", "fly", "self-driving car"]
        );
        assert_eq!(found(&phrases, "It flies to the Café"), ["fly", "cafe"]);
        assert_eq!(found(&phrases, "Training in Spain, neural. Plain"), Vec::<String>::new());
    }

    #[test]
    fn capitals_must_match() {
        let phrases = ["AI", "Watson", "Amazon Polly", "GPU"];
        assert_eq!(found(&phrases, "A.I. and AI: GPUs, Watson's turn"), ["AI", "AI", "GPU", "Watson"]);
        assert_eq!(found(&phrases, "ai gpu watson Amazon polly"), Vec::<String>::new());
        let matcher = Matcher::new(&entries(&phrases), words::stemming(Some("en")).1);
        assert_eq!(matcher.find(&Layout::of("WATSON MEETS AMAZON POLLY"), 10, true).len(), 2);
    }

    #[test]
    fn german_words_match_with_and_without_umlauts() {
        for phrase in ["universitaet", "universität", "aerzte", "ärzte"] {
            let matcher = Matcher::new(&entries(&[phrase]), words::stemming(Some("de")).1);
            for text in [phrase.to_owned(), without_umlauts(phrase)] {
                assert_eq!(matcher.find(&Layout::of(&text), 9, false).len(), 1, "{phrase} in {text}");
            }
        }
    }

    #[test]
    fn scripts_without_blanks() {
        assert_eq!(found(&["人工知能"], "最新の人工知能ニュース"), ["人工知能"]);
        assert_eq!(found(&["인공지능"], "새로운 인공지능은 빠르다"), ["인공지능"]);
    }

    proptest! {
        #[test]
        fn every_phrase_matches_itself(phrase in "[a-zA-Zäéß]{1,9}( [a-zA-Z]{1,9}){0,3}") {
            for language in ["en", "de", "xx"] {
                let matcher = Matcher::new(&entries(&[&phrase]), words::stemming(Some(language)).1);
                prop_assert_eq!(matcher.find(&Layout::of(&format!("1 {phrase} 2")), 100, false).len(), 1);
            }
        }
    }
}
