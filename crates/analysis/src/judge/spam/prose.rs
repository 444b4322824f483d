//! How a text is written: whether it repeats itself, is readable, and names its sources.

use memchr::memmem;

use super::{MIN_TEMPLATE_PHRASES, Scan, WORDS_PER_PHRASE, quoted, scan::PhraseKind};
use crate::{
    judge::{
        layout::{CLASSES, Class, Layout},
        words,
    },
    plural::counted,
};

/// Maximum number of words of a text that are read.
const MAX_WORDS: usize = 240;

/// Minimum number of words for measuring repetition.
const MIN_WORDS: usize = 12;

/// Words per repeated sequence in a short text, and in a longer one, which has captions and
/// quotations.
const WORDS_PER_REPEAT_SHORT: usize = 6;
const WORDS_PER_REPEAT_LONG: usize = 2;
const LONG_TEXT_WORDS: usize = 120;

/// Minimum bytes of a word that usually carries meaning.
const LONG_WORD_BYTES: usize = 4;

/// Words per occurrence of the same word.
const WORDS_PER_SAME_WORD: usize = 12;

/// Maximum average number of words of a readable sentence.
const MAX_SENTENCE_WORDS: usize = 42;

/// Number of named sources that give the full share.
const ENOUGH_SOURCES: usize = 3;

/// Why a text was probably written by a machine or from a template: phrases that fit everywhere, or
/// the same words again and again.
pub(in crate::judge) fn spun(title: &str, text: &Layout<'_>, scan: &Scan) -> Option<String> {
    let phrases: Vec<&str> =
        scan.text(PhraseKind::Template).chain(scan.title(PhraseKind::Template)).collect();
    let repetition = Repetition::of(text);
    let wanted = MIN_TEMPLATE_PHRASES + scan.words / WORDS_PER_PHRASE;
    if phrases.len() >= wanted {
        return Some(format!("phrases that fit every subject: {}", quoted(&phrases)));
    }
    if repetition.words < MIN_WORDS {
        return None;
    }
    let repeated =
        if repetition.words < LONG_TEXT_WORDS { WORDS_PER_REPEAT_SHORT } else { WORDS_PER_REPEAT_LONG };
    if repetition.sequences * repeated >= repetition.words {
        return Some(format!("{} of {} words repeat earlier ones", repetition.sequences, repetition.words));
    }
    let stuffed = repetition.top >= 4 && repetition.top * WORDS_PER_SAME_WORD >= repetition.words;
    (stuffed && (phrases.len() + 1 > MIN_TEMPLATE_PHRASES || repeats_title(title, &repetition)))
        .then(|| format!("one word occurs {} times in {}", repetition.top, repetition.words))
}

fn repeats_title(title: &str, repetition: &Repetition) -> bool {
    words::words(title).any(|word| hashed(&word.raw.to_ascii_lowercase()) == repetition.top_word)
}

/// How often a text repeats itself.
#[derive(Debug, Default)]
struct Repetition {
    words: usize,
    /// How often three words occurred before in the same order.
    sequences: usize,
    /// How often the most frequent long word occurs.
    top: usize,
    top_word: u64,
}

impl Repetition {
    fn of(text: &Layout<'_>) -> Self {
        let mut counts = Table::default();
        let mut seen = Table::default();
        let mut repetition = Self::default();
        let mut last = (0, 0);
        for word in text.words().take(MAX_WORDS) {
            let hash = if word.is_plain { hashed_bytes(word.bytes()) } else { hashed(word.lower()) };
            repetition.words += 1;
            if repetition.words > 2 && seen.count(mixed(mixed(last.0, last.1), hash)) > 1 {
                repetition.sequences += 1;
            }
            last = (last.1, hash);
            if word.bytes().len() >= LONG_WORD_BYTES {
                let count = counts.count(hash);
                if count > repetition.top {
                    (repetition.top, repetition.top_word) = (count, hash);
                }
            }
        }
        repetition
    }
}

/// Counts of at most [`MAX_WORDS`] numbers, which are well mixed already.
struct Table([(u64, u16); 2 * MAX_WORDS.next_power_of_two()]);

impl Default for Table {
    fn default() -> Self {
        Self([(0, 0); 2 * MAX_WORDS.next_power_of_two()])
    }
}

impl Table {
    /// Counts a number; returns its count.
    fn count(&mut self, number: u64) -> usize {
        let mut place = number as usize % self.0.len();
        loop {
            let (stored, count) = &mut self.0[place];
            if *count == 0 || *stored == number {
                (*stored, *count) = (number, *count + 1);
                return usize::from(*count);
            }
            place = (place + 1) % self.0.len();
        }
    }
}

/// A number for a word, in lower case as far as it is ASCII.
fn hashed(word: &str) -> u64 {
    if word.is_ascii() { hashed_bytes(word.as_bytes()) } else { hashed_bytes(word.to_lowercase().as_bytes()) }
}

fn hashed_bytes(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    match bytes {
        rest if rest.len() <= 3 => {
            mixed(length, rest.iter().fold(0, |packed, byte| packed << 8 | u64::from(*byte)))
        }
        [first @ .., _, _, _, _] if first.len() <= 4 => {
            mixed(length, four(bytes, 0) << 32 | four(bytes, first.len()))
        }
        _ => {
            let last = bytes.len() - 8;
            let state = (0..last).step_by(8).fold(length, |state, at| mixed(state, eight(bytes, at)));
            mixed(state, eight(bytes, last))
        }
    }
}

fn four(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<4>().map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)))
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// One number that depends on all bits of two.
const fn mixed(a: u64, b: u64) -> u64 {
    let product = ((a ^ 0x9E37_79B9_7F4A_7C15) as u128) * ((b ^ 0xD6E8_FEB8_6659_FD93) as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Why a text is hard to read: very long sentences.
pub(in crate::judge) fn sentences(text: &Layout<'_>) -> Option<String> {
    let all = text.piece_count();
    // Most words end in a letter.
    let ends_plainly = |piece: &[u8]| {
        piece.last().is_some_and(|byte| CLASSES[usize::from(*byte)] == Class::Letter || *byte == b',')
    };
    let ends = |(number, piece)| !ends_plainly(piece) && ends_sentence(text.piece(number));
    let count = text.pieces().enumerate().filter(|piece| ends(*piece)).count();
    let average = all / count.max(1);
    (all >= MAX_SENTENCE_WORDS && average > MAX_SENTENCE_WORDS)
        .then(|| format!("sentences of {average} words on average"))
}

fn ends_sentence(word: &str) -> bool {
    word.trim_end_matches(['"', '”', '»', ')', '’']).ends_with(['.', '!', '?', ':', '…', '。'])
}

/// How well a text names its sources, from 0 to 1, and which: attributed statements and URLs.
pub(in crate::judge) fn sources(text: &str, scan: &Scan) -> Option<(f64, String)> {
    let urls = memmem::find_iter(text.as_bytes(), b"https://").take(ENOUGH_SOURCES).count();
    let all = scan.attributions + urls;
    (all > 0).then(|| {
        let attributions = counted(scan.attributions, "attribution", "attributions");
        let links = counted(urls, "URL", "URLs");
        let seen = match (scan.attributions, urls) {
            (0, _) => links,
            (_, 0) => attributions,
            _ => format!("{attributions}, {links}"),
        };
        (all as f64 / ENOUGH_SOURCES as f64, seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_spun(title: &str, text: &str) -> bool {
        let text = Layout::of(text);
        spun(title, &text, &Scan::of(title, &text)).is_some()
    }

    #[test]
    fn template_texts_are_recognised() {
        let stuffed = "A red dress is a red dress that every woman needs. Buy a red dress, wear a red dress.";
        assert!(is_spun("Red dress ideas", stuffed));
        let template =
            "In today's fast-paced world it is important to note that kettles matter. In conclusion, boil.";
        assert!(is_spun("Kettles", template));
        let report = "The council met on Monday and heard about the bridge, which has been closed since a lorry hit \
            it. Repairs will take until spring, an engineer said, and cost more than the council has.";
        assert!(!is_spun("The bridge stays closed", report));
        assert!(!is_spun("", "") && !is_spun("a a a", "a a a"));
    }

    #[test]
    fn very_long_sentences_are_recognised() {
        assert!(sentences(&Layout::of(&"word ".repeat(60))).is_some());
        assert_eq!(sentences(&Layout::of(&"A short one. ".repeat(30))), None);
        assert_eq!(sentences(&Layout::of("no end")), None);
    }

    #[test]
    fn sources_are_counted() {
        let text = "“No,” said Ann. According to the ministry it rains. See https://a.example/x.";
        let (part, because) = sources(text, &Scan::of("", &Layout::of(text))).unwrap();
        assert!(part >= 1.0 && because == "2 attributions, 1 URL", "{because}");
        assert!(sources("It rains.", &Scan::of("", &Layout::of("It rains."))).is_none());
    }
}
