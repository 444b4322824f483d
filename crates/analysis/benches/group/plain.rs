//! The peer: a bare online clusterer by TF-IDF, as one would write it in an afternoon.
//!
//! Lower-case words of title and text, weighted by `(1 + ln occurrences) × idf` with the current
//! frequencies; the articles that share a word which is not too frequent are scored by an inverted
//! index; an article joins the story of the nearest one whose cosine is high enough. No names, no
//! copies, no times, no learned decision, no merges, no reasons; articles leave the window as they
//! do in Courant.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

/// Words in more articles than this propose no candidates.
const FREQUENT: usize = 200;
/// Minimum cosine for an article to join.
const JOIN_AT: f32 = 0.3;

struct Doc {
    /// Sorted by word.
    vector: Vec<(u64, f32)>,
    story: usize,
}

pub(crate) struct Plain {
    window: usize,
    base: usize,
    stories: usize,
    docs: VecDeque<Doc>,
    index: FxHashMap<u64, VecDeque<usize>>,
}

impl Plain {
    pub(crate) fn new(window: usize) -> Self {
        Self { window, base: 0, stories: 0, docs: VecDeque::new(), index: FxHashMap::default() }
    }

    pub(crate) const fn stories(&self) -> usize {
        self.stories
    }

    pub(crate) fn place(&mut self, title: &str, text: &str) -> usize {
        let vector = self.vector(title, text);
        let mut candidates: FxHashMap<usize, f32> = FxHashMap::default();
        for (word, weight) in &vector {
            if let Some(having) = self.index.get(word).filter(|having| having.len() <= FREQUENT) {
                for doc in having {
                    *candidates.entry(*doc).or_default() += weight;
                }
            }
        }
        let mut candidates: Vec<(f32, usize)> =
            candidates.into_iter().map(|(doc, score)| (score, doc)).collect();
        candidates.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let nearest = candidates
            .iter()
            .take(20)
            .map(|&(_, doc)| (cosine(&vector, &self.docs[doc - self.base].vector), doc))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let story = match nearest {
            Some((likeness, doc)) if likeness >= JOIN_AT => self.docs[doc - self.base].story,
            _ => {
                self.stories += 1;
                self.stories
            }
        };
        let number = self.base + self.docs.len();
        for (word, _) in &vector {
            self.index.entry(*word).or_default().push_back(number);
        }
        self.docs.push_back(Doc { vector, story });
        if self.docs.len() > self.window {
            self.leave();
        }
        story
    }

    fn leave(&mut self) {
        let Some(doc) = self.docs.pop_front() else { return };
        self.base += 1;
        for (word, _) in doc.vector {
            if let Some(having) = self.index.get_mut(&word) {
                having.pop_front();
                if having.is_empty() {
                    self.index.remove(&word);
                }
            }
        }
    }

    /// The words of an article with their weights, normalised to length one.
    fn vector(&self, title: &str, text: &str) -> Vec<(u64, f32)> {
        let mut counts: FxHashMap<String, u32> = FxHashMap::default();
        for word in
            title.split(|c: char| !c.is_alphanumeric()).chain(text.split(|c: char| !c.is_alphanumeric()))
        {
            if word.len() > 2 {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        let all = self.docs.len() as f32 + 1.0;
        let mut vector: Vec<(u64, f32)> = counts
            .into_iter()
            .map(|(word, count)| {
                let word = hash(&word);
                let having = self.index.get(&word).map_or(0, VecDeque::len) as f32 + 1.0;
                (word, (1.0 + (count as f32).ln()) * (1.0 + (all / having).ln()))
            })
            .collect();
        vector.sort_unstable_by_key(|&(word, _)| word);
        let length = vector.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        for (_, weight) in &mut vector {
            *weight /= length.max(1e-6);
        }
        vector
    }
}

fn hash(word: &str) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(word)
}

/// The cosine of two vectors of length one.
fn cosine(a: &[(u64, f32)], b: &[(u64, f32)]) -> f32 {
    let (mut i, mut j, mut dot) = (0, 0, 0.0);
    while let (Some((here, one)), Some((there, other))) = (a.get(i), b.get(j)) {
        dot += if here == there { one * other } else { 0.0 };
        i += usize::from(here <= there);
        j += usize::from(there <= here);
    }
    dot
}
