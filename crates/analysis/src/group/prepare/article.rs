//! The costly, pure half of grouping: an article to its terms and its fingerprint.

use std::sync::LazyLock;

use courant_model::{ArticleId, Timestamp};

use super::{
    credits::Credits,
    dictionary::{Dictionary, WordMap},
    hash::mix,
    lexicon::{Lexicon, language_key, source_key},
    round_up::is_round_up,
    sketch::{Sketch, Sketcher},
    words::{self, Shape, Word},
};

/// What grouping looks at.
#[derive(Debug, Clone, Copy)]
pub struct GroupDoc<'a> {
    /// The article.
    pub id: ArticleId,
    /// Plain text; may be empty.
    pub title: &'a str,
    /// Plain text: the whole article, an excerpt, or nothing.
    pub text: &'a str,
    /// When it was published, where that is known.
    pub time: Option<Timestamp>,
    /// When Courant first saw it; it says how long the article stays in the window. Without it the time of
    /// publication serves.
    pub seen: Option<Timestamp>,
    /// Its address.
    pub url: Option<&'a str>,
    /// The provider's domain.
    pub source: Option<&'a str>,
    /// Who wrote it; an agency among them is credited.
    pub authors: &'a [String],
    /// ISO 639-1.
    pub language: Option<&'a str>,
}

/// An article made ready for [`Grouper::place`](super::Grouper::place).
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(in crate::group) id: ArticleId,
    /// Seconds since 1970.
    pub(in crate::group) time: Option<i64>,
    pub(in crate::group) seen: Option<i64>,
    /// Hashes; 0 where unknown.
    pub(in crate::group) source: u64,
    pub(in crate::group) language: u64,
    pub(in crate::group) round_up: bool,
    /// The agencies that its text credits, and the one whose own site it is on.
    pub(in crate::group) credits: Credits,
    pub(in crate::group) agency: Credits,
    /// Words of the title and of the text as far as it was read.
    pub(in crate::group) title_words: u16,
    pub(in crate::group) body_words: u16,
    /// Sorted by key, distinct.
    pub(in crate::group) terms: Vec<Term>,
    /// The texts of the terms, one after the other.
    pub(in crate::group) spelling: String,
    pub(in crate::group) sketch: Sketch,
}

/// A term of an article: how much it weighs in each view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::group) struct Term {
    pub(in crate::group) key: u64,
    pub(in crate::group) weights: Weights,
    /// Where its text stands in [`Prepared::spelling`].
    at: u32,
    length: u8,
}

/// Weights of a term in the four views, in sixteenths: 0 where it is not in the view, else
/// `1 + ln(occurrences)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::group) struct Weights {
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

    /// By this articles that come in one batch are sorted before they are placed, so that their order inside a
    /// second makes no difference: when they were first seen, then when they were published (an original comes before
    /// its reprints; unknown times last), then by id.
    pub fn arrival(&self) -> (Option<i64>, i64, ArticleId) {
        (self.seen.or(self.time), self.time.unwrap_or(i64::MAX), self.id)
    }
}

/// Bytes of text that are read; what follows can't change what an article tells.
const MAX_TEXT_BYTES: usize = 48 << 10;
const MAX_TITLE_BYTES: usize = 1 << 10;
/// Words of text that are read.
const MAX_BODY_WORDS: usize = 2_000;
/// Distinct terms that an article may have.
pub(in crate::group) const MAX_TERMS: usize = 200;
/// Words of the text that count as its lead.
const LEAD_WORDS: usize = 60;

const SEED_PAIR: u64 = 2;

/// The terms and the fingerprint of an article. Pure, and the costly part of grouping: call it in parallel.
pub fn prepare(doc: &GroupDoc<'_>) -> Prepared {
    prepare_with(doc, &Dictionary::default())
}

/// As [`prepare`]; an article in a language of the dictionary is read as if its words were those that they are called.
/// All articles of a window must be prepared with the same one.
pub fn prepare_with(doc: &GroupDoc<'_>, dictionary: &Dictionary) -> Prepared {
    let title = clip(doc.title, MAX_TITLE_BYTES);
    let text = clip(doc.text, MAX_TEXT_BYTES);
    let language = doc.language.map_or(0, language_key);
    let mut reading = Reading::new(title.len() + text.len(), dictionary.language(language));
    let title_case = is_title_case(title);
    let (title_words, body_words) = Lexicon::with(|lexicon| {
        let names = !title_case || text.len() < 160;
        (
            reading.part(title, Part::Title { names }, usize::MAX, lexicon),
            reading.part(text, Part::Text, MAX_BODY_WORDS, lexicon),
        )
    });
    let spelling = reading.spelling;
    let mut terms: Vec<Term> = reading.counts.into_iter().map(Count::term).collect();
    terms.sort_unstable_by_key(|term| term.key);
    Prepared {
        id: doc.id,
        time: doc.time.map(|time| {
            let time = time.as_second();
            doc.seen.map_or(time, |seen| time.min(seen.as_second()))
        }),
        seen: doc.seen.map(Timestamp::as_second),
        source: doc.source.map_or(0, |source| source_key(source)),
        language,
        round_up: is_round_up(title),
        credits: Credits::of_text(doc.text).or(Credits::of_authors(doc.authors)),
        agency: doc.source.map(Credits::of_source).unwrap_or_default(),
        title_words: title_words.min(usize::from(u16::MAX)) as u16,
        body_words: body_words.min(usize::from(u16::MAX)) as u16,
        terms,
        spelling,
        sketch: reading.sketcher.finish(),
    }
}

/// The beginning of a text, cut at a character.
fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Whether a headline capitalises (nearly) all its words, so that capitals don't tell names.
fn is_title_case(title: &str) -> bool {
    let (mut capital, mut plain) = (0, 0);
    words::each_word(title, |word| {
        if word.folded.len() > 3 {
            capital += usize::from(word.shape == Shape::Capital);
            plain += usize::from(word.shape == Shape::Plain);
        }
        true
    });
    capital > 2 * plain
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Title { names: bool },
    Text,
}

/// Occurrences of a term.
struct Count {
    key: u64,
    title: u16,
    lead: u16,
    all: u16,
    name: u16,
    at: u32,
    length: u8,
}

impl Count {
    fn term(self) -> Term {
        let weights = Weights {
            title: logarithmic(self.title),
            lead: logarithmic(self.lead),
            all: logarithmic(self.all),
            name: logarithmic(self.name),
        };
        Term { key: self.key, weights, at: self.at, length: self.length }
    }
}

/// `16 × (1 + ln n)`, 0 for 0.
fn logarithmic(count: u16) -> u8 {
    static FEW: LazyLock<[u8; 64]> = LazyLock::new(|| std::array::from_fn(|count| computed(count as u16)));
    FEW.get(usize::from(count)).copied().unwrap_or_else(|| computed(count))
}

fn computed(count: u16) -> u8 {
    if count == 0 { 0 } else { (16.0 * (1.0 + f64::from(count).ln())).min(255.0) as u8 }
}

/// Places of [`Reading::index`]; more than twice as many as there can be terms.
const PLACES: usize = 512;

/// What is known of an article while its words come by.
struct Reading<'a> {
    /// What the words of the article's language are called.
    called: Option<&'a WordMap>,
    words: usize,
    counts: Vec<Count>,
    /// By the key's last bits, or in the next place that was free: 1 + the number in `counts`, 0 where free.
    index: [u16; PLACES],
    spelling: String,
    sketcher: Sketcher,
    /// The word before, where a pair may be formed with it: its hash, and whether it is a name.
    before: Option<(u64, bool)>,
    before_text: String,
}

impl<'a> Reading<'a> {
    /// For an article of about so many bytes.
    fn new(bytes: usize, called: Option<&'a WordMap>) -> Self {
        Self {
            called,
            words: 0,
            counts: Vec::with_capacity((bytes / 8).min(MAX_TERMS)),
            index: [0; PLACES],
            spelling: String::with_capacity(bytes.min(8 * MAX_TERMS)),
            sketcher: Sketcher::default(),
            before: None,
            before_text: String::new(),
        }
    }

    /// Reads a part of the article up to so many words, and says how many it had.
    fn part(&mut self, text: &str, part: Part, limit: usize, lexicon: &mut Lexicon) -> usize {
        self.words = 0;
        self.before = None;
        let mut vietnamese = 0_usize;
        words::each_word(text, |word| {
            self.words += 1;
            vietnamese += usize::from(word.vietnamese);
            let syllables = vietnamese * 6 > self.words;
            self.word(word, part, syllables, lexicon);
            self.words < limit
        });
        self.words
    }

    fn word(&mut self, word: Word<'_>, part: Part, syllables: bool, lexicon: &mut Lexicon) {
        let known = lexicon.look_up(&word);
        let key = self.called.and_then(|called| called.key(known.whole)).unwrap_or(known.key);
        if part == Part::Text {
            self.sketcher.push(known.whole);
        }
        let name = match word.shape {
            Shape::Number => true,
            Shape::Capital => match part {
                Part::Title { names } => names && !word.opens,
                Part::Text => !word.opens,
            },
            Shape::Plain | Shape::Pair => false,
        };
        let number = word.shape == Shape::Number;
        let tells = number || !known.single && (name || !known.common);
        if tells {
            self.count(key, word.folded, part, name, true);
        }
        let capital = word.shape == Shape::Capital;
        if let Some((before, was_capital)) = self.before.take()
            && word.adjoins
            && (syllables || capital && was_capital)
        {
            self.before_text.push(' ');
            self.before_text.push_str(word.folded);
            let pair = std::mem::take(&mut self.before_text);
            self.count(mix(before, key ^ SEED_PAIR), &pair, part, capital && was_capital, syllables);
            self.before_text = pair;
        }
        if syllables || capital && (name || word.opens) {
            self.before = Some((key, capital));
            self.before_text.clear();
            self.before_text.push_str(word.folded);
        }
    }

    /// Counts a term, a word or a pair of words; `word` terms weigh in the views of words, names in that of names.
    fn count(&mut self, key: u64, text: &str, part: Part, name: bool, word: bool) {
        let Some(at) = self.number_of(key, text) else { return };
        let count = &mut self.counts[at];
        if word {
            let in_title = matches!(part, Part::Title { .. });
            count.title = count.title.saturating_add(u16::from(in_title));
            count.lead = count.lead.saturating_add(u16::from(in_title || self.words <= LEAD_WORDS));
            count.all = count.all.saturating_add(1 + u16::from(in_title));
        }
        count.name = count.name.saturating_add(u16::from(name));
    }

    /// The number of a term in `counts`, added where it is new and there is room.
    fn number_of(&mut self, key: u64, text: &str) -> Option<usize> {
        let mut place = key as usize % PLACES;
        while self.index[place] > 0 {
            let at = usize::from(self.index[place]) - 1;
            if self.counts[at].key == key {
                return Some(at);
            }
            place = (place + 1) % PLACES;
        }
        if self.counts.len() >= MAX_TERMS {
            return None;
        }
        let start = self.spelling.len();
        self.spelling.push_str(text);
        let length = text.len().min(255) as u8;
        self.counts.push(Count { key, title: 0, lead: 0, all: 0, name: 0, at: start as u32, length });
        self.index[place] = self.counts.len() as u16;
        Some(self.counts.len() - 1)
    }
}
