//! How alike two articles are, in four views.
//!
//! The views are the title, the lead (title and first words), all words, and names with numbers. In each,
//! articles are vectors of `(1 + ln occurrences) × idf`, compared by their cosine, with the frequencies of the
//! window as it is now. An article's terms always stand in one order, so that sums always come out the same.

use super::window::{Doc, Window};
use crate::group::prepare::article::{MAX_TERMS, Weights};

/// How alike two articles are; cosines from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::group) struct Likeness {
    pub(in crate::group) all: f32,
    pub(in crate::group) title: f32,
    pub(in crate::group) lead: f32,
    pub(in crate::group) name: f32,
    /// Sum of the idf of the words and of the names that both have.
    pub(in crate::group) shared_all: f32,
    pub(in crate::group) shared_names: f32,
    /// The part of the article's title that stands anywhere in the other, and the other way round.
    pub(in crate::group) title_in_all: f32,
    pub(in crate::group) all_in_title: f32,
    /// What both have, as a part of what the one with less has: of the idf of names, and of that of words.
    pub(in crate::group) names_contained: f32,
    pub(in crate::group) words_contained: f32,
}

impl Likeness {
    /// One figure for all views, for the order of candidates before the learned decision.
    pub(in crate::group) fn blend(&self) -> f32 {
        0.4 * self.all + 0.2 * self.title + 0.2 * self.lead + 0.2 * self.name
    }
}

/// Inverse document frequencies of the window at one moment, in whole 64ths.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::group) struct Idf {
    whole: f32,
}

impl Idf {
    /// The moment of a window of this many articles.
    pub(in crate::group) fn of_window(articles: usize) -> Self {
        Self { whole: (64.0 * (articles as f64 + 1.0).ln()).floor() as f32 + 26.0 }
    }

    /// The idf of a slot's term.
    pub(in crate::group) fn of(self, slot: u32, window: &Window) -> f32 {
        (self.whole - f32::from(window.level(slot))).max(0.0)
    }
}

/// What an article's terms add up to by themselves.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Squared lengths of the vectors of the four views.
    norms: [f32; 4],
    /// The idf of its words, of its names, and the squared idf of its title's words.
    idf: [f32; 3],
}

impl Sums {
    fn add(&mut self, weights: Weights, once: f32) {
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

impl Weights {
    /// All words, title, lead, names.
    fn by_view(self) -> [f32; 4] {
        [self.all, self.title, self.lead, self.name].map(f32::from)
    }
}

/// A term of the article that is laid out.
#[derive(Debug, Clone, Copy)]
struct Laid {
    slot: u32,
    weights: Weights,
    idf: f32,
    /// How many of the articles compared since the last [`Query::take_backing`] have the term too.
    hits: u8,
}

/// An article laid out for comparison with many.
#[derive(Debug, Default)]
pub(in crate::group) struct Query {
    /// By slot: 1 + the place in `terms`, 0 where the article has not the term.
    places: Vec<u8>,
    terms: Vec<Laid>,
    sums: Sums,
    /// What the last article that was compared shares with it: its place among the other's terms, and 1 + that among
    /// its own.
    shared: Vec<(u8, u8)>,
}

// Places are counted in bytes.
const _: () = assert!(MAX_TERMS < u8::MAX as usize);

impl Query {
    /// Lays an article out.
    pub(in crate::group) fn lay(&mut self, doc: &Doc, window: &Window, idf: Idf) {
        for term in self.terms.drain(..) {
            self.places[term.slot as usize] = 0;
        }
        if self.places.len() < window.slots() {
            self.places.resize(window.slots(), 0);
        }
        self.sums = Sums::default();
        for &(slot, weights) in &doc.terms {
            let idf = idf.of(slot, window);
            self.terms.push(Laid { slot, weights, idf, hits: 0 });
            self.places[slot as usize] = self.terms.len() as u8;
            self.sums.add(weights, idf);
        }
    }

    /// The place among the terms of the article that is laid out, where it has the term.
    pub(in crate::group) fn place_of(&self, slot: u32) -> Option<usize> {
        usize::from(self.places[slot as usize]).checked_sub(1)
    }

    /// Compares it with another article of the window.
    pub(in crate::group) fn like(&mut self, other: &Doc, window: &Window, idf: Idf) -> Likeness {
        let mut theirs = Sums::default();
        // Which terms are shared can't be foretold: they are gathered without a branch.
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
        Likeness {
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

/// How much of an article stands in several others together; each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::group) struct Backing {
    /// The part of its title that stands in any of them.
    pub(in crate::group) title_covered: f32,
    /// The part of its title, and of all its words, that stands in one of them on the average.
    pub(in crate::group) title_backed: f32,
    pub(in crate::group) all_backed: f32,
}

impl Query {
    /// How much of the article the articles have that were compared since this was last asked.
    pub(in crate::group) fn take_backing(&mut self, compared: usize) -> Backing {
        let (mut covered, mut title, mut all) = (0.0, 0.0, 0.0);
        for term in &mut self.terms {
            let hits = f32::from(std::mem::take(&mut term.hits));
            if hits <= 0.0 {
                continue;
            }
            let Laid { weights, idf, .. } = *term;
            covered += if weights.title > 0 { idf * idf } else { 0.0 };
            title += if weights.title > 0 { hits * idf * idf } else { 0.0 };
            all += if weights.all > 0 { hits * idf } else { 0.0 };
        }
        let compared = compared.max(1) as f32;
        let [words, _, whole_title] = self.sums.idf;
        Backing {
            title_covered: share(covered, whole_title),
            title_backed: share(title, compared * whole_title),
            all_backed: share(all, compared * words),
        }
    }
}

impl Likeness {
    /// The higher of two in each figure.
    pub(in crate::group) fn highest(&self, other: &Self) -> Self {
        self.with(other, f32::max)
    }

    /// The sum of two in each figure.
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
