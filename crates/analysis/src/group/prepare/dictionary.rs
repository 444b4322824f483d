//! Word-by-word translation, so that stories are found across languages.
//!
//! Names, numbers and cognates match without it; ordinary words don't. A site's owner may supply a
//! dictionary for a language: made by hand, taken from a bilingual word list, or computed from two
//! static embedding files by [`vectors`](super::vectors). An article in that language is then read
//! as if its words were translated. Copies are found by the original words: a translated page is
//! not a copy.

use rustc_hash::FxHashMap;
use thiserror::Error;

use super::{
    lexicon::{language_key, stem_hash, word_hash},
    tokens,
};

/// Maximum number of words of a dictionary; more are refused.
const MAX_WORDS: usize = 2_000_000;

/// A dictionary that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct DictionaryError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub what: String,
}

/// Dictionaries by the language that they translate from.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    languages: FxHashMap<u64, WordMap>,
}

/// The key of a translation by the hash of the untranslated word.
#[derive(Debug, Clone, Default)]
pub(super) struct WordMap(FxHashMap<u64, u64>);

impl WordMap {
    /// The key of a word's translation.
    pub(super) fn key(&self, whole: u64) -> Option<u64> {
        self.0.get(&whole).copied()
    }
}

impl Dictionary {
    /// Adds the dictionary of a language (ISO 639-1): each line has a word, white space, and its
    /// translation; further columns, empty lines and lines that begin with `#` are ignored. If a
    /// word has several lines the first counts. Entries of more than one word are skipped. Returns
    /// the number of words.
    ///
    /// Errors: a line with only one word, and more than two million words.
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
            let (Some(word), Some(translation)) = (columns.next(), columns.next()) else {
                return Err(fault("expected a word and its translation, separated by a tab or a space"));
            };
            if map.0.len() >= MAX_WORDS {
                return Err(fault("too many words; the maximum is two million"));
            }
            if let (Some(word), Some(translation)) =
                (tokens::single_word(word), tokens::single_word(translation))
            {
                map.0.entry(word_hash(&word)).or_insert_with(|| stem_hash(&translation));
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
    fn lines_are_words_and_translations() {
        let mut dictionary = Dictionary::default();
        let text = "# comment\n\nPuente\tbridge\t0.71\nrueda wheel\nrueda tyre\nal fin\tat last\n";
        assert_eq!(dictionary.add("es", text), Ok(2));
        let spanish = dictionary.language(language_key("es-MX")).unwrap();
        assert_eq!(spanish.key(word_hash("puente")), Some(stem_hash("bridge")));
        assert_eq!(spanish.key(word_hash("rueda")), Some(stem_hash("wheel")), "the first line counts");
        assert!(dictionary.language(language_key("it")).is_none());
    }

    #[test]
    fn a_word_without_translation_is_an_error_with_its_line() {
        let error = Dictionary::default().add("es", "puente bridge\nrueda\n").unwrap_err();
        assert_eq!(error.line, 2);
    }
}
