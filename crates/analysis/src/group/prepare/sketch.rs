//! The fingerprint by which copies are found: a fair sample of a text's four-word shingles.
//!
//! Of all hashed shingles the smallest are kept (bottom-k sampling; Broder, *On the resemblance and
//! containment of documents*, 1997). Two samples are compared below the smaller of their two
//! thresholds, where both are complete; so the share of the shorter text that is in the longer one
//! can be estimated even if one text is many times as long as the other.

use super::hash::mix;

/// Number of words of a shingle.
const SHINGLE_WORDS: usize = 4;
/// Maximum number of shingles in a sketch.
const MAX_SHINGLES: usize = 96;
/// Minimum number of distinct shingles for a text to be compared by them.
pub(in crate::group) const MIN_SHINGLES: usize = 12;

/// If none of the first 24 shingles of either text is shared, the texts are taken to share nothing:
/// for a copy with two fifths in common this is wrong once in two hundred thousand times.
const EARLY_EXIT: usize = 24;

/// A sample of the shingles of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::group) struct Sketch {
    /// Sorted, distinct.
    shingles: Vec<u32>,
    /// Whether some shingles were left out: then nothing is known above the last one kept.
    full: bool,
}

/// Collects the shingles of a text word by word.
#[derive(Debug, Default)]
pub(in crate::group) struct Sketcher {
    /// The hashes of the last word, of the last two, and so on: each is the beginning of a shingle.
    partial: [u64; SHINGLE_WORDS - 1],
    words: usize,
    shingles: Vec<u32>,
}

impl Sketcher {
    /// Adds the next word's hash.
    pub(in crate::group) fn push(&mut self, word: u64) {
        let shingle = mix(self.partial[SHINGLE_WORDS - 2], word);
        for at in (1..SHINGLE_WORDS - 1).rev() {
            self.partial[at] = mix(self.partial[at - 1], word);
        }
        self.partial[0] = mix(0, word);
        self.words += 1;
        if self.words >= SHINGLE_WORDS {
            self.shingles.push((shingle >> 32) as u32);
        }
    }

    /// The sample.
    pub(in crate::group) fn finish(mut self) -> Sketch {
        let full = self.shingles.len() > MAX_SHINGLES;
        if self.shingles.len() > 2 * MAX_SHINGLES {
            // Repeated shingles are rare: a margin is kept so that only a few need to be sorted.
            let margin = MAX_SHINGLES + MAX_SHINGLES / 4;
            self.shingles.select_nth_unstable(margin);
            let mut smallest = self.shingles[..margin].to_vec();
            smallest.sort_unstable();
            smallest.dedup();
            if smallest.len() >= MAX_SHINGLES {
                smallest.truncate(MAX_SHINGLES);
                smallest.shrink_to_fit();
                return Sketch { shingles: smallest, full: true };
            }
        }
        self.shingles.sort_unstable();
        self.shingles.dedup();
        let full = full && self.shingles.len() > MAX_SHINGLES;
        self.shingles.truncate(MAX_SHINGLES);
        self.shingles.shrink_to_fit();
        Sketch { shingles: self.shingles, full }
    }
}

impl Sketch {
    /// Heap bytes that it uses.
    pub(in crate::group) fn bytes(&self) -> usize {
        self.shingles.capacity() * size_of::<u32>()
    }

    /// Whether the text has enough shingles to be compared by them.
    pub(in crate::group) fn is_long_enough(&self) -> bool {
        self.shingles.len() >= MIN_SHINGLES
    }

    /// The share of the text with fewer shingles that is in the other, from 0 to 1; 0 if the sample
    /// is too small.
    pub(in crate::group) fn overlap(&self, other: &Self) -> f64 {
        let limit = self.limit().min(other.limit());
        let (mut i, mut j, mut shared) = (0, 0, 0_usize);
        let ours = self.shingles.partition_point(|&shingle| shingle <= limit);
        let theirs = other.shingles.partition_point(|&shingle| shingle <= limit);
        while i < ours && j < theirs {
            let (a, b) = (self.shingles[i], other.shingles[j]);
            shared += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
            // Most pairs share nothing, and a fair sample shows it early.
            if shared == 0 && i.min(j) >= EARLY_EXIT {
                return 0.0;
            }
        }
        let fewer = ours.min(theirs);
        if fewer < MIN_SHINGLES / 2 { 0.0 } else { shared as f64 / fewer as f64 }
    }

    fn limit(&self) -> u32 {
        if self.full { self.shingles.last().copied().unwrap_or(u32::MAX) } else { u32::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(words: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketcher = Sketcher::default();
        words.into_iter().for_each(|word| sketcher.push(mix(7, word)));
        sketcher.finish()
    }

    #[test]
    fn a_text_inside_a_longer_one_overlaps_completely() {
        let short = sketch(1000..1200);
        let long = sketch((0..1000).chain(1000..1200).chain(5000..6000));
        assert!(short.overlap(&long) > 0.9, "{}", short.overlap(&long));
        assert_eq!(short.overlap(&long).to_bits(), long.overlap(&short).to_bits());
    }

    #[test]
    fn unrelated_texts_share_nothing() {
        assert!(sketch(0..300).overlap(&sketch(1000..1300)) < 0.01);
    }

    #[test]
    fn short_texts_are_not_compared() {
        assert!(!sketch(0..8).is_long_enough());
        assert!(sketch(0..5).overlap(&sketch(0..5)) < f64::EPSILON);
    }

    #[test]
    fn a_repeated_word_is_too_short() {
        assert!(!sketch(std::iter::repeat_n(3, 100_000)).is_long_enough());
    }
}
