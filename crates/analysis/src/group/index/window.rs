//! The articles that can still be joined, and the inverted index over their terms.
//!
//! The window is a queue: articles leave in the order of arrival. Everything in it (frequencies,
//! postings, members) is a function of the articles it holds and of their order, never of those
//! that have left, and sums are of whole numbers; that is why a window rebuilt from the store
//! decides exactly like the one that was lost.

use std::{
    collections::{HashMap, VecDeque},
    hash::BuildHasherDefault,
};

use courant_model::ArticleId;
use rustc_hash::FxHashMap;

use super::postings::{IdentityHasher, Posting, TermSlot, level};
use crate::group::prepare::{
    article::{Prepared, TermWeights},
    credits::Credits,
    sketch::Sketch,
};

/// An article in the window.
#[derive(Debug, Clone)]
pub(in crate::group) struct Doc {
    pub(in crate::group) id: ArticleId,
    /// When it entered, never earlier than the one before it; `None` if no article had a time yet.
    pub(in crate::group) entered: Option<i64>,
    /// When it was first seen, or else published, according to the caller.
    pub(in crate::group) first_seen: Option<i64>,
    /// Publication time.
    pub(in crate::group) time: Option<i64>,
    pub(in crate::group) source: u64,
    pub(in crate::group) language: u64,
    pub(in crate::group) is_roundup: bool,
    /// The agencies that its text credits, and the agency that published it.
    pub(in crate::group) credits: Credits,
    pub(in crate::group) agency: Credits,
    pub(in crate::group) title_words: u16,
    pub(in crate::group) body_words: u16,
    pub(in crate::group) terms: Box<[(u32, TermWeights)]>,
    pub(in crate::group) sketch: Sketch,
    pub(in crate::group) copy_of: Option<ArticleId>,
}

/// The articles of the window and their index.
#[derive(Debug, Default)]
pub(in crate::group) struct Window {
    docs: VecDeque<Doc>,
    /// For each of `docs` its story, as a number of [`Stories`](super::stories::Stories), and its
    /// number of terms: a search needs them for every article that it touches, so they are stored
    /// close together.
    of_story: VecDeque<u32>,
    lengths: VecDeque<u8>,
    /// The number of the first article in `docs`.
    base: u32,
    by_id: FxHashMap<ArticleId, u32>,
    by_key: HashMap<u64, u32, BuildHasherDefault<IdentityHasher>>,
    slots: Vec<TermSlot>,
    /// Frequency [`level`] of each slot's term; stored separately because every comparison needs
    /// it.
    levels: Vec<u16>,
    /// The level of every possible frequency.
    level_of: Vec<u16>,
    free: Vec<u32>,
    newest: Option<i64>,
}

impl Window {
    pub(in crate::group) fn len(&self) -> usize {
        self.docs.len()
    }

    /// Approximate bytes used by the articles and the index.
    pub(in crate::group) fn bytes(&self) -> usize {
        /// The overhead of a hash table and of an allocation.
        const TABLE: usize = 2;
        const BLOCK: usize = 16;
        let docs = self.docs.iter().map(|doc| size_of_val(&*doc.terms) + doc.sketch.bytes() + 2 * BLOCK);
        let postings = self.slots.iter().map(|slot| slot.postings.capacity() * size_of::<Posting>());
        self.docs.capacity() * size_of::<Doc>()
            + self.of_story.capacity() * size_of::<u32>()
            + self.lengths.capacity()
            + docs.sum::<usize>()
            + self.slots.capacity() * (size_of::<TermSlot>() + size_of::<u16>())
            + postings.map(|bytes| if bytes > 0 { bytes + BLOCK } else { 0 }).sum::<usize>()
            + TABLE * self.by_id.len() * size_of::<(ArticleId, u32)>()
            + TABLE * self.by_key.len() * size_of::<(u64, u32)>()
    }

    pub(in crate::group) fn number_of(&self, id: ArticleId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The article with this number.
    pub(in crate::group) fn doc(&self, number: u32) -> &Doc {
        &self.docs[(number - self.base) as usize]
    }

    pub(in crate::group) fn doc_mut(&mut self, number: u32) -> &mut Doc {
        &mut self.docs[(number - self.base) as usize]
    }

    /// The number of the oldest article.
    pub(in crate::group) const fn base(&self) -> u32 {
        self.base
    }

    /// How many terms the article with this number has.
    pub(in crate::group) fn length(&self, number: u32) -> u8 {
        self.lengths[(number - self.base) as usize]
    }

    /// The story of the article with this number.
    pub(in crate::group) fn story(&self, number: u32) -> u32 {
        self.of_story[(number - self.base) as usize]
    }

    /// Moves an article to a story.
    pub(in crate::group) fn set_story(&mut self, number: u32, story: u32) {
        self.of_story[(number - self.base) as usize] = story;
    }

    pub(in crate::group) fn oldest(&self) -> Option<&Doc> {
        self.docs.front()
    }

    /// The articles with their stories, oldest first.
    pub(in crate::group) fn docs(&self) -> impl Iterator<Item = (&Doc, u32)> {
        self.docs.iter().zip(self.of_story.iter().copied())
    }

    pub(in crate::group) const fn newest(&self) -> Option<i64> {
        self.newest
    }

    pub(in crate::group) fn frequency(&self, slot: u32) -> u32 {
        self.slots[slot as usize].frequency
    }

    /// The frequency [`level`] of a slot's term.
    pub(in crate::group) fn level(&self, slot: u32) -> u16 {
        self.levels[slot as usize]
    }

    pub(in crate::group) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn postings(&self, slot: u32) -> &[Posting] {
        self.slots[slot as usize].current()
    }

    /// Adds an article as the newest, moving its fingerprint, and returns its number.
    pub(in crate::group) fn push(
        &mut self,
        article: &mut Prepared,
        story: u32,
        copy_of: Option<ArticleId>,
    ) -> u32 {
        let number = self.base + self.docs.len() as u32;
        let first_seen = article.first_seen.or(article.time);
        self.newest = self.newest.max(first_seen);
        let terms = self.index(number, article);
        self.by_id.insert(article.id, number);
        self.of_story.push_back(story);
        self.lengths.push_back(terms.len() as u8);
        self.docs.push_back(Doc {
            id: article.id,
            entered: self.newest,
            first_seen,
            time: article.time,
            source: article.source,
            language: article.language,
            is_roundup: article.is_roundup,
            credits: article.credits,
            agency: article.agency,
            title_words: article.title_words,
            body_words: article.body_words,
            terms,
            sketch: std::mem::take(&mut article.sketch),
            copy_of,
        });
        number
    }

    /// Replaces an article's text.
    pub(in crate::group) fn replace(&mut self, number: u32, article: Prepared) {
        let old = std::mem::take(&mut self.doc_mut(number).terms);
        for &(slot, _) in &old {
            let postings = &mut self.slots[slot as usize].postings;
            if let Ok(at) = postings.binary_search_by_key(&number, |posting| posting.doc) {
                postings.remove(at);
            }
            self.release(slot);
        }
        let terms = self.index(number, &article);
        self.lengths[(number - self.base) as usize] = terms.len() as u8;
        let doc = self.doc_mut(number);
        doc.terms = terms;
        doc.time = article.time;
        doc.source = article.source;
        doc.language = article.language;
        doc.is_roundup = article.is_roundup;
        doc.credits = article.credits;
        doc.agency = article.agency;
        doc.title_words = article.title_words;
        doc.body_words = article.body_words;
        doc.sketch = article.sketch;
    }

    /// Removes the oldest article and returns its story.
    pub(in crate::group) fn pop(&mut self) -> Option<u32> {
        let doc = self.docs.pop_front()?;
        let story = self.of_story.pop_front()?;
        self.lengths.pop_front();
        let number = self.base;
        self.base += 1;
        self.by_id.remove(&doc.id);
        for &(slot, _) in &doc.terms {
            let entry = &mut self.slots[slot as usize];
            debug_assert_eq!(entry.current()[0].doc, number);
            entry.remove_oldest();
            self.release(slot);
        }
        Some(story)
    }

    /// Removes the newest article again. The time of the window does not change.
    pub(in crate::group) fn pop_newest(&mut self) {
        let Some(doc) = self.docs.pop_back() else { return };
        self.of_story.pop_back();
        self.lengths.pop_back();
        self.by_id.remove(&doc.id);
        for &(slot, _) in &doc.terms {
            self.slots[slot as usize].postings.pop();
            self.release(slot);
        }
    }

    fn index(&mut self, number: u32, article: &Prepared) -> Box<[(u32, TermWeights)]> {
        while self.level_of.len() < self.docs.len() + 2 {
            self.level_of.push(level(self.level_of.len()));
        }
        // Terms are first looked up together and then written together, so that memory accesses
        // overlap.
        let known = article.terms.iter().map(|term| self.by_key.get(&term.key).copied().unwrap_or(NO_SLOT));
        let mut terms: Box<[(u32, TermWeights)]> = known.map(|slot| (slot, TermWeights::default())).collect();
        for ((slot, weights), term) in terms.iter_mut().zip(&article.terms) {
            if *slot == NO_SLOT {
                *slot = self.new_slot(term.key);
            }
            *weights = term.weights;
        }
        for &(slot, weights) in &terms {
            let entry = &mut self.slots[slot as usize];
            entry.add(Posting { doc: number, all: weights.all, name: weights.name });
            self.levels[slot as usize] = self.level_of[entry.frequency as usize];
        }
        terms
    }

    fn new_slot(&mut self, key: u64) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(TermSlot::default());
            self.levels.push(0);
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize].key = key;
        self.by_key.insert(key, slot);
        slot
    }

    /// Counts one occurrence less, and frees the slot of a term that no article has any more.
    fn release(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        entry.frequency -= 1;
        self.levels[slot as usize] = self.level_of[entry.frequency as usize];
        if entry.frequency == 0 {
            let entry = std::mem::take(entry);
            self.by_key.remove(&entry.key);
            self.free.push(slot);
        }
    }
}

/// Marks a term without a slot.
const NO_SLOT: u32 = u32::MAX;
