//! What is known of a word whatever the article: its stem's key, and whether it tells anything.
//!
//! News repeats few words very often, so what was found out about a word is kept for the next time.

use std::cell::RefCell;

use super::{
    common::is_common,
    hash::hash,
    words::{self, Word},
};

const SEED_WORD: u64 = 1;
const SEED_SOURCE: u64 = 3;
const SEED_RUN: u64 = 4;
/// Length to which words are cut.
const STEM: usize = 7;
/// Words that are kept in mind.
const KEPT: usize = 4096;

/// What is known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// The hash of the word as it stands; 0 marks an empty place.
    pub(super) whole: u64,
    /// The hash of its stem.
    pub(super) key: u64,
    /// Whether it is in nearly every text of a language.
    pub(super) common: bool,
    /// Whether it is a single character.
    pub(super) single: bool,
}

const EMPTY: Known = Known { whole: 0, key: 0, common: false, single: false };

/// The hash of a folded word as it stands.
pub(super) fn whole_of(folded: &str) -> u64 {
    hash(SEED_RUN, folded)
}

/// The hash of a folded word's stem.
pub(super) fn key_of(folded: &str) -> u64 {
    hash(SEED_WORD, words::stem(folded, STEM))
}

/// The hash of a language, whatever the country.
pub(super) fn language_key(language: &str) -> u64 {
    let code = language.split(['-', '_']).next().unwrap_or_default();
    hash(SEED_SOURCE, &code.to_ascii_lowercase())
}

/// The hash of a provider's domain.
pub(super) fn source_key(domain: &str) -> u64 {
    hash(SEED_SOURCE, domain)
}

/// Words met before, each in the place that its hash names.
pub(super) struct Lexicon(Box<[Known]>);

impl Lexicon {
    fn new() -> Self {
        Self(vec![EMPTY; KEPT].into_boxed_slice())
    }

    /// Runs with the lexicon of this thread.
    pub(super) fn with<T>(run: impl FnOnce(&mut Self) -> T) -> T {
        thread_local! {
            static LEXICON: RefCell<Lexicon> = RefCell::new(Lexicon::new());
        }
        LEXICON.with_borrow_mut(run)
    }

    /// What is known of a word.
    pub(super) fn look_up(&mut self, word: &Word<'_>) -> Known {
        let whole = whole_of(word.folded);
        let place = &mut self.0[whole as usize % KEPT];
        if place.whole != whole {
            *place = Known {
                whole,
                key: key_of(word.folded),
                common: is_common(word.folded),
                single: word.folded.chars().nth(1).is_none(),
            };
        }
        *place
    }
}
