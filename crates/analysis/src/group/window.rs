//! The articles that may still be joined, and the inverted index over their terms.
//!
//! The window is a queue: articles leave in the order in which they came. Everything in it (frequencies,
//! postings, members) is a function of the articles it holds and of their order, never of those that have
//! left, and sums are of whole numbers; that is why a window rebuilt from the store decides exactly as the one
//! that was lost.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
};

use courant_model::ArticleId;
use rustc_hash::FxHashMap;

use super::{
    prepare::{Prepared, Weights},
    sketch::Sketch,
};

/// An article in the window.
#[derive(Debug, Clone)]
pub(super) struct Doc {
    pub(super) id: ArticleId,
    /// When it entered, never earlier than the one before it; `None` while no article had any time.
    pub(super) entered: Option<i64>,
    /// What the caller said about when it was first seen, or else published.
    pub(super) seen: Option<i64>,
    /// Publication.
    pub(super) time: Option<i64>,
    pub(super) source: u64,
    pub(super) language: u64,
    pub(super) round_up: bool,
    pub(super) title_words: u16,
    pub(super) body_words: u16,
    pub(super) terms: Box<[(u32, Weights)]>,
    pub(super) sketch: Sketch,
    pub(super) copy_of: Option<ArticleId>,
}

/// What a search asks of every article that it touches, kept apart from the rest so that it is near.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Its story, as a number of [`Stories`](super::stories::Stories).
    pub(super) story: u32,
    /// A factor that takes the advantage of long articles away.
    pub(super) by_length: f32,
}

impl Mark {
    fn new(story: u32, terms: usize) -> Self {
        Self { story, by_length: 1.0 / (terms as f32 + 8.0).sqrt() }
    }
}

/// An occurrence of a term in an article.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Posting {
    pub(super) doc: u32,
    pub(super) all: u8,
    pub(super) name: u8,
}

/// Keys of terms are hashes already.
#[derive(Debug, Default, Clone, Copy)]
struct AsItIs(u64);

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
struct Slot {
    key: u64,
    /// Its first occurrence, as long as there was no other: most terms come once and need no list.
    sole: Posting,
    /// By article, oldest first; those before `start` have left. Empty until there is a second one.
    postings: Vec<Posting>,
    start: u32,
}

impl Slot {
    /// The occurrences in the window, where it has any.
    fn present(&self) -> &[Posting] {
        if self.postings.is_empty() {
            std::slice::from_ref(&self.sole)
        } else {
            &self.postings[self.start as usize..]
        }
    }

    /// Adds an occurrence in its place, where the window has so many others.
    fn add(&mut self, posting: Posting, others: u32) {
        if others == 0 {
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
    fn remove_oldest(&mut self) {
        if self.postings.is_empty() {
            return;
        }
        self.start += 1;
        if self.start as usize * 2 > self.postings.len() + 8 {
            self.postings.drain(..self.start as usize);
            self.start = 0;
        }
    }
}

/// The articles of the window and their index.
#[derive(Debug, Default)]
pub(super) struct Window {
    docs: VecDeque<Doc>,
    /// One for each of `docs`.
    marks: VecDeque<Mark>,
    /// The number of the first article in `docs`.
    base: u32,
    by_id: FxHashMap<ArticleId, u32>,
    by_key: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    slots: Vec<Slot>,
    /// In how many articles of the window each slot's term occurs.
    frequency: Vec<u32>,
    free: Vec<u32>,
    newest: Option<i64>,
}

impl Window {
    pub(super) fn len(&self) -> usize {
        self.docs.len()
    }

    /// About how many bytes the articles and the index take.
    pub(super) fn bytes(&self) -> usize {
        /// What a hash table and an allocation need beside their contents.
        const TABLE: usize = 2;
        const BLOCK: usize = 16;
        let docs = self.docs.iter().map(|doc| size_of_val(&*doc.terms) + doc.sketch.bytes() + 2 * BLOCK);
        let postings = self.slots.iter().map(|slot| slot.postings.capacity() * size_of::<Posting>());
        self.docs.capacity() * size_of::<Doc>()
            + self.marks.capacity() * size_of::<Mark>()
            + docs.sum::<usize>()
            + self.slots.capacity() * (size_of::<Slot>() + size_of::<u32>())
            + postings.map(|bytes| if bytes > 0 { bytes + BLOCK } else { 0 }).sum::<usize>()
            + TABLE * self.by_id.len() * size_of::<(ArticleId, u32)>()
            + TABLE * self.by_key.len() * size_of::<(u64, u32)>()
    }

    pub(super) fn number_of(&self, id: ArticleId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The article with this number.
    pub(super) fn doc(&self, number: u32) -> &Doc {
        &self.docs[(number - self.base) as usize]
    }

    pub(super) fn doc_mut(&mut self, number: u32) -> &mut Doc {
        &mut self.docs[(number - self.base) as usize]
    }

    /// The number of the oldest article.
    pub(super) const fn base(&self) -> u32 {
        self.base
    }

    /// What a search asks of the article with this number.
    pub(super) fn mark(&self, number: u32) -> Mark {
        self.marks[(number - self.base) as usize]
    }

    /// The story of the article with this number.
    pub(super) fn story(&self, number: u32) -> u32 {
        self.mark(number).story
    }

    /// Moves an article to a story.
    pub(super) fn set_story(&mut self, number: u32, story: u32) {
        self.marks[(number - self.base) as usize].story = story;
    }

    pub(super) fn oldest(&self) -> Option<&Doc> {
        self.docs.front()
    }

    /// The articles with their stories, oldest first.
    pub(super) fn docs(&self) -> impl Iterator<Item = (&Doc, u32)> {
        self.docs.iter().zip(self.marks.iter().map(|mark| mark.story))
    }

    pub(super) const fn newest(&self) -> Option<i64> {
        self.newest
    }

    pub(super) fn frequency(&self, slot: u32) -> u32 {
        self.frequency[slot as usize]
    }

    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn key_of(&self, slot: u32) -> u64 {
        self.slots[slot as usize].key
    }

    pub(super) fn postings(&self, slot: u32) -> &[Posting] {
        self.slots[slot as usize].present()
    }

    /// Takes an article in as the newest, its fingerprint moved, and gives its number.
    pub(super) fn push(&mut self, article: &mut Prepared, story: u32, copy_of: Option<ArticleId>) -> u32 {
        let number = self.base + self.docs.len() as u32;
        let seen = article.seen.or(article.time);
        self.newest = self.newest.max(seen);
        let terms = self.index(number, article);
        self.by_id.insert(article.id, number);
        self.marks.push_back(Mark::new(story, terms.len()));
        self.docs.push_back(Doc {
            id: article.id,
            entered: self.newest,
            seen,
            time: article.time,
            source: article.source,
            language: article.language,
            round_up: article.round_up,
            title_words: article.title_words,
            body_words: article.body_words,
            terms,
            sketch: std::mem::take(&mut article.sketch),
            copy_of,
        });
        number
    }

    /// Puts a new text in the place of an article's old one.
    pub(super) fn replace(&mut self, number: u32, article: Prepared) {
        let old = std::mem::take(&mut self.doc_mut(number).terms);
        for &(slot, _) in &old {
            let postings = &mut self.slots[slot as usize].postings;
            if let Ok(at) = postings.binary_search_by_key(&number, |posting| posting.doc) {
                postings.remove(at);
            }
            self.forget(slot);
        }
        let terms = self.index(number, &article);
        let mark = Mark::new(self.story(number), terms.len());
        self.marks[(number - self.base) as usize] = mark;
        let doc = self.doc_mut(number);
        doc.terms = terms;
        doc.time = article.time;
        doc.source = article.source;
        doc.language = article.language;
        doc.round_up = article.round_up;
        doc.title_words = article.title_words;
        doc.body_words = article.body_words;
        doc.sketch = article.sketch;
    }

    /// Lets the oldest article go and gives its story.
    pub(super) fn pop(&mut self) -> Option<u32> {
        let doc = self.docs.pop_front()?;
        let mark = self.marks.pop_front()?;
        let number = self.base;
        self.base += 1;
        self.by_id.remove(&doc.id);
        for &(slot, _) in &doc.terms {
            let entry = &mut self.slots[slot as usize];
            debug_assert_eq!(entry.present()[0].doc, number);
            entry.remove_oldest();
            self.forget(slot);
        }
        Some(mark.story)
    }

    /// Takes the newest article out again. The time of the window stays as it is.
    pub(super) fn pop_newest(&mut self) {
        let Some(doc) = self.docs.pop_back() else { return };
        self.marks.pop_back();
        self.by_id.remove(&doc.id);
        for &(slot, _) in &doc.terms {
            self.slots[slot as usize].postings.pop();
            self.forget(slot);
        }
    }

    fn index(&mut self, number: u32, article: &Prepared) -> Box<[(u32, Weights)]> {
        let mut terms = Vec::with_capacity(article.terms.len());
        for term in &article.terms {
            let slot = self.slot_for(term.key);
            let posting = Posting { doc: number, all: term.weights.all, name: term.weights.name };
            self.slots[slot as usize].add(posting, self.frequency[slot as usize]);
            self.frequency[slot as usize] += 1;
            terms.push((slot, term.weights));
        }
        terms.into_boxed_slice()
    }

    fn slot_for(&mut self, key: u64) -> u32 {
        if let Some(&slot) = self.by_key.get(&key) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.frequency.push(0);
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize].key = key;
        self.by_key.insert(key, slot);
        slot
    }

    /// Counts one occurrence less, and frees the slot of a term that nobody has any more.
    fn forget(&mut self, slot: u32) {
        let frequency = &mut self.frequency[slot as usize];
        *frequency -= 1;
        if *frequency == 0 {
            let entry = std::mem::take(&mut self.slots[slot as usize]);
            self.by_key.remove(&entry.key);
            self.free.push(slot);
        }
    }
}
