//! The fingerprint by which copies are found: a fair sample of a text's runs of four words.
//!
//! Of all hashed runs the smallest are kept (bottom-k sampling; Broder, *On the resemblance and containment of
//! documents*, 1997). Two samples are compared below the smaller of their two thresholds, where both are
//! complete; so the share of the shorter text that stands in the longer one can be told even where one text is
//! many times as long as the other.

use super::hash::mix;

/// How many words make a run.
const RUN: usize = 4;
/// How many runs a sketch keeps.
const KEPT: usize = 96;
/// Texts with fewer runs are too short to be called copies by their runs.
pub(in crate::group) const LEAST_RUNS: usize = 12;

/// Where this many runs of either text are not in the other, none is taken to be: a copy of which two fifths stand
/// in the other text shows none so late once in two hundred thousand times.
const EARLY: usize = 24;

/// A sample of the runs of words of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::group) struct Sketch {
    /// Sorted, distinct.
    runs: Vec<u32>,
    /// Whether some runs were left out: then nothing is known above the last one kept.
    full: bool,
}

/// Collects the runs of a text as its words come by.
#[derive(Debug, Default)]
pub(in crate::group) struct Sketcher {
    /// The hashes of the last word, of the last two, and so on: each is a run that the next word may complete.
    begun: [u64; RUN - 1],
    seen: usize,
    runs: Vec<u32>,
}

impl Sketcher {
    /// Takes the next word's hash.
    pub(in crate::group) fn push(&mut self, word: u64) {
        let run = mix(self.begun[RUN - 2], word);
        for at in (1..RUN - 1).rev() {
            self.begun[at] = mix(self.begun[at - 1], word);
        }
        self.begun[0] = mix(0, word);
        self.seen += 1;
        if self.seen >= RUN {
            self.runs.push((run >> 32) as u32);
        }
    }

    /// The sample.
    pub(in crate::group) fn finish(mut self) -> Sketch {
        let full = self.runs.len() > KEPT;
        if self.runs.len() > 2 * KEPT {
            // Repeated runs are rare: a margin is kept so that the sort is of few.
            let margin = KEPT + KEPT / 4;
            self.runs.select_nth_unstable(margin);
            let mut few = self.runs[..margin].to_vec();
            few.sort_unstable();
            few.dedup();
            if few.len() >= KEPT {
                few.truncate(KEPT);
                few.shrink_to_fit();
                return Sketch { runs: few, full: true };
            }
        }
        self.runs.sort_unstable();
        self.runs.dedup();
        let full = full && self.runs.len() > KEPT;
        self.runs.truncate(KEPT);
        self.runs.shrink_to_fit();
        Sketch { runs: self.runs, full }
    }
}

impl Sketch {
    /// How many bytes it takes beside itself.
    pub(in crate::group) fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<u32>()
    }

    /// Whether the text has enough runs to be called a copy by them.
    pub(in crate::group) fn tells(&self) -> bool {
        self.runs.len() >= LEAST_RUNS
    }

    /// The share of the text with fewer runs that stands in the other, from 0 to 1; 0 where the sample is too
    /// small to tell.
    pub(in crate::group) fn overlap(&self, other: &Self) -> f64 {
        let limit = self.limit().min(other.limit());
        let (mut i, mut j, mut shared) = (0, 0, 0_usize);
        let ours = self.runs.partition_point(|&run| run <= limit);
        let theirs = other.runs.partition_point(|&run| run <= limit);
        while i < ours && j < theirs {
            let (a, b) = (self.runs[i], other.runs[j]);
            shared += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
            // Most pairs are strangers, and a fair sample shows it early.
            if shared == 0 && i.min(j) >= EARLY {
                return 0.0;
            }
        }
        let fewer = ours.min(theirs);
        if fewer < LEAST_RUNS / 2 { 0.0 } else { shared as f64 / fewer as f64 }
    }

    fn limit(&self) -> u32 {
        if self.full { self.runs.last().copied().unwrap_or(u32::MAX) } else { u32::MAX }
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
    fn a_text_stands_wholly_in_a_longer_one() {
        let short = sketch(1000..1200);
        let long = sketch((0..1000).chain(1000..1200).chain(5000..6000));
        assert!(short.overlap(&long) > 0.9, "{}", short.overlap(&long));
        assert_eq!(short.overlap(&long).to_bits(), long.overlap(&short).to_bits());
    }

    #[test]
    fn strangers_share_nothing() {
        assert!(sketch(0..300).overlap(&sketch(1000..1300)) < 0.01);
    }

    #[test]
    fn too_short_to_tell() {
        assert!(!sketch(0..8).tells());
        assert!(sketch(0..5).overlap(&sketch(0..5)) < f64::EPSILON);
    }

    #[test]
    fn one_word_for_ever() {
        assert!(!sketch(std::iter::repeat_n(3, 100_000)).tells());
    }
}
