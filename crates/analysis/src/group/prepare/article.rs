//! Turns an article into its terms and its fingerprint.

use std::sync::LazyLock;

use courant_model::{ArticleId, Timestamp};

use super::{
    credits::Credits,
    dictionary::{Dictionary, WordMap},
    hash::mix,
    lexicon::{Lexicon, language_key, source_key},
    roundup::is_roundup,
    sketch::{Sketch, Sketcher},
    tokens::{self, Shape, Token},
};

/// The input of grouping.
#[derive(Debug, Clone, Copy)]
pub struct GroupDoc<'a> {
    /// The article.
    pub id: ArticleId,
    /// Plain text; may be empty.
    pub title: &'a str,
    /// Plain text: the whole article, an excerpt, or nothing.
    pub text: &'a str,
    /// Publication time, if known.
    pub time: Option<Timestamp>,
    /// When Courant first saw it; determines how long the article stays in the window. If unknown,
    /// the publication time is used.
    pub first_seen: Option<Timestamp>,
    /// Its URL.
    pub url: Option<&'a str>,
    /// The provider's domain.
    pub source: Option<&'a str>,
    /// The authors; an agency among them counts as credited.
    pub authors: &'a [String],
    /// ISO 639-1.
    pub language: Option<&'a str>,
}

/// An article prepared for [`Grouper::place`](crate::group::Grouper::place).
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(in crate::group) id: ArticleId,
    /// Seconds since 1970.
    pub(in crate::group) time: Option<i64>,
    pub(in crate::group) first_seen: Option<i64>,
    /// Hashes; 0 if unknown.
    pub(in crate::group) source: u64,
    pub(in crate::group) language: u64,
    pub(in crate::group) is_roundup: bool,
    /// The agencies that its text credits, and the agency that published it.
    pub(in crate::group) credits: Credits,
    pub(in crate::group) agency: Credits,
    /// Number of words of the title, and of the text as far as it was read.
    pub(in crate::group) title_words: u16,
    pub(in crate::group) body_words: u16,
    /// Sorted by key, distinct.
    pub(in crate::group) terms: Vec<Term>,
    /// The texts of the terms, one after the other.
    pub(in crate::group) spelling: String,
    pub(in crate::group) sketch: Sketch,
}

/// A term of an article with its weight in each view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::group) struct Term {
    pub(in crate::group) key: u64,
    pub(in crate::group) weights: TermWeights,
    /// Position of its text in [`Prepared::spelling`].
    at: u32,
    length: u8,
}

/// Weights of a term in the four views, in sixteenths: 0 if it is not in the view, else
/// `1 + ln(occurrences)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::group) struct TermWeights {
    pub(in crate::group) title: u8,
    pub(in crate::group) lead: u8,
    pub(in crate::group) all: u8,
    pub(in crate::group) name: u8,
}

impl Prepared {
    /// The text of one of its terms.
    pub(in crate::group) fn spelled(&self, term: &Term) -> &str {
        let start = term.at as usize;
        self.spelling.get(start..start + usize::from(term.length)).unwrap_or_default()
    }

    /// The article.
    pub const fn id(&self) -> ArticleId {
        self.id
    }

    /// The order in which the articles of a batch are placed, so that their order within a second
    /// makes no difference: by when they were first seen, then by publication (an original comes
    /// before its reprints; unknown times last), then by id.
    pub fn arrival(&self) -> (Option<i64>, i64, ArticleId) {
        (self.first_seen.or(self.time), self.time.unwrap_or(i64::MAX), self.id)
    }
}

/// Maximum bytes of text that are read; what follows does not change which event an article tells.
const MAX_TEXT_BYTES: usize = 48 << 10;
const MAX_TITLE_BYTES: usize = 1 << 10;
/// Maximum number of words of text that are read.
const MAX_BODY_WORDS: usize = 2_000;
/// Maximum number of distinct terms of an article.
pub(in crate::group) const MAX_TERMS: usize = 200;
/// Number of words of the text that count as its lead.
const LEAD_WORDS: usize = 60;

const SEED_PAIR: u64 = 2;

/// The terms and the fingerprint of an article. Pure, and the costly part of grouping: call it in
/// parallel.
pub fn prepare(doc: &GroupDoc<'_>) -> Prepared {
    prepare_with(doc, &Dictionary::default())
}

/// Like [`prepare`]; an article in a language of the dictionary is read as if its words were
/// translated. All articles of a window must be prepared with the same dictionary.
pub fn prepare_with(doc: &GroupDoc<'_>, dictionary: &Dictionary) -> Prepared {
    let title = clip(doc.title, MAX_TITLE_BYTES);
    let text = clip(doc.text, MAX_TEXT_BYTES);
    let language = doc.language.map_or(0, language_key);
    let mut counter = TermCounter::new(title.len() + text.len(), dictionary.language(language));
    let title_case = is_title_case(title);
    let (title_words, body_words) = Lexicon::with(|lexicon| {
        let names = !title_case || text.len() < 160;
        (
            counter.read(title, Field::Title { names }, usize::MAX, lexicon),
            counter.read(text, Field::Text, MAX_BODY_WORDS, lexicon),
        )
    });
    let spelling = counter.spelling;
    let mut terms: Vec<Term> = counter.counts.into_iter().map(TermCount::term).collect();
    terms.sort_unstable_by_key(|term| term.key);
    Prepared {
        id: doc.id,
        time: doc.time.map(|time| {
            let time = time.as_second();
            doc.first_seen.map_or(time, |first_seen| time.min(first_seen.as_second()))
        }),
        first_seen: doc.first_seen.map(Timestamp::as_second),
        source: doc.source.map_or(0, source_key),
        language,
        is_roundup: is_roundup(title),
        credits: Credits::of_text(doc.text).union(Credits::of_authors(doc.authors)),
        agency: doc.source.map(Credits::of_source).unwrap_or_default(),
        title_words: title_words.min(usize::from(u16::MAX)) as u16,
        body_words: body_words.min(usize::from(u16::MAX)) as u16,
        terms,
        spelling,
        sketch: counter.sketcher.finish(),
    }
}

/// The beginning of a text, cut between characters.
fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Whether (nearly) all words of a headline are capitalised, so that capitals don't indicate names.
fn is_title_case(title: &str) -> bool {
    let (mut capital, mut plain) = (0, 0);
    tokens::each_token(title, |word| {
        if word.folded.len() > 3 {
            capital += usize::from(word.shape == Shape::Capital);
            plain += usize::from(word.shape == Shape::Plain);
        }
        true
    });
    capital > 2 * plain
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Title { names: bool },
    Text,
}

/// Occurrences of a term.
struct TermCount {
    key: u64,
    title: u16,
    lead: u16,
    all: u16,
    name: u16,
    at: u32,
    length: u8,
}

impl TermCount {
    fn term(self) -> Term {
        let weights = TermWeights {
            title: log_weight_of(self.title),
            lead: log_weight_of(self.lead),
            all: log_weight_of(self.all),
            name: log_weight_of(self.name),
        };
        Term { key: self.key, weights, at: self.at, length: self.length }
    }
}

/// `16 × (1 + ln n)`, 0 for 0.
fn log_weight_of(count: u16) -> u8 {
    static TABLE: LazyLock<[u8; 64]> =
        LazyLock::new(|| std::array::from_fn(|count| log_weight(count as u16)));
    TABLE.get(usize::from(count)).copied().unwrap_or_else(|| log_weight(count))
}

fn log_weight(count: u16) -> u8 {
    if count == 0 { 0 } else { (16.0 * (1.0 + f64::from(count).ln())).min(255.0) as u8 }
}

/// Size of [`TermCounter::index`]; more than twice the maximum number of terms.
const INDEX_SLOTS: usize = 512;

/// Counts the terms of an article word by word.
struct TermCounter<'a> {
    /// Translations of the words of the article's language.
    translations: Option<&'a WordMap>,
    words: usize,
    counts: Vec<TermCount>,
    /// By the key's last bits, or in the next free slot: 1 + the position in `counts`, 0 if free.
    index: [u16; INDEX_SLOTS],
    spelling: String,
    sketcher: Sketcher,
    /// The previous word, if a pair may be formed with it: its hash, and whether it is a name.
    before: Option<(u64, bool)>,
    before_text: String,
}

impl<'a> TermCounter<'a> {
    /// For an article of about this many bytes.
    fn new(bytes: usize, translations: Option<&'a WordMap>) -> Self {
        Self {
            translations,
            words: 0,
            counts: Vec::with_capacity((bytes / 8).min(MAX_TERMS)),
            index: [0; INDEX_SLOTS],
            spelling: String::with_capacity(bytes.min(8 * MAX_TERMS)),
            sketcher: Sketcher::default(),
            before: None,
            before_text: String::new(),
        }
    }

    /// Reads a field of the article up to `limit` words, and returns its number of words.
    fn read(&mut self, text: &str, field: Field, limit: usize, lexicon: &mut Lexicon) -> usize {
        self.words = 0;
        self.before = None;
        let mut vietnamese = 0_usize;
        tokens::each_token(text, |word| {
            self.words += 1;
            vietnamese += usize::from(word.vietnamese);
            let syllables = vietnamese * 6 > self.words;
            self.word(word, field, syllables, lexicon);
            self.words < limit
        });
        self.words
    }

    fn word(&mut self, word: Token<'_>, field: Field, syllables: bool, lexicon: &mut Lexicon) {
        let info = lexicon.look_up(&word);
        let key = self.translations.and_then(|translations| translations.key(info.whole)).unwrap_or(info.key);
        if field == Field::Text {
            self.sketcher.push(info.whole);
        }
        let name = match word.shape {
            Shape::Number => true,
            Shape::Capital => match field {
                Field::Title { names } => names && !word.opens_sentence,
                Field::Text => !word.opens_sentence,
            },
            Shape::Plain | Shape::Pair => false,
        };
        let number = word.shape == Shape::Number;
        let is_informative = number || !info.is_single_char && (name || !info.is_stop_word);
        if is_informative {
            self.count(key, word.folded, field, name, true);
        }
        let capital = word.shape == Shape::Capital;
        if let Some((before, was_capital)) = self.before.take()
            && word.follows_directly
            && (syllables || capital && was_capital)
        {
            self.before_text.push(' ');
            self.before_text.push_str(word.folded);
            let pair = std::mem::take(&mut self.before_text);
            self.count(mix(before, key ^ SEED_PAIR), &pair, field, capital && was_capital, syllables);
            self.before_text = pair;
        }
        if syllables || capital && (name || word.opens_sentence) {
            self.before = Some((key, capital));
            self.before_text.clear();
            self.before_text.push_str(word.folded);
        }
    }

    /// Counts a term, a word or a pair of words; `word` terms count in the views of words, names in
    /// that of names.
    fn count(&mut self, key: u64, text: &str, field: Field, name: bool, word: bool) {
        let Some(at) = self.index_of(key, text) else { return };
        let count = &mut self.counts[at];
        if word {
            let in_title = matches!(field, Field::Title { .. });
            count.title = count.title.saturating_add(u16::from(in_title));
            count.lead = count.lead.saturating_add(u16::from(in_title || self.words <= LEAD_WORDS));
            count.all = count.all.saturating_add(1 + u16::from(in_title));
        }
        count.name = count.name.saturating_add(u16::from(name));
    }

    /// The position of a term in `counts`; it is added if it is new and there is room.
    fn index_of(&mut self, key: u64, text: &str) -> Option<usize> {
        let mut slot = key as usize % INDEX_SLOTS;
        while self.index[slot] > 0 {
            let at = usize::from(self.index[slot]) - 1;
            if self.counts[at].key == key {
                return Some(at);
            }
            slot = (slot + 1) % INDEX_SLOTS;
        }
        if self.counts.len() >= MAX_TERMS {
            return None;
        }
        let start = self.spelling.len();
        self.spelling.push_str(text);
        let length = text.len().min(255) as u8;
        self.counts.push(TermCount { key, title: 0, lead: 0, all: 0, name: 0, at: start as u32, length });
        self.index[slot] = self.counts.len() as u16;
        Some(self.counts.len() - 1)
    }
}
