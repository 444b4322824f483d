//! How similar two articles are, in four views.
//!
//! The views are the title, the lead (title and first words), all words, and names with numbers. In
//! each, articles are vectors of `(1 + ln occurrences) × idf`, compared by their cosine, with the
//! current frequencies of the window. An article's terms always have the same order, so that sums
//! are always the same.

use super::window::{Doc, Window};
use crate::group::prepare::article::{MAX_TERMS, TermWeights};

/// How similar two articles are; cosines from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::group) struct Similarity {
    pub(in crate::group) all: f32,
    pub(in crate::group) title: f32,
    pub(in crate::group) lead: f32,
    pub(in crate::group) name: f32,
    /// Sum of the inverse document frequencies of the shared words, and of the shared names.
    pub(in crate::group) shared_all: f32,
    pub(in crate::group) shared_names: f32,
    /// The share of the article's title that occurs anywhere in the other, and the reverse.
    pub(in crate::group) title_in_all: f32,
    pub(in crate::group) all_in_title: f32,
    /// The shared names, and the shared words, as a share of those of the article with fewer,
    /// weighted by inverse document frequency.
    pub(in crate::group) names_contained: f32,
    pub(in crate::group) words_contained: f32,
}

impl Similarity {
    /// One number for all views, to order candidates before the learned decision.
    pub(in crate::group) fn blend(&self) -> f32 {
        0.4 * self.all + 0.2 * self.title + 0.2 * self.lead + 0.2 * self.name
    }
}

/// Inverse document frequencies of the window at one instant, in whole 64ths.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::group) struct Idf {
    whole: f32,
}

impl Idf {
    /// For a window with this number of articles.
    pub(in crate::group) fn of_window(articles: usize) -> Self {
        Self { whole: (64.0 * (articles as f64 + 1.0).ln()).floor() as f32 + 26.0 }
    }

    /// The inverse document frequency of a slot's term.
    pub(in crate::group) fn of(self, slot: u32, window: &Window) -> f32 {
        (self.whole - f32::from(window.level(slot))).max(0.0)
    }
}

/// Sums over an article's terms.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Squared lengths of the vectors of the four views.
    norms: [f32; 4],
    /// The inverse document frequencies of its words, of its names, and the squared ones of its
    /// title's words.
    idf: [f32; 3],
}

impl Sums {
    fn add(&mut self, weights: TermWeights, once: f32) {
        let squared = once * once;
        let weights = weights.by_view();
        for (norm, weight) in self.norms.iter_mut().zip(weights) {
            *norm += weight * weight * squared;
        }
        let [all, title, _, name] = weights;
        self.idf[0] += if all > 0.0 { once } else { 0.0 };
        self.idf[1] += if name > 0.0 { once } else { 0.0 };
        self.idf[2] += if title > 0.0 { squared } else { 0.0 };
    }
}

impl TermWeights {
    /// All words, title, lead, names.
    fn by_view(self) -> [f32; 4] {
        [self.all, self.title, self.lead, self.name].map(f32::from)
    }
}

/// A term of the loaded article.
#[derive(Debug, Clone, Copy)]
struct QueryTerm {
    slot: u32,
    weights: TermWeights,
    idf: f32,
    /// The number of articles compared since the last [`Query::take_coverage`] that also have the
    /// term.
    hits: u8,
}

/// An article loaded for comparison with many.
#[derive(Debug, Default)]
pub(in crate::group) struct Query {
    /// By slot: 1 + the position in `terms`, 0 if the article does not have the term.
    places: Vec<u8>,
    terms: Vec<QueryTerm>,
    sums: Sums,
    /// The terms shared with the last compared article: the position among the other's terms, and 1
    /// + the position among its own.
    shared: Vec<(u8, u8)>,
}

// Positions are stored in bytes.
const _: () = assert!(MAX_TERMS < u8::MAX as usize);

impl Query {
    /// Loads an article.
    pub(in crate::group) fn load(&mut self, doc: &Doc, window: &Window, idf: Idf) {
        for term in self.terms.drain(..) {
            self.places[term.slot as usize] = 0;
        }
        if self.places.len() < window.slots() {
            self.places.resize(window.slots(), 0);
        }
        self.sums = Sums::default();
        for &(slot, weights) in &doc.terms {
            let idf = idf.of(slot, window);
            self.terms.push(QueryTerm { slot, weights, idf, hits: 0 });
            self.places[slot as usize] = self.terms.len() as u8;
            self.sums.add(weights, idf);
        }
    }

    /// The position among the terms of the loaded article, if it has the term.
    pub(in crate::group) fn place_of(&self, slot: u32) -> Option<usize> {
        usize::from(self.places[slot as usize]).checked_sub(1)
    }

    /// Compares it with another article of the window.
    pub(in crate::group) fn compare(&mut self, other: &Doc, window: &Window, idf: Idf) -> Similarity {
        let mut theirs = Sums::default();
        // The processor can't predict which terms are shared: they are collected without a branch.
        self.shared.resize(other.terms.len(), (0, 0));
        let mut found = 0;
        for (at, &(slot, weights)) in other.terms.iter().enumerate() {
            theirs.add(weights, idf.of(slot, window));
            let place = self.places[slot as usize];
            self.shared[found] = (at as u8, place);
            found += usize::from(place > 0);
        }
        let mut dots = [0_f32; 4];
        let mut shared = Sums::default();
        let mut other_title_found = 0.0;
        for &(at, place) in &self.shared[..found] {
            let weights = other.terms[usize::from(at)].1;
            let ours = &mut self.terms[usize::from(place) - 1];
            ours.hits += 1;
            let once = ours.idf;
            let squared = once * once;
            let (ours, weights) = (ours.weights.by_view(), weights.by_view());
            for ((dot, ours), theirs) in dots.iter_mut().zip(ours).zip(weights) {
                *dot += ours * theirs * squared;
            }
            shared.idf[0] += if ours[0] > 0.0 && weights[0] > 0.0 { once } else { 0.0 };
            shared.idf[1] += if ours[3] > 0.0 && weights[3] > 0.0 { once } else { 0.0 };
            shared.idf[2] += if ours[1] > 0.0 { squared } else { 0.0 };
            other_title_found += if weights[1] > 0.0 { squared } else { 0.0 };
        }
        let cosine = |view: usize| {
            let norm = self.sums.norms[view].sqrt() * theirs.norms[view].sqrt();
            if norm > 0.0 { dots[view] / norm } else { 0.0 }
        };
        let [words, names, title] = self.sums.idf;
        Similarity {
            all: cosine(0),
            title: cosine(1),
            lead: cosine(2),
            name: cosine(3),
            shared_all: shared.idf[0] / 64.0,
            shared_names: shared.idf[1] / 64.0,
            title_in_all: share(shared.idf[2], title),
            all_in_title: share(other_title_found, theirs.idf[2]),
            names_contained: share(shared.idf[1], names.min(theirs.idf[1])),
            words_contained: share(shared.idf[0], words.min(theirs.idf[0])),
        }
    }
}

fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// How much of an article occurs in several others together; each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::group) struct Coverage {
    /// The share of its title that occurs in any of them.
    pub(in crate::group) title_covered: f32,
    /// The share of its title, and of all its words, that occurs in one of them on average.
    pub(in crate::group) title_backed: f32,
    pub(in crate::group) all_backed: f32,
}

impl Query {
    /// How much of the loaded article occurs in the articles compared since the last call.
    pub(in crate::group) fn take_coverage(&mut self, compared: usize) -> Coverage {
        let (mut covered, mut title, mut all) = (0.0, 0.0, 0.0);
        for term in &mut self.terms {
            let hits = f32::from(std::mem::take(&mut term.hits));
            if hits <= 0.0 {
                continue;
            }
            let QueryTerm { weights, idf, .. } = *term;
            covered += if weights.title > 0 { idf * idf } else { 0.0 };
            title += if weights.title > 0 { hits * idf * idf } else { 0.0 };
            all += if weights.all > 0 { hits * idf } else { 0.0 };
        }
        let compared = compared.max(1) as f32;
        let [words, _, whole_title] = self.sums.idf;
        Coverage {
            title_covered: share(covered, whole_title),
            title_backed: share(title, compared * whole_title),
            all_backed: share(all, compared * words),
        }
    }
}

impl Similarity {
    /// The higher of two, for each number.
    pub(in crate::group) fn highest(&self, other: &Self) -> Self {
        self.with(other, f32::max)
    }

    /// The sum of two, for each number.
    pub(in crate::group) fn plus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    fn with(&self, other: &Self, of: impl Fn(f32, f32) -> f32) -> Self {
        Self {
            all: of(self.all, other.all),
            title: of(self.title, other.title),
            lead: of(self.lead, other.lead),
            name: of(self.name, other.name),
            shared_all: of(self.shared_all, other.shared_all),
            shared_names: of(self.shared_names, other.shared_names),
            title_in_all: of(self.title_in_all, other.title_in_all),
            all_in_title: of(self.all_in_title, other.all_in_title),
            names_contained: of(self.names_contained, other.names_contained),
            words_contained: of(self.words_contained, other.words_contained),
        }
    }
}
