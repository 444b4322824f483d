//! Splits text into words, and brings words into comparable form.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Maximum bytes of a word; longer sequences of letters are not words.
pub(super) const MAX_WORD_BYTES: usize = 64;

/// A word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As written; an acronym with its inner dots (`A.I`).
    pub(super) raw: &'a str,
    /// Whether it is preceded by `#`.
    pub(super) is_hashtag: bool,
}

/// The words of a text: sequences of letters, combining marks and digits. Acronyms with dots are
/// one word (`A.I.`, `U.S.`); characters of scripts without spaces (Han, kana, Thai, Hangul …) are
/// one word each, so that an entry of several is found as a sequence.
pub(super) fn words(text: &str) -> WordIter<'_> {
    WordIter { text, at: 0 }
}

/// See [`words`].
pub(super) struct WordIter<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for WordIter<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.skip_to_word()?;
            let end = word_end(self.text, start);
            let end = if end == start + 1 { acronym_end(bytes, start).unwrap_or(end) } else { end };
            self.at = end;
            if end - start <= MAX_WORD_BYTES {
                let is_hashtag = start > 0 && bytes[start - 1] == b'#';
                return Some(Word { raw: &self.text[start..end], is_hashtag });
            }
        }
    }
}

impl WordIter<'_> {
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
            let c = self.text[self.at..].chars().next()?;
            if c.is_alphanumeric() {
                return Some(self.at);
            }
            self.at += c.len_utf8();
        }
        None
    }
}

/// The end of the word that begins here.
pub(super) fn word_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = start;
    while let Some(&byte) = bytes.get(end) {
        if byte.is_ascii_alphanumeric() {
            end += 1;
            continue;
        }
        if byte.is_ascii() {
            break;
        }
        let Some(c) = text[end..].chars().next() else { break };
        if is_single_char_word(c) {
            return if end == start { end + c.len_utf8() } else { end };
        }
        if !c.is_alphanumeric() && !is_combining_mark(c) {
            break;
        }
        end += c.len_utf8();
    }
    end
}

/// The end of `A.I` or `U.S.A` where single letters and dots alternate, without the last dot.
pub(super) fn acronym_end(bytes: &[u8], start: usize) -> Option<usize> {
    let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    let mut end = start + 1;
    while bytes.get(end) == Some(&b'.')
        && is_letter(end + 1)
        && !bytes.get(end + 2).is_some_and(u8::is_ascii_alphanumeric)
    {
        end += 2;
    }
    (is_letter(start) && end > start + 1).then_some(end)
}

/// Characters of scripts written without spaces, and Korean syllables, which have particles
/// attached.
const fn is_single_char_word(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{AC00}'..='\u{D7AF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The word without the dots of an acronym.
pub(super) fn without_dots(raw: &str) -> Cow<'_, str> {
    if raw.contains('.') { Cow::Owned(raw.replace('.', "")) } else { Cow::Borrowed(raw) }
}

/// How the inflections of a language are unified.
pub(super) enum Inflection {
    /// Not at all: each form is a word of its own.
    None,
    /// By [`to_english_base`].
    English,
    /// By a Snowball stemmer.
    Snowball(Stemmer),
}

impl Inflection {
    /// Reduces a lower-case word to its base.
    pub(super) fn to_base(&self, word: &mut String) {
        match self {
            Self::English => to_english_base(word),
            Self::Snowball(stemmer) if word.len() > 2 => *word = stemmer.stem(word).into_owned(),
            Self::None | Self::Snowball(_) => {}
        }
    }
}

/// A word in lower case, without inflection and accents.
pub(super) fn folded(word: &str, inflection: &Inflection) -> String {
    let mut lower = if word.is_ascii() {
        word.to_ascii_lowercase()
    } else {
        word.nfc().collect::<String>().to_lowercase()
    };
    if matches!(inflection, Inflection::English) && !lower.is_ascii() {
        lower = without_accents(&lower);
    }
    inflection.to_base(&mut lower);
    if lower.is_ascii() { lower } else { without_accents(&lower) }
}

/// Words that look like plurals but are not, or whose singular is another word.
const NO_PLURALS: [&str; 6] = ["news", "physics", "politics", "always", "texas", "gas"];

/// Reduces an English word to its base: plural, third person, past and progressive forms, final
/// `e`.
///
/// The Snowball stemmer is not used for English, because it also unifies derivations, which are
/// other subjects: university and universal, agent and agentic, generator and generated, product
/// and productivity.
fn to_english_base(word: &mut String) {
    // All endings end in one of these letters, and most words in another.
    let may_end = matches!(word.as_bytes().last(), Some(b's' | b'd' | b'g' | b'e'));
    if !may_end || !word.is_ascii() || word.len() < 4 || NO_PLURALS.contains(&word.as_str()) {
        return;
    }
    if (word.ends_with("ies") || word.ends_with("ied")) && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
        return;
    }
    word.truncate(without_plural(word));
    word.truncate(without_tense(word));
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
}

fn without_plural(word: &str) -> usize {
    let ends = |endings: &[&str]| endings.iter().any(|end| word.ends_with(end));
    if ends(&["sses", "ches", "shes", "xes", "zzes"]) {
        word.len() - 2
    } else if word.ends_with('s') && (word.ends_with("taxis") || !ends(&["ss", "us", "is"])) {
        word.len() - 1
    } else {
        word.len()
    }
}

fn without_tense(word: &str) -> usize {
    let stem = match word {
        word if word.len() > 5 && word.ends_with("ing") => &word[..word.len() - 3],
        word if word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed") => &word[..word.len() - 2],
        _ => return word.len(),
    };
    if has_vowel(stem) { undoubled(stem) } else { word.len() }
}

fn has_vowel(text: &str) -> bool {
    text.bytes().any(|c| b"aeiouy".contains(&c))
}

/// The length of a stem without a doubled last consonant (`plann` → `plan`); `l`, `s` and `z` are
/// often doubled in the base too.
fn undoubled(stem: &str) -> usize {
    match stem.as_bytes() {
        [.., before, last] if before == last && b"bdfgmnprt".contains(last) => stem.len() - 1,
        _ => stem.len(),
    }
}

/// Letters without their accents; the few letters with an inseparable one are written out.
pub(super) fn without_accents(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            _ => plain.push(c),
        }
    }
    plain
}

/// Number of stemmers, including none.
pub(super) const LANGUAGES: usize = 19;

/// The number of a language (ISO 639-1) and how its inflections are unified. An unknown language is
/// read as English, the most frequent one; a language without stemmer is compared word for word.
pub(super) fn stemming(language: Option<&str>) -> (usize, Inflection) {
    let code = language.unwrap_or("en");
    let code = code.split(['-', '_']).next().unwrap_or(code);
    if code == "en" {
        return (3, Inflection::English);
    }
    let found = match code {
        "ar" => (0, Algorithm::Arabic),
        "da" => (1, Algorithm::Danish),
        "nl" => (2, Algorithm::Dutch),
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
        _ => return (LANGUAGES - 1, Inflection::None),
    };
    (found.0, Inflection::Snowball(Stemmer::new(found.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).map(|word| word.raw).collect()
    }

    #[test]
    fn text_is_split_into_words() {
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
        assert_eq!(folded("Café", &Inflection::None), "cafe");
        assert_eq!(folded("Straße", &stemming(Some("xx")).1), "strasse");
        assert_eq!(folded("Netze", &stemming(Some("de")).1), folded("Netzen", &stemming(Some("de-AT")).1));
    }

    #[test]
    fn english_inflections_match_and_derivations_do_not() {
        let base = |word: &str| folded(word, &stemming(None).1);
        for (one, other) in [
            ("networks", "network"),
            ("studies", "study"),
            ("studied", "study"),
            ("regulates", "regulate"),
            ("regulated", "regulate"),
            ("regulating", "regulate"),
            ("planning", "plan"),
            ("planned", "plans"),
            ("boxes", "box"),
            ("classes", "class"),
            ("cases", "case"),
            ("nurses", "nurse"),
            ("searches", "search"),
            ("learned", "learning"),
            ("agrees", "agree"),
            ("buildings", "build"),
            ("robotaxis", "robotaxi"),
            ("speeds", "speed"),
        ] {
            assert_eq!(base(one), base(other), "{one}, {other}");
        }
        for (one, other) in [
            ("university", "universal"),
            ("agentic", "agent"),
            ("generator", "generated"),
            ("senator", "senate"),
            ("product", "productivity"),
            ("photographer", "photograph"),
            ("news", "new"),
            ("robotics", "robot"),
            ("regulator", "regulation"),
            ("king", "k"),
            ("bus", "bu"),
        ] {
            assert_ne!(base(one), base(other), "{one}, {other}");
        }
    }
}
