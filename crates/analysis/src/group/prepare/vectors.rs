//! Dictionaries out of static word embeddings.
//!
//! Two files of vectors in one space (aligned `fastText` files, say) give for each word of the one the word of the other
//! that means the same. Nearness is cross-domain similarity local scaling, `2 cos(x, y) − r(x) − r(y)`, where `r` is the
//! mean cosine to the ten nearest words of the other language (Conneau et al., *Word Translation Without Parallel
//! Data*, 2018, equation 2): it keeps words that are near to everything from being near to all. `r(x)` is the same for
//! all candidates of a word and so is left out.

use std::io::{self, BufRead};

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use thiserror::Error;

use super::{lexicon::whole_of, words};

/// Neighbours whose mean cosine is the `r` of a word.
const NEIGHBOURS: usize = 10;
/// Vectors that are compared with as many others at a time, so that both stay in the processor's cache.
const TILE: usize = 64;
/// The widest vectors that are read.
const MAX_WIDTH: usize = 4_096;

/// A file of vectors that can't be read.
#[derive(Debug, Error)]
pub enum VectorsError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line (counted from 1) is not what it should be.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what was wanted.
        what: String,
    },
    /// There is no vector in it.
    #[error("there is no vector in the file; lines of a word and numbers were wanted")]
    Empty,
    /// Two files whose vectors can't be compared.
    #[error("the vectors have {0} and {1} numbers: they are not of one space")]
    Widths(usize, usize),
}

/// Words and their vectors, of length 1.
#[derive(Debug, Clone)]
pub struct Vectors {
    words: Vec<String>,
    width: usize,
    values: Vec<f32>,
}

/// A word and what it is called in another language.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// The word, folded.
    pub word: String,
    /// What it is called, folded.
    pub called: String,
    /// The cosine of both vectors.
    pub cosine: f32,
}

impl Vectors {
    /// Reads the text form of `word2vec`, `fastText` and `GloVe`: in each line a word and its numbers, separated by spaces; a
    /// first line of two counts may stand before. At most the `most` first words are kept, which in such files are the
    /// most frequent. Entries that are no single word, and further spellings of one, are passed over.
    pub fn read(file: impl BufRead, most: usize) -> Result<Self, VectorsError> {
        let mut vectors = Self { words: Vec::new(), width: 0, values: Vec::new() };
        let mut known = FxHashSet::default();
        for (at, line) in file.lines().enumerate() {
            if vectors.words.len() >= most {
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
                    "a word and {} numbers were wanted, and {} are there",
                    if vectors.width == 0 { "its".to_owned() } else { vectors.width.to_string() },
                    numbers.len()
                );
                return Err(VectorsError::Line { line: at + 1, what });
            }
            let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
            let Some(folded) = words::only_word(word).filter(|_| length.is_normal()) else { continue };
            if known.insert(whole_of(&folded)) {
                vectors.words.push(folded);
                vectors.values.extend(numbers.iter().map(|number| number / length));
            }
        }
        if vectors.words.is_empty() { Err(VectorsError::Empty) } else { Ok(vectors) }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none; never so after [`read`](Self::read).
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// For each of these words what `pivot` calls it, where their cosine is at least `least`, in the order of the file.
    /// All cores are used; the time grows with the product of both numbers of words.
    ///
    /// Errors: vectors of another width.
    pub fn called(&self, pivot: &Self, least: f32) -> Result<Vec<Called>, VectorsError> {
        if self.width != pivot.width {
            return Err(VectorsError::Widths(self.width, pivot.width));
        }
        let crowds = pivot.crowds(self);
        let best = self.each_tile(
            pivot,
            || (f32::MIN, 0.0_f32, 0_usize),
            |best, other, cosine| {
                let near = 2.0 * cosine - crowds[other];
                if near > best.0 {
                    *best = (near, cosine, other);
                }
            },
        );
        let found = best.into_iter().enumerate().filter(|(_, (_, cosine, _))| *cosine >= least);
        let called = found.map(|(word, (_, cosine, other))| Called {
            word: self.words[word].clone(),
            called: pivot.words[other].clone(),
            cosine,
        });
        Ok(called.collect())
    }

    /// The mean cosine of each of these to its nearest ones among the others.
    fn crowds(&self, others: &Self) -> Vec<f32> {
        let nearest = self.each_tile(others, Vec::new, |nearest: &mut Vec<f32>, _, cosine| {
            if nearest.len() < NEIGHBOURS || nearest.last().is_some_and(|last| cosine > *last) {
                let at = nearest.partition_point(|near| *near >= cosine);
                nearest.insert(at, cosine);
                nearest.truncate(NEIGHBOURS);
            }
        });
        nearest.iter().map(|near| near.iter().sum::<f32>() / near.len().max(1) as f32).collect()
    }

    /// Compares each with all others: for each a state, told the number of the other and the cosine, in order.
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

    /// Vectors of ten numbers: one axis a meaning, with a little of the next.
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
    fn words_are_called_what_is_nearest() {
        let english = vectors(&[("bridge", 0), ("Wheel", 3), ("otter", 6)]);
        let spanish = vectors(&[("rueda", 3), ("nutria", 6), ("Puente", 0), ("nada-aquí", 1), ("mañana", 9)]);
        assert_eq!(spanish.len(), 4, "what is no single word is passed over");
        let called = spanish.called(&english, 0.6).unwrap();
        let pairs: Vec<(&str, &str)> =
            called.iter().map(|pair| (pair.word.as_str(), pair.called.as_str())).collect();
        assert_eq!(pairs, [("rueda", "wheel"), ("nutria", "otter"), ("puente", "bridge")]);
        assert!((called[0].cosine - 1.0).abs() < 1e-5);
    }

    #[test]
    fn what_is_no_file_of_vectors_is_told() {
        let read = |text: &str| Vectors::read(text.as_bytes(), 10);
        assert!(matches!(read("a 1 2\nb 1\n"), Err(VectorsError::Line { line: 2, .. })));
        assert!(matches!(read("<html>\n"), Err(VectorsError::Line { line: 1, .. })));
        assert!(matches!(read("2 3\n"), Err(VectorsError::Empty)));
        let (two, three) = (read("a 1 2\n").unwrap(), read("a 1 2 3\n").unwrap());
        assert!(matches!(two.called(&three, 0.5), Err(VectorsError::Widths(2, 3))));
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
