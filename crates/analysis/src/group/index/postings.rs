//! The terms of the window, each with the articles in which it occurs.

use std::hash::Hasher;

/// An occurrence of a term in an article.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Posting {
    pub(super) doc: u32,
    pub(super) all: u8,
    pub(super) name: u8,
}

/// Passes keys through unchanged, because keys of terms are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
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
pub(super) struct TermSlot {
    pub(super) key: u64,
    /// Its first occurrence while there is no other: most terms occur once and need no list.
    single: Posting,
    /// By article, oldest first; those before `start` have left. Empty until there is a second one.
    pub(super) postings: Vec<Posting>,
    start: u32,
    /// Number of articles of the window in which it occurs.
    pub(super) frequency: u32,
}

impl TermSlot {
    /// The occurrences in the window, if any.
    pub(super) fn current(&self) -> &[Posting] {
        if self.postings.is_empty() {
            std::slice::from_ref(&self.single)
        } else {
            &self.postings[self.start as usize..]
        }
    }

    /// Adds an occurrence at its position.
    pub(super) fn add(&mut self, posting: Posting) {
        self.frequency += 1;
        if self.frequency == 1 {
            self.single = posting;
            return;
        }
        if self.postings.is_empty() {
            self.postings.push(self.single);
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

    /// Removes the oldest occurrence.
    pub(super) fn remove_oldest(&mut self) {
        if self.postings.is_empty() {
            return;
        }
        self.start += 1;
        if self.start as usize * 2 > self.postings.len() + 8 {
            self.postings.drain(..self.start as usize);
            self.start = 0;
            // A term that is no longer in the news frees its memory.
            if self.postings.capacity() > 4 * self.postings.len() + 8 {
                self.postings.shrink_to(2 * self.postings.len());
            }
        }
    }
}

/// The frequency level of a term that this many articles have: `64 × ln(n + 1/2)`, rounded down.
pub(super) fn level(articles: usize) -> u16 {
    let n = articles as f64;
    if n < 1.0 { 0 } else { (64.0 * (n + 0.5).ln()) as u16 }
}
