//! Computes dictionaries from static word embeddings.
//!
//! Two files of vectors in one space (for example aligned `fastText` files) give for each word of
//! one language the word of the other that means the same. The measure is cross-domain similarity
//! local scaling, `2 cos(x, y) − r(x) − r(y)`, where `r` is the mean cosine to the ten nearest
//! words of the other language (Conneau et al., *Word Translation Without Parallel Data*, 2018,
//! equation 2): it keeps words that are near to everything from matching everything. `r(x)` is the
//! same for all candidates of a word and so is left out.

use std::io::{self, BufRead};

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use thiserror::Error;

use super::{lexicon::word_hash, tokens};

/// Number of neighbours whose mean cosine is the `r` of a word.
const NEIGHBOURS: usize = 10;
/// Number of vectors compared with as many others at a time, so that both stay in the processor's
/// cache.
const TILE: usize = 64;
/// Maximum number of dimensions of a vector.
const MAX_WIDTH: usize = 4_096;

/// A file of vectors that can't be read.
#[derive(Debug, Error)]
pub enum VectorsError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line (counted from 1) is malformed.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what was expected.
        what: String,
    },
    /// It contains no vector.
    #[error("the file contains no vectors; expected lines of a word and its numbers")]
    Empty,
    /// Two files whose vectors can't be compared.
    #[error("the vectors have {0} and {1} dimensions; both files must have the same")]
    Widths(usize, usize),
}

/// Words and their vectors, normalised to length 1.
#[derive(Debug, Clone)]
pub struct Vectors {
    words: Vec<String>,
    width: usize,
    values: Vec<f32>,
}

/// A word and its translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// The word, folded.
    pub word: String,
    /// Its translation, folded.
    pub translation: String,
    /// The cosine of both vectors.
    pub cosine: f32,
}

impl Vectors {
    /// Reads the text format of `word2vec`, `fastText` and `GloVe`: each line has a word and its
    /// numbers, separated by spaces; a first line with two counts may precede them. Only the first
    /// `max_words` words are kept, which in such files are the most frequent. Entries of several
    /// words, and further spellings of one, are skipped.
    pub fn read(file: impl BufRead, max_words: usize) -> Result<Self, VectorsError> {
        let mut vectors = Self { words: Vec::new(), width: 0, values: Vec::new() };
        let mut known = FxHashSet::default();
        for (at, line) in file.lines().enumerate() {
            if vectors.words.len() >= max_words {
                break;
            }
            let line = line?;
            let mut columns = line.split_ascii_whitespace();
            let Some(word) = columns.next() else { continue };
            let numbers: Vec<f32> = columns.map_while(|column| column.parse().ok()).collect();
            if at == 0 && numbers.len() == 1 && word.parse::<u64>().is_ok() {
                continue;
            }
            vectors.width = if vectors.words.is_empty() { numbers.len() } else { vectors.width };
            if numbers.len() != vectors.width || vectors.width == 0 || vectors.width > MAX_WIDTH {
                let what = format!(
                    "expected a word and {} numbers, found {}",
                    if vectors.width == 0 { "its".to_owned() } else { vectors.width.to_string() },
                    numbers.len()
                );
                return Err(VectorsError::Line { line: at + 1, what });
            }
            let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
            let Some(folded) = tokens::single_word(word).filter(|_| length.is_normal()) else { continue };
            if known.insert(word_hash(&folded)) {
                vectors.words.push(folded);
                vectors.values.extend(numbers.iter().map(|number| number / length));
            }
        }
        if vectors.words.is_empty() { Err(VectorsError::Empty) } else { Ok(vectors) }
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are no words; never true after [`read`](Self::read).
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Translates each word into a word of `pivot` if their cosine is at least `min_cosine`, in the
    /// order of the file. Uses all cores; the time is proportional to the product of both numbers
    /// of words.
    ///
    /// Errors: vectors with a different number of dimensions.
    pub fn translate(&self, pivot: &Self, min_cosine: f32) -> Result<Vec<Translation>, VectorsError> {
        if self.width != pivot.width {
            return Err(VectorsError::Widths(self.width, pivot.width));
        }
        let mean_neighbour_cosines = pivot.mean_neighbour_cosines(self);
        let best = self.each_tile(
            pivot,
            || (f32::MIN, 0.0_f32, 0_usize),
            |best, other, cosine| {
                let near = 2.0 * cosine - mean_neighbour_cosines[other];
                if near > best.0 {
                    *best = (near, cosine, other);
                }
            },
        );
        let found = best.into_iter().enumerate().filter(|(_, (_, cosine, _))| *cosine >= min_cosine);
        let translation = found.map(|(word, (_, cosine, other))| Translation {
            word: self.words[word].clone(),
            translation: pivot.words[other].clone(),
            cosine,
        });
        Ok(translation.collect())
    }

    /// The mean cosine of each of these to its nearest ones among the others.
    fn mean_neighbour_cosines(&self, others: &Self) -> Vec<f32> {
        let nearest = self.each_tile(others, Vec::new, |nearest: &mut Vec<f32>, _, cosine| {
            if nearest.len() < NEIGHBOURS || nearest.last().is_some_and(|last| cosine > *last) {
                let at = nearest.partition_point(|near| *near >= cosine);
                nearest.insert(at, cosine);
                nearest.truncate(NEIGHBOURS);
            }
        });
        nearest.iter().map(|near| near.iter().sum::<f32>() / near.len().max(1) as f32).collect()
    }

    /// Compares each with all others: `each` updates the state of one with the index of the other
    /// and the cosine, in order.
    fn each_tile<T: Clone + Send>(
        &self,
        others: &Self,
        start: impl Fn() -> T + Sync,
        each: impl Fn(&mut T, usize, f32) + Sync,
    ) -> Vec<T> {
        let block = TILE * self.width;
        let tiles = self.values.par_chunks(block).flat_map_iter(|tile| {
            let mut states = vec![start(); tile.len() / self.width];
            for (first, block) in others.values.chunks(block).enumerate() {
                for (state, vector) in states.iter_mut().zip(tile.chunks(self.width)) {
                    for (at, other) in block.chunks(self.width).enumerate() {
                        each(state, first * TILE + at, dot(vector, other));
                    }
                }
            }
            states
        });
        tiles.collect()
    }
}

/// The inner product, eight lanes at a time.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of ten numbers: one axis per meaning, with a little of the next.
    fn vectors(words: &[(&str, usize)]) -> Vectors {
        let number = |axis: usize, at: usize| match (at + 10 - axis) % 10 {
            0 => "2",
            1 => "0.5",
            _ => "0",
        };
        let line = |(word, axis): &(&str, usize)| {
            let numbers: Vec<&str> = (0..10).map(|at| number(*axis, at)).collect();
            format!("{word} {}", numbers.join(" "))
        };
        let lines: Vec<String> = words.iter().map(line).collect();
        let text = format!("{} 10\n{}\n", words.len(), lines.join("\n"));
        Vectors::read(text.as_bytes(), 100).unwrap()
    }

    #[test]
    fn words_are_translated_to_the_nearest_ones() {
        let english = vectors(&[("bridge", 0), ("Wheel", 3), ("otter", 6)]);
        let spanish = vectors(&[("rueda", 3), ("nutria", 6), ("Puente", 0), ("nada-aquí", 1), ("mañana", 9)]);
        assert_eq!(spanish.len(), 4, "entries of several words are skipped");
        let translation = spanish.translate(&english, 0.6).unwrap();
        let pairs: Vec<(&str, &str)> =
            translation.iter().map(|pair| (pair.word.as_str(), pair.translation.as_str())).collect();
        assert_eq!(pairs, [("rueda", "wheel"), ("nutria", "otter"), ("puente", "bridge")]);
        assert!((translation[0].cosine - 1.0).abs() < 1e-5);
    }

    #[test]
    fn invalid_vector_files_are_errors() {
        let read = |text: &str| Vectors::read(text.as_bytes(), 10);
        assert!(matches!(read("a 1 2\nb 1\n"), Err(VectorsError::Line { line: 2, .. })));
        assert!(matches!(read("<html>\n"), Err(VectorsError::Line { line: 1, .. })));
        assert!(matches!(read("2 3\n"), Err(VectorsError::Empty)));
        let (two, three) = (read("a 1 2\n").unwrap(), read("a 1 2 3\n").unwrap());
        assert!(matches!(two.translate(&three, 0.5), Err(VectorsError::Widths(2, 3))));
    }

    #[test]
    fn tiles_see_every_pair() {
        let words = |count: usize, first: usize| {
            let text: String = (0..count)
                .map(|at| {
                    let angle = (at + first) as f32 * 0.37;
                    format!("w{at} {} {} {}\n", angle.cos(), angle.sin(), 0.1)
                })
                .collect();
            Vectors::read(text.as_bytes(), 1_000).unwrap()
        };
        let (many, others) = (words(2 * TILE + 3, 0), words(TILE + 1, 5));
        let seen = many.each_tile(
            &others,
            || (0, 0.0),
            |seen, at, cosine| {
                assert_eq!(at, seen.0);
                *seen = (seen.0 + 1, seen.1 + f64::from(cosine));
            },
        );
        assert_eq!(seen.len(), many.len());
        assert!(seen.iter().all(|state| state.0 == others.len()));
    }
}
