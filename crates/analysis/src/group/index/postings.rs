//! The terms of the window, each with the articles in which it occurs.

use std::hash::Hasher;

/// An occurrence of a term in an article.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Posting {
    pub(super) doc: u32,
    pub(super) all: u8,
    pub(super) name: u8,
}

/// Keys of terms are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |state, &byte| state << 8 | u64::from(byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A term of the window.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) key: u64,
    /// Its first occurrence, as long as there was no other: most terms come once and need no list.
    sole: Posting,
    /// By article, oldest first; those before `start` have left. Empty until there is a second one.
    pub(super) postings: Vec<Posting>,
    start: u32,
    /// In how many articles of the window it occurs.
    pub(super) frequency: u32,
}

impl Slot {
    /// The occurrences in the window, where it has any.
    pub(super) fn present(&self) -> &[Posting] {
        if self.postings.is_empty() {
            std::slice::from_ref(&self.sole)
        } else {
            &self.postings[self.start as usize..]
        }
    }

    /// Adds an occurrence in its place.
    pub(super) fn add(&mut self, posting: Posting) {
        self.frequency += 1;
        if self.frequency == 1 {
            self.sole = posting;
            return;
        }
        if self.postings.is_empty() {
            self.postings.push(self.sole);
        }
        match self.postings.last() {
            Some(last) if last.doc > posting.doc => {
                let start = self.start as usize;
                let at = start + self.postings[start..].partition_point(|other| other.doc < posting.doc);
                self.postings.insert(at, posting);
            }
            _ => self.postings.push(posting),
        }
    }

    /// Takes the oldest occurrence out.
    pub(super) fn remove_oldest(&mut self) {
        if self.postings.is_empty() {
            return;
        }
        self.start += 1;
        if self.start as usize * 2 > self.postings.len() + 8 {
            self.postings.drain(..self.start as usize);
            self.start = 0;
            // A term that was in the news and is no longer gives its memory back.
            if self.postings.capacity() > 4 * self.postings.len() + 8 {
                self.postings.shrink_to(2 * self.postings.len());
            }
        }
    }
}

/// How frequent a term is that this many articles have: `64 × ln(n + 1/2)`, whole.
pub(super) fn level(articles: usize) -> u16 {
    let n = articles as f64;
    if n < 1.0 { 0 } else { (64.0 * (n + 0.5).ln()) as u16 }
}
