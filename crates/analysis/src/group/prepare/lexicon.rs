//! What is known of a word independently of the article: its stem's key, and whether it is a stop
//! word.
//!
//! News repeats a few words very often, so the result is cached for each word.

use std::cell::RefCell;

use super::{
    hash::hash,
    stop_words::is_stop_word,
    tokens::{self, Token},
};

const SEED_WORD: u64 = 1;
const SEED_SOURCE: u64 = 3;
const SEED_WHOLE: u64 = 4;
/// Maximum characters of a stem.
const STEM_CHARS: usize = 7;
/// Number of words that are cached.
const CACHE_SLOTS: usize = 4096;

/// What is known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WordInfo {
    /// The hash of the unstemmed word; 0 marks an empty slot.
    pub(super) whole: u64,
    /// The hash of its stem.
    pub(super) key: u64,
    /// Whether it occurs in nearly every text of a language.
    pub(super) is_stop_word: bool,
    /// Whether it is a single character.
    pub(super) is_single_char: bool,
}

const EMPTY: WordInfo = WordInfo { whole: 0, key: 0, is_stop_word: false, is_single_char: false };

/// The hash of a folded, unstemmed word.
pub(super) fn word_hash(folded: &str) -> u64 {
    hash(SEED_WHOLE, folded)
}

/// The hash of a folded word's stem.
pub(super) fn stem_hash(folded: &str) -> u64 {
    hash(SEED_WORD, tokens::stem(folded, STEM_CHARS))
}

/// The hash of a language, without its region.
pub(super) fn language_key(language: &str) -> u64 {
    let code = language.split(['-', '_']).next().unwrap_or_default();
    hash(SEED_SOURCE, &code.to_ascii_lowercase())
}

/// The hash of a provider's domain.
pub(super) fn source_key(domain: &str) -> u64 {
    hash(SEED_SOURCE, domain)
}

/// Cached words, each in the slot given by its hash.
pub(super) struct Lexicon(Box<[WordInfo]>);

impl Lexicon {
    fn new() -> Self {
        Self(vec![EMPTY; CACHE_SLOTS].into_boxed_slice())
    }

    /// Runs with the lexicon of this thread.
    pub(super) fn with<T>(run: impl FnOnce(&mut Self) -> T) -> T {
        thread_local! {
            static LEXICON: RefCell<Lexicon> = RefCell::new(Lexicon::new());
        }
        LEXICON.with_borrow_mut(run)
    }

    /// The information about a word.
    pub(super) fn look_up(&mut self, word: &Token<'_>) -> WordInfo {
        let whole = word_hash(word.folded);
        let place = &mut self.0[whole as usize % CACHE_SLOTS];
        if place.whole != whole {
            *place = WordInfo {
                whole,
                key: stem_hash(word.folded),
                is_stop_word: is_stop_word(word.folded),
                is_single_char: word.folded.chars().nth(1).is_none(),
            };
        }
        *place
    }
}
