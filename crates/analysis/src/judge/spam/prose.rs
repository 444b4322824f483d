//! How a text is written: whether it repeats itself, can be read, and names its sources.

use memchr::memmem;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::{BY_TEMPLATE, Scan, WORDS_A_BAIT, quoted, scan::Tell};
use crate::judge::words;

/// How many words of a text are looked at.
const LOOKED_AT: usize = 240;

/// Fewer words tell nothing about repetition.
const TELLING: usize = 12;

/// One sequence in so many may be repeated in a short text, and in a longer one, which has captions and quotations.
const REPEATED_SHORT: usize = 6;
const REPEATED_LONG: usize = 2;
const LONG: usize = 120;

/// A word of so many letters carries meaning more often than not.
const LONG_WORD: usize = 4;

/// One word in so many may be the same.
const SAME_WORD: usize = 12;

/// A sentence of more words on average cannot be read.
const LONGEST_SENTENCES: usize = 42;

/// So many named sources are enough.
const SOURCES: usize = 3;

/// What shows that a text was turned out by a machine or by template: phrases that fit everywhere, the same words
/// again and again.
pub(in crate::judge) fn spun(title: &str, text: &str, scan: &Scan) -> Option<String> {
    let phrases: Vec<&str> = scan.text(Tell::Template).chain(scan.title(Tell::Template)).collect();
    let repetition = Repetition::of(text);
    let wanted = BY_TEMPLATE + scan.words / WORDS_A_BAIT;
    if phrases.len() >= wanted {
        return Some(format!("phrases that fit every subject: {}", quoted(&phrases)));
    }
    if repetition.words < TELLING {
        return None;
    }
    let repeated = if repetition.words < LONG { REPEATED_SHORT } else { REPEATED_LONG };
    if repetition.sequences * repeated >= repetition.words {
        return Some(format!(
            "{} of {} words repeat what stands before",
            repetition.sequences, repetition.words
        ));
    }
    let stuffed = repetition.top >= 4 && repetition.top * SAME_WORD >= repetition.words;
    (stuffed && (phrases.len() + 1 > BY_TEMPLATE || repeats_title(title, &repetition)))
        .then(|| format!("one word stands {} times in {}", repetition.top, repetition.words))
}

fn repeats_title(title: &str, repetition: &Repetition) -> bool {
    words::words(title).any(|word| hashed(word.raw) == repetition.top_word)
}

/// How often a text repeats itself.
#[derive(Debug, Default)]
struct Repetition {
    words: usize,
    /// How often three words stood before in the same order.
    sequences: usize,
    /// How often the most frequent long word stands.
    top: usize,
    top_word: u64,
}

impl Repetition {
    fn of(text: &str) -> Self {
        let mut counts: FxHashMap<u64, usize> = FxHashMap::with_capacity_and_hasher(LOOKED_AT, FxBuildHasher);
        let mut seen: FxHashSet<u64> = FxHashSet::with_capacity_and_hasher(LOOKED_AT, FxBuildHasher);
        let mut repetition = Self::default();
        let mut last = (0, 0);
        for word in words::words(text).take(LOOKED_AT) {
            let hash = hashed(word.raw);
            repetition.words += 1;
            if repetition.words > 2 && !seen.insert(mixed(mixed(last.0, last.1), hash)) {
                repetition.sequences += 1;
            }
            last = (last.1, hash);
            if word.raw.len() >= LONG_WORD {
                let count = counts.entry(hash).or_default();
                *count += 1;
                if *count > repetition.top {
                    (repetition.top, repetition.top_word) = (*count, hash);
                }
            }
        }
        repetition
    }
}

/// A number for a word without regard to case.
fn hashed(word: &str) -> u64 {
    if word.is_ascii() {
        hashed_bytes(word.as_bytes(), SMALL)
    } else {
        hashed_bytes(word.to_lowercase().as_bytes(), 0)
    }
}

/// What makes small letters of eight ASCII letters, and leaves digits and dots as they are.
const SMALL: u64 = 0x2020_2020_2020_2020;

fn hashed_bytes(bytes: &[u8], or: u64) -> u64 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let state =
        chunks.iter().fold(bytes.len() as u64, |state, chunk| mixed(state, u64::from_le_bytes(*chunk) | or));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mixed(state, u64::from_le_bytes(last) | or)
}

/// One number that depends on all bits of two.
const fn mixed(a: u64, b: u64) -> u64 {
    let product = ((a ^ 0x9E37_79B9_7F4A_7C15) as u128) * ((b ^ 0xD6E8_FEB8_6659_FD93) as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// What makes a text hard to read: sentences without end.
pub(in crate::judge) fn sentences(text: &str) -> Option<String> {
    let mut count = 0_usize;
    let mut all = 0_usize;
    for word in words::between_blanks(text).take(LOOKED_AT * 2) {
        all += 1;
        count += usize::from(ends_sentence(word));
    }
    let average = all / count.max(1);
    (all >= LONGEST_SENTENCES && average > LONGEST_SENTENCES)
        .then(|| format!("sentences of {average} words on average"))
}

fn ends_sentence(word: &str) -> bool {
    // Most words end in a letter.
    if word.as_bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b',') {
        return false;
    }
    word.trim_end_matches(['"', '”', '»', ')', '’']).ends_with(['.', '!', '?', ':', '…', '。'])
}

/// How well a text names its sources, from 0 to 1, and what was seen: people and papers to whom it attributes what
/// it says, and addresses.
pub(in crate::judge) fn sources(text: &str, scan: &Scan) -> Option<(f64, String)> {
    let addresses = memmem::find_iter(text.as_bytes(), b"https://").take(SOURCES).count();
    let all = scan.attributions + addresses;
    (all > 0).then(|| {
        let seen = match (scan.attributions, addresses) {
            (0, _) => format!("{addresses} addresses"),
            (said, 0) => format!("{said} attributions"),
            (said, _) => format!("{said} attributions, {addresses} addresses"),
        };
        (all as f64 / SOURCES as f64, seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_spun(title: &str, text: &str) -> bool {
        spun(title, text, &Scan::of(title, text)).is_some()
    }

    #[test]
    fn spun_texts_repeat_themselves() {
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
    fn endless_sentences_are_seen() {
        assert!(sentences(&"word ".repeat(60)).is_some());
        assert_eq!(sentences(&"A short one. ".repeat(30)), None);
        assert_eq!(sentences("no end"), None);
    }

    #[test]
    fn sources_are_counted() {
        let text = "“No,” said Ann. According to the ministry it rains. See https://a.example/x.";
        let (part, because) = sources(text, &Scan::of("", text)).unwrap();
        assert!(part >= 1.0 && because == "2 attributions, 1 addresses", "{because}");
        assert!(sources("It rains.", &Scan::of("", "It rains.")).is_none());
    }
}
