//! The words and pairs of words of an article, as numbers.

use crate::judge::{
    JudgeInput,
    words::{Inflection, folded, stemming, words},
};

/// Number of distinct features.
pub(super) const NUMBERS: u32 = 1 << 18;

/// Number of words of the text that are read.
const LEAD_WORDS: usize = 80;

/// The features of title, excerpt and lead: their uninflected words and their pairs, those of the
/// title also marked as such. Sorted and distinct.
pub(in crate::judge) fn features(input: &JudgeInput<'_>) -> Vec<u32> {
    let (_, inflection) = stemming(input.language);
    let mut features = Vec::new();
    for (part, text, limit) in
        [("t", input.title, usize::MAX), ("", input.excerpt, usize::MAX), ("", input.text, LEAD_WORDS)]
    {
        of_part(part, text, limit, &inflection, &mut features);
    }
    features.sort_unstable();
    features.dedup();
    features
}

fn of_part(part: &str, text: &str, limit: usize, inflection: &Inflection, features: &mut Vec<u32>) {
    let mut before: Option<String> = None;
    for word in words(text).take(limit) {
        let word = folded(word.raw, inflection);
        features.push(number(&["", &word]));
        if !part.is_empty() {
            features.push(number(&[part, &word]));
        }
        if let Some(before) = &before {
            features.push(number(&["2", before, &word]));
        }
        before = Some(word);
    }
}

/// FNV-1a over the parts.
fn number(parts: &[&str]) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (hash ^ hash >> 32) as u32 % NUMBERS
}
