//! Finds a thousand phrases at word boundaries.
//!
//! Nearly all phrases begin with a word, so only beginnings of words are checked, and the first
//! bytes of most of them begin no phrase: the text is read once, and no automaton needs to stay in
//! the processor's cache.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::judge::layout::{CLASSES, Class, Layout};

/// A phrase in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    /// The byte after its last.
    pub(super) end: usize,
    /// Its first byte.
    pub(super) start: usize,
    /// Its number.
    pub(super) phrase: usize,
}

/// Number of bytes by which long and short phrases are indexed; no phrase is shorter.
const LONG_HEAD: usize = 6;
const SHORT_HEAD: usize = 3;

/// Lower-case phrases, prepared for search.
pub(super) struct PhraseFinder {
    phrases: Vec<Cow<'static, str>>,
    /// Which first bytes of a phrase are symbols, as a table and as a list.
    signs: [bool; 256],
    first_signs: Vec<u8>,
    first_bytes: FirstBytes,
    long: Buckets<4_096>,
    short: Buckets<512>,
}

/// A phrase by its first eight bytes.
#[derive(Clone, Copy)]
struct PhraseStart {
    bytes: u64,
    /// Which of the eight bytes it has.
    mask: u64,
    phrase: usize,
}

impl PhraseStart {
    /// The phrase with this number, which is not empty.
    fn new(phrase: usize, text: &str) -> Self {
        let length = text.len().min(8);
        let mut first = [0; 8];
        first[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self { bytes: u64::from_le_bytes(first), mask: u64::MAX >> (64 - 8 * length), phrase }
    }
}

/// Phrases by a hash of their first bytes.
struct Buckets<const COUNT: usize> {
    head: u64,
    /// The range of the phrases of each hash.
    ranges: Box<[(u16, u16); COUNT]>,
    candidates: Vec<PhraseStart>,
}

impl<const COUNT: usize> Buckets<COUNT> {
    /// The phrases by their first `head` bytes.
    fn new(mut candidates: Vec<PhraseStart>, head: usize) -> Self {
        let head = u64::MAX >> (64 - 8 * head);
        candidates.sort_by_key(|candidate| Self::hash(candidate.bytes & head));
        let mut ranges = Box::new([(0, 0); COUNT]);
        for (number, candidate) in (0_u16..).zip(&candidates) {
            let range = &mut ranges[Self::hash(candidate.bytes & head)];
            *range = (if range.1 == 0 { number } else { range.0 }, number + 1);
        }
        Self { head, ranges, candidates }
    }

    const fn hash(head: u64) -> usize {
        (head.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize % COUNT
    }

    /// The phrases that may begin with these eight bytes.
    fn of(&self, first: u64) -> &[PhraseStart] {
        let (start, end) = self.ranges[Self::hash(first & self.head)];
        if start == end { &[] } else { &self.candidates[usize::from(start)..usize::from(end)] }
    }
}

/// The first three bytes of all phrases, as a bit set of a hash with false positives but without
/// false negatives.
struct FirstBytes(Box<[u64; 1 << 10]>);

impl FirstBytes {
    const fn place(first: u64) -> (usize, u64) {
        let hash = (first & 0xFF_FFFF).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    fn insert(&mut self, first: u64) {
        let (word, bit) = Self::place(first);
        self.0[word] |= bit;
    }

    #[inline]
    fn may_begin(&self, first: u64) -> bool {
        let (word, bit) = Self::place(first);
        self.0[word] & bit != 0
    }
}

impl PhraseFinder {
    /// A finder of phrases in lower case with at least [`SHORT_HEAD`] bytes; shorter ones are never
    /// found.
    pub(super) fn new(phrases: Vec<Cow<'static, str>>) -> Self {
        let mut signs = [false; 256];
        let mut first_bytes = FirstBytes(Box::new([0; 1 << 10]));
        let mut long = Vec::new();
        let mut short = Vec::new();
        for (number, phrase) in phrases.iter().enumerate().filter(|(_, phrase)| phrase.len() >= SHORT_HEAD) {
            let candidate = PhraseStart::new(number, phrase);
            first_bytes.insert(candidate.bytes);
            if phrase.len() >= LONG_HEAD {
                long.push(candidate);
            } else {
                short.push(candidate);
            }
            let first = usize::from(phrase.as_bytes()[0]);
            signs[first] |= CLASSES[first] == Class::Symbol;
        }
        Self {
            phrases,
            signs,
            first_signs: (0..=u8::MAX).filter(|byte| signs[usize::from(*byte)]).collect(),
            first_bytes,
            long: Buckets::new(long, LONG_HEAD),
            short: Buckets::new(short, SHORT_HEAD),
        }
    }

    /// All phrases in the first `length` bytes of a padded, lower-cased text, by their ends; of
    /// those with the same end the longest first.
    pub(super) fn find(&self, padded: &str, length: usize) -> Vec<Match> {
        let bytes = padded.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        let mut follows_letter = false;
        while at < length {
            match CLASSES[usize::from(bytes[at])] {
                Class::Letter => {
                    if !follows_letter {
                        self.look(padded, length, at, &mut found);
                    }
                    at += 1;
                    while bytes.get(at).is_some_and(|byte| CLASSES[usize::from(*byte)] == Class::Letter) {
                        at += 1;
                    }
                    follows_letter = true;
                }
                Class::NonAscii => {
                    if !follows_letter {
                        self.look(padded, length, at, &mut found);
                    }
                    let c = padded[at..].chars().next();
                    follows_letter = c.is_some_and(char::is_alphanumeric);
                    at += c.map_or(1, char::len_utf8);
                }
                Class::Symbol | Class::Space => {
                    if self.signs[usize::from(bytes[at])] {
                        self.look(padded, length, at, &mut found);
                    }
                    follows_letter = false;
                    at += 1;
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The same in the first `length` bytes of a text whose words are known.
    pub(super) fn find_laid_out(&self, layout: &Layout<'_>, length: usize) -> Vec<Match> {
        let padded = layout.padded();
        let mut found = Vec::new();
        for (start, is_plain) in layout.word_starts().take_while(|(start, _)| *start < length) {
            self.look(padded, length, start, &mut found);
            if !is_plain {
                self.look_inside(padded, length, start, &mut found);
            }
        }
        for sign in &self.first_signs {
            for at in memchr_iter(*sign, &padded.as_bytes()[..length]) {
                self.look(padded, length, at, &mut found);
            }
        }
        found.sort_unstable();
        found
    }

    /// Checks the later letters of an acronym (`A.I`), which is one word of a layout.
    #[cold]
    fn look_inside(&self, padded: &str, length: usize, start: usize, found: &mut Vec<Match>) {
        let bytes = padded.as_bytes();
        let mut at = start;
        while bytes[at].is_ascii_alphanumeric()
            && bytes[at + 1] == b'.'
            && bytes[at + 2].is_ascii_alphanumeric()
            && !bytes[at + 3].is_ascii_alphanumeric()
        {
            at += 2;
            self.look(padded, length, at, found);
        }
    }

    /// Adds the phrases that begin here and end at a boundary.
    #[inline]
    fn look(&self, padded: &str, length: usize, at: usize, found: &mut Vec<Match>) {
        let Some(first) = padded.as_bytes()[at..].first_chunk::<8>() else { return };
        let first = u64::from_le_bytes(*first);
        if !self.first_bytes.may_begin(first) {
            return;
        }
        for candidate in self.long.of(first) {
            if first & candidate.mask == candidate.bytes {
                self.compare(candidate.phrase, padded, length, at, found);
            }
        }
        for candidate in self.short.of(first) {
            if first & candidate.mask == candidate.bytes {
                self.compare(candidate.phrase, padded, length, at, found);
            }
        }
    }

    /// Adds this phrase if it is here.
    fn compare(&self, number: usize, padded: &str, length: usize, at: usize, found: &mut Vec<Match>) {
        let phrase = self.phrases[number].as_ref();
        let end = at + phrase.len();
        let stands = end <= length
            && padded.as_bytes()[at..end] == *phrase.as_bytes()
            && is_boundary(padded, length, end);
        if stands {
            found.push(Match { end, start: at, phrase: number });
        }
    }
}

/// Whether a word does not continue here.
fn is_boundary(padded: &str, length: usize, at: usize) -> bool {
    let ends_in_letter = |at: usize| {
        matches!(CLASSES[usize::from(padded.as_bytes()[at - 1])], Class::Letter | Class::NonAscii)
    };
    at == length || !ends_in_letter(at) || !padded[at..].starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    use super::*;
    use crate::judge::layout::padded;

    const PHRASES: [&str; 10] =
        ["a b", "a bc", "abc", "bc", "% off", "/a/b", "(ab)", "é a", "a.b", "abc a bc"];

    /// What an automaton finds, filtered by boundaries.
    fn by_automaton(text: &str) -> Vec<Match> {
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(PHRASES).unwrap();
        let is_letter = |at: usize| {
            let byte = text.as_bytes()[at];
            byte.is_ascii_alphanumeric() || !byte.is_ascii()
        };
        automaton
            .find_overlapping_iter(text)
            .filter(|found| found.end() - found.start() >= SHORT_HEAD)
            .filter(|found| {
                !is_letter(found.start()) || !text[..found.start()].ends_with(char::is_alphanumeric)
            })
            .filter(|found| {
                !is_letter(found.end() - 1) || !text[found.end()..].starts_with(char::is_alphanumeric)
            })
            .map(|found| Match { end: found.end(), start: found.start(), phrase: found.pattern().as_usize() })
            .collect()
    }

    proptest! {
        #[test]
        fn the_same_is_found_as_by_an_automaton(text in "([abcABC ./%é\u{301}“]|a bc|% off|/a/b|\\(ab\\)){0,40}") {
            let finder = PhraseFinder::new(PHRASES.map(Cow::Borrowed).to_vec());
            let found = by_automaton(&text);
            prop_assert_eq!(finder.find(&padded(&text), text.len()), found.clone());
            // A combining mark alone after a letter belongs to the word in a layout.
            if !text.contains('\u{301}') {
                prop_assert_eq!(finder.find_laid_out(&Layout::of(&text), text.len()), found);
            }
        }
    }
}
