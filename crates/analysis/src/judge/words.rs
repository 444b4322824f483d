//! Cutting text into words, and the forms in which words are compared.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest word that is looked at, in bytes; longer runs of letters are no words.
const LONGEST: usize = 64;

/// A word as it stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As written; an acronym with its inner dots (`A.I`).
    pub(super) raw: &'a str,
    /// Whether a `#` stands before it.
    pub(super) is_hashtag: bool,
}

/// The words of a text: runs of letters, marks and digits. Acronyms with dots are one word (`A.I.`, `U.S.`);
/// letters of scripts without blanks (Han, kana, Thai …) are a word each, so that an entry of several is found
/// as a sequence.
pub(super) fn words(text: &str) -> Words<'_> {
    Words { text, at: 0 }
}

/// See [`words`].
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.skip_to_word()?;
            let end = self.word_end(start);
            let end = if end == start + 1 { acronym_end(bytes, start).unwrap_or(end) } else { end };
            self.at = end;
            if end - start <= LONGEST {
                let is_hashtag = start > 0 && bytes[start - 1] == b'#';
                return Some(Word { raw: &self.text[start..end], is_hashtag });
            }
        }
    }
}

impl Words<'_> {
    fn skip_to_word(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte.is_ascii_alphanumeric() {
                return Some(self.at);
            }
            if byte.is_ascii() {
                self.at += 1;
                continue;
            }
            let letter = self.text[self.at..].chars().next()?;
            if letter.is_alphanumeric() {
                return Some(self.at);
            }
            self.at += letter.len_utf8();
        }
        None
    }

    fn word_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = start;
        while let Some(&byte) = bytes.get(end) {
            if byte.is_ascii_alphanumeric() {
                end += 1;
                continue;
            }
            if byte.is_ascii() {
                break;
            }
            let Some(letter) = self.text[end..].chars().next() else { break };
            if stands_alone(letter) {
                return if end == start { end + letter.len_utf8() } else { end };
            }
            if !letter.is_alphanumeric() && !is_combining_mark(letter) {
                break;
            }
            end += letter.len_utf8();
        }
        end
    }
}

/// The end of `A.I` or `U.S.A` where single letters and dots alternate, without the last dot.
fn acronym_end(bytes: &[u8], start: usize) -> Option<usize> {
    let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    let mut end = start + 1;
    while bytes.get(end) == Some(&b'.')
        && letter(end + 1)
        && !bytes.get(end + 2).is_some_and(u8::is_ascii_alphanumeric)
    {
        end += 2;
    }
    (letter(start) && end > start + 1).then_some(end)
}

/// Letters of scripts that are written without blanks.
const fn stands_alone(letter: char) -> bool {
    matches!(letter,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The word without the dots of an acronym.
pub(super) fn without_dots(raw: &str) -> Cow<'_, str> {
    if raw.contains('.') { Cow::Owned(raw.replace('.', "")) } else { Cow::Borrowed(raw) }
}

/// A word in lower case, stemmed, without accents.
pub(super) fn folded(word: &str, stemmer: Option<&Stemmer>) -> String {
    let lower = if word.is_ascii() {
        word.to_ascii_lowercase()
    } else {
        word.nfc().collect::<String>().to_lowercase()
    };
    let stem = match stemmer {
        Some(stemmer) if lower.len() > 2 => stemmer.stem(&lower).into_owned(),
        _ => lower,
    };
    if stem.is_ascii() { stem } else { without_accents(&stem) }
}

/// Letters without their marks; the few letters that carry theirs inside are written out.
pub(super) fn without_accents(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            _ => plain.push(letter),
        }
    }
    plain
}

/// How many stemmers there are, the absence of one included.
pub(super) const LANGUAGES: usize = 19;

/// The number and stemmer of a language (ISO 639-1). An unknown language is read as English, the most frequent
/// one; a language without stemmer is compared word for word.
pub(super) fn stemming(language: Option<&str>) -> (usize, Option<Algorithm>) {
    let code = language.unwrap_or("en");
    let code = code.split(['-', '_']).next().unwrap_or(code);
    let found = match code {
        "ar" => (0, Algorithm::Arabic),
        "da" => (1, Algorithm::Danish),
        "nl" => (2, Algorithm::Dutch),
        "en" => (3, Algorithm::English),
        "fi" => (4, Algorithm::Finnish),
        "fr" => (5, Algorithm::French),
        "de" => (6, Algorithm::German),
        "el" => (7, Algorithm::Greek),
        "hu" => (8, Algorithm::Hungarian),
        "it" => (9, Algorithm::Italian),
        "no" | "nb" | "nn" => (10, Algorithm::Norwegian),
        "pt" => (11, Algorithm::Portuguese),
        "ro" => (12, Algorithm::Romanian),
        "ru" => (13, Algorithm::Russian),
        "es" => (14, Algorithm::Spanish),
        "sv" => (15, Algorithm::Swedish),
        "ta" => (16, Algorithm::Tamil),
        "tr" => (17, Algorithm::Turkish),
        _ => return (LANGUAGES - 1, None),
    };
    (found.0, Some(found.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).map(|word| word.raw).collect()
    }

    #[test]
    fn text_is_cut_into_words() {
        assert_eq!(
            cut("A.I. isn't the U.S.A.'s GPT-4o, e.g. Node.js"),
            ["A.I", "isn", "t", "the", "U.S.A", "s", "GPT", "4o", "e.g", "Node", "js"]
        );
        assert_eq!(cut("Künstliche  Intelligenz—né"), ["Künstliche", "Intelligenz", "né"]);
        assert_eq!(cut("AI人工知能x"), ["AI", "人", "工", "知", "能", "x"]);
        assert_eq!(cut(&"x".repeat(100)), Vec::<&str>::new());
        assert_eq!(cut(""), Vec::<&str>::new());
        assert!(words("see #AI").nth(1).unwrap().is_hashtag);
    }

    #[test]
    fn words_are_folded() {
        let english = Stemmer::create(Algorithm::English);
        assert_eq!(folded("Networks", Some(&english)), "network");
        assert_eq!(folded("Café", None), "cafe");
        assert_eq!(folded("Straße", None), "strasse");
    }
}
