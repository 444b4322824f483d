//! What words of one language are called in another, so that stories meet across languages.
//!
//! Names, numbers and cognates meet by themselves; ordinary words don't. A site's owner may supply a dictionary for
//! a language: made by hand, taken from a bilingual word list, or made of two static embedding files by
//! [`vectors`](super::vectors). An article in that language is then read as if its words were those on the other side.
//! Copies are found in the words as they stand: a translated page is no copy.

use rustc_hash::FxHashMap;
use thiserror::Error;

use super::{
    lexicon::{key_of, language_key, whole_of},
    words,
};

/// Words of a dictionary that are kept; further ones are refused.
const MAX_WORDS: usize = 2_000_000;

/// A dictionary that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct DictionaryError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what was wanted.
    pub what: String,
}

/// Dictionaries by the language that they read.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    languages: FxHashMap<u64, WordMap>,
}

/// By the hash of a word as it stands: the key of what it is called.
#[derive(Debug, Clone, Default)]
pub(super) struct WordMap(FxHashMap<u64, u64>);

impl WordMap {
    /// The key of a word's translation.
    pub(super) fn key(&self, whole: u64) -> Option<u64> {
        self.0.get(&whole).copied()
    }
}

impl Dictionary {
    /// Adds the dictionary of a language (ISO 639-1): in each line a word, white space, and what it is called; what
    /// follows is left aside, and so are empty lines and those that begin with `#`. Where a word has several lines the
    /// first counts. Entries of more than one word are passed over. Gives how many words it knows.
    ///
    /// Errors: a line with one word alone, and more than two million words.
    pub fn add(&mut self, language: &str, text: &str) -> Result<usize, DictionaryError> {
        let mut map = WordMap::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |what: &str| DictionaryError { line: at + 1, what: what.to_owned() };
            let mut columns = if line.contains('\t') {
                line.split('\t').collect::<Vec<_>>()
            } else {
                line.split(' ').collect()
            }
            .into_iter()
            .filter(|column| !column.trim().is_empty());
            let (Some(word), Some(called)) = (columns.next(), columns.next()) else {
                return Err(fault("a word and what it is called were wanted, with a tab or a space between"));
            };
            if map.0.len() >= MAX_WORDS {
                return Err(fault("a dictionary may have two million words"));
            }
            if let (Some(word), Some(called)) = (words::only_word(word), words::only_word(called)) {
                map.0.entry(whole_of(&word)).or_insert_with(|| key_of(&called));
            }
        }
        let words = map.0.len();
        self.languages.insert(language_key(language), map);
        Ok(words)
    }

    /// The words of a language, by its key.
    pub(super) fn language(&self, key: u64) -> Option<&WordMap> {
        self.languages.get(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_words_and_what_they_are_called() {
        let mut dictionary = Dictionary::default();
        let text = "# comment\n\nPuente\tbridge\t0.71\nrueda wheel\nrueda tyre\nal fin\tat last\n";
        assert_eq!(dictionary.add("es", text), Ok(2));
        let spanish = dictionary.language(language_key("es-MX")).unwrap();
        assert_eq!(spanish.key(whole_of("puente")), Some(key_of("bridge")));
        assert_eq!(spanish.key(whole_of("rueda")), Some(key_of("wheel")), "the first line counts");
        assert!(dictionary.language(language_key("it")).is_none());
    }

    #[test]
    fn a_word_alone_is_an_error_that_names_its_line() {
        let error = Dictionary::default().add("es", "puente bridge\nrueda\n").unwrap_err();
        assert_eq!(error.line, 2);
    }
}
