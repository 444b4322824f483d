//! How a text is written: whether it repeats itself, can be read, and names its sources.

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

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
        let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
        let mut seen: FxHashSet<(u64, u64, u64)> = FxHashSet::default();
        let mut repetition = Self::default();
        let mut last = (0, 0);
        for word in words::words(text).take(LOOKED_AT) {
            let hash = hashed(word.raw);
            repetition.words += 1;
            if repetition.words > 2 && !seen.insert((last.0, last.1, hash)) {
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
    let mut hasher = FxHasher::default();
    if word.is_ascii() {
        word.bytes().for_each(|byte| byte.to_ascii_lowercase().hash(&mut hasher));
    } else {
        word.to_lowercase().hash(&mut hasher);
    }
    hasher.finish()
}

/// What makes a text hard to read: sentences without end.
pub(in crate::judge) fn sentences(text: &str) -> Option<String> {
    let mut count = 0_usize;
    let mut words = 0_usize;
    for word in text.split_whitespace().take(LOOKED_AT * 2) {
        words += 1;
        count += usize::from(
            word.trim_end_matches(['"', '”', '»', ')', '’']).ends_with(['.', '!', '?', ':', '…', '。']),
        );
    }
    let average = words / count.max(1);
    (words >= LONGEST_SENTENCES && average > LONGEST_SENTENCES)
        .then(|| format!("sentences of {average} words on average"))
}

/// How well a text names its sources, from 0 to 1, and what was seen: people and papers to whom it attributes what
/// it says, and addresses.
pub(in crate::judge) fn sources(text: &str, scan: &Scan) -> Option<(f64, String)> {
    let addresses = text.matches("https://").take(SOURCES).count();
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
