//! Finding many phrases in one pass over the words of a text.
//!
//! Words become numbers, phrases a trie over these numbers. Most words of a text begin like no word of any
//! phrase; a small bit set over beginnings lets them pass before anything is stemmed or hashed, so that ten
//! thousand keywords cost little more than ten.

use rustc_hash::FxHashMap;

use super::{
    keyword::{Keyword, Kind},
    words::{self, Inflection, Word},
};

/// The most words of an entry.
const LONGEST_PHRASE: usize = 12;

/// About how many bytes a word and the blank after it take.
const BYTES_A_WORD: usize = 5;

/// No word of any phrase.
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

/// The forms in which a word of a text may stand in a phrase.
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
}

const NO_FORMS: Forms = Forms { folded: NONE, exact: NONE, tag: NONE };

/// All entries of a taxonomy, ready for one language.
pub(super) struct Matcher {
    inflection: Inflection,
    /// Whether a word of two capitals in a title of capitals is hardly an acronym: `AI` is a word of Italian.
    mistrusts_capitals: bool,
    folded: FxHashMap<Box<str>, u32>,
    exact: FxHashMap<Box<str>, u32>,
    capitals: FxHashMap<Box<str>, u32>,
    tags: FxHashMap<Box<str>, u32>,
    beginnings: Beginnings,
    edges: FxHashMap<(u32, u32), u32>,
    ends: Vec<Vec<u32>>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("nodes", &self.ends.len()).finish_non_exhaustive()
    }
}

impl Matcher {
    /// The matcher of these entries; entries of more than twelve words are cut.
    pub(super) fn new(entries: &[Keyword], inflection: Inflection) -> Self {
        let mut matcher = Self {
            mistrusts_capitals: !matches!(inflection, Inflection::English),
            inflection,
            folded: FxHashMap::default(),
            exact: FxHashMap::default(),
            capitals: FxHashMap::default(),
            tags: FxHashMap::default(),
            beginnings: Beginnings::default(),
            edges: FxHashMap::default(),
            ends: vec![Vec::new()],
        };
        let mut symbols = 0;
        for (number, entry) in (0_u32..).zip(entries) {
            let path: Vec<u32> = words::words(&entry.phrase)
                .take(LONGEST_PHRASE)
                .map(|word| matcher.symbol(word, entry.kind, &mut symbols))
                .collect();
            matcher.insert(&path, number, entries);
        }
        matcher
    }

    fn symbol(&mut self, word: Word<'_>, kind: Kind, symbols: &mut u32) -> u32 {
        let raw = words::without_dots(word.raw);
        let mut fresh = || {
            *symbols += 1;
            *symbols
        };
        if kind == Kind::Hashtag {
            let tag = words::folded(&raw, &Inflection::None);
            self.beginnings.insert(&tag, tag.len());
            return *self.tags.entry(tag.into()).or_insert_with(fresh);
        }
        if raw.chars().any(char::is_uppercase) {
            let lower = raw.to_lowercase();
            self.beginnings.insert(&lower, lower.len());
            let symbol = *self.exact.entry(raw.as_ref().into()).or_insert_with(&mut fresh);
            self.capitals.entry(raw.to_uppercase().into()).or_insert(symbol);
            return symbol;
        }
        let stem = words::folded(&raw, &self.inflection);
        // The base may differ from its inflections in its last letter (`story`, `stories`).
        self.beginnings.insert(&stem, if stem.len() > 2 { stem.len() - 1 } else { stem.len() });
        *self.folded.entry(stem.into()).or_insert_with(fresh)
    }

    /// Adds an entry, unless another of the same topic is an inflection of it (`investor`, `investors`).
    fn insert(&mut self, path: &[u32], entry: u32, entries: &[Keyword]) {
        if path.is_empty() {
            return;
        }
        let mut node = 0;
        for symbol in path {
            node = *self.edges.entry((node, *symbol)).or_insert_with(|| {
                self.ends.push(Vec::new());
                (self.ends.len() - 1) as u32
            });
        }
        let about = |entry: u32| (entries[entry as usize].topic, entries[entry as usize].kind);
        let ends = &mut self.ends[node as usize];
        if !ends.iter().any(|other| about(*other) == about(entry)) {
            ends.push(entry);
        }
    }

    /// The entries that stand in a text of at most `limit` words, in the order of their beginnings, and the
    /// number of words. `shouting` says that capitals mean nothing in this text.
    pub(super) fn find(&self, text: &str, limit: usize, shouting: bool) -> (Vec<Hit>, usize) {
        let mut seen: FxHashMap<&str, Forms> = FxHashMap::default();
        let mut forms: Vec<Forms> = Vec::with_capacity((text.len() / BYTES_A_WORD).min(limit) + 1);
        forms.extend(words::words(text).take(limit).map(|word| {
            if !self.beginnings.may_hold(word.raw) {
                NO_FORMS
            } else if word.is_hashtag {
                self.forms(word, shouting)
            } else {
                *seen.entry(word.raw).or_insert_with(|| self.forms(word, shouting))
            }
        }));
        let mut hits = Vec::new();
        let mut open: Vec<(u32, usize)> = Vec::new();
        for start in 0..forms.len() {
            if forms[start].is_none() {
                continue;
            }
            open.push((0, start));
            while let Some((node, at)) = open.pop() {
                hits.extend(self.ends[node as usize].iter().map(|entry| Hit {
                    entry: *entry,
                    start: start as u32,
                    end: at as u32,
                }));
                let Some(next) = forms.get(at) else { continue };
                for symbol in [next.folded, next.exact, next.tag] {
                    if symbol != NONE
                        && let Some(node) = self.edges.get(&(node, symbol))
                    {
                        open.push((*node, at + 1));
                    }
                }
            }
        }
        (hits, forms.len())
    }

    fn forms(&self, word: Word<'_>, shouting: bool) -> Forms {
        let raw = words::without_dots(word.raw);
        let number = |map: &FxHashMap<Box<str>, u32>, form: &str| map.get(form).copied().unwrap_or(NONE);
        let stem = words::folded(&raw, &self.inflection);
        let mut exact = NONE;
        let is_doubtful = shouting && self.mistrusts_capitals && raw.len() <= 2;
        if !is_doubtful && raw.chars().any(char::is_uppercase) {
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
        let tag =
            if word.is_hashtag { number(&self.tags, &words::folded(&raw, &Inflection::None)) } else { NONE };
        Forms { folded: number(&self.folded, &stem), exact, tag }
    }
}

/// The first letters of all words of all phrases, as bits. It may say yes where the answer is no, never the
/// reverse.
struct Beginnings(Box<[u64; WORDS]>);

const WORDS: usize = 1 << 10;

/// What letters are packed after, so that `a` and `aa` differ from each other and from nothing.
const PACKING_START: u64 = 1;

impl Default for Beginnings {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl Beginnings {
    const LONGEST: usize = 4;

    /// Notes the first letters of a form of which the first `safe` bytes stand in every inflection.
    fn insert(&mut self, form: &str, safe: usize) {
        if form.is_ascii() {
            let letters = form.bytes().take(safe.clamp(1, Self::LONGEST));
            let (word, bit) =
                Self::place(letters.fold(PACKING_START, |packed, byte| packed << 8 | u64::from(byte)));
            self.0[word] |= bit;
        }
    }

    /// Whether a word may be one of a phrase. Words with letters beyond ASCII always may.
    fn may_hold(&self, raw: &str) -> bool {
        let mut packed = PACKING_START;
        for byte in raw.bytes().take(Self::LONGEST) {
            packed = packed << 8 | u64::from(byte.to_ascii_lowercase());
            let (word, bit) = Self::place(packed);
            if self.0[word] & bit != 0 {
                return true;
            }
        }
        !raw.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }

    fn place(packed: u64) -> (usize, u64) {
        let hash = packed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
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
            .map(|phrase| Keyword { topic: 0, kind: Kind::Keyword, phrase: (*phrase).to_owned() })
            .collect()
    }

    fn found(phrases: &[&str], text: &str) -> Vec<String> {
        let matcher = Matcher::new(&entries(phrases), words::stemming(Some("en")).1);
        let (hits, _) = matcher.find(text, 1_000, false);
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
    fn capitals_are_meant() {
        let phrases = ["AI", "Watson", "Amazon Polly", "GPU"];
        assert_eq!(found(&phrases, "A.I. and AI: GPUs, Watson's turn"), ["AI", "AI", "GPU", "Watson"]);
        assert_eq!(found(&phrases, "ai gpu watson Amazon polly"), Vec::<String>::new());
        let matcher = Matcher::new(&entries(&phrases), words::stemming(Some("en")).1);
        assert_eq!(matcher.find("WATSON MEETS AMAZON POLLY", 10, true).0.len(), 2);
    }

    #[test]
    fn scripts_without_blanks() {
        assert_eq!(found(&["人工知能"], "最新の人工知能ニュース"), ["人工知能"]);
        assert_eq!(found(&["인공지능"], "새로운 인공지능은 빠르다"), ["인공지능"]);
    }

    proptest! {
        #[test]
        fn every_phrase_is_found_in_itself(phrase in "[a-zA-Zäéß]{1,9}( [a-zA-Z]{1,9}){0,3}") {
            for language in ["en", "de", "xx"] {
                let matcher = Matcher::new(&entries(&[&phrase]), words::stemming(Some(language)).1);
                prop_assert_eq!(matcher.find(&format!("1 {phrase} 2"), 100, false).0.len(), 1);
            }
        }
    }
}
