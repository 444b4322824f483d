//! How alike two articles are, in four views.
//!
//! The views are the title, the lead (title and first words), all words, and names with numbers. In each,
//! articles are vectors of `(1 + ln occurrences) × idf`, compared by their cosine, with the frequencies of the
//! window as it is now. Sums are of whole numbers (idf in 64ths), so that they don't depend on any order.

use super::prepare::Weights;
use super::window::{Doc, Window};

/// How alike two articles are; cosines from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Likeness {
    pub(super) all: f32,
    pub(super) title: f32,
    pub(super) lead: f32,
    pub(super) name: f32,
    /// Sum of the idf of the words and of the names that both have.
    pub(super) shared_all: f32,
    pub(super) shared_names: f32,
    /// The part of the article's title that stands anywhere in the other, and the other way round.
    pub(super) title_in_all: f32,
    pub(super) all_in_title: f32,
    /// What both have, as a part of what the one with less has: of the idf of names, and of that of words.
    pub(super) names_contained: f32,
    pub(super) words_contained: f32,
}

impl Likeness {
    /// One figure for all views, for the order of candidates before the learned decision.
    pub(super) fn blend(&self) -> f32 {
        0.4 * self.all + 0.2 * self.title + 0.2 * self.lead + 0.2 * self.name
    }
}

/// Inverse document frequencies of the window at one moment, in 64ths.
#[derive(Debug, Default)]
pub(super) struct Idf {
    /// `64 × ln(n + 1/2)` by n.
    logarithms: Vec<u32>,
    whole: u32,
}

impl Idf {
    /// Sets the moment: a window of this many articles.
    pub(super) fn set(&mut self, articles: usize) {
        while self.logarithms.len() <= articles + 1 {
            let n = self.logarithms.len() as f64;
            self.logarithms.push(if n < 1.0 { 0 } else { (64.0 * (n + 0.5).ln()) as u32 });
        }
        self.whole = (64.0 * (articles as f64 + 1.0).ln()) as u32 + 26;
    }

    /// The idf of a term that this many articles have.
    pub(super) fn of(&self, frequency: u32) -> u64 {
        u64::from(self.whole.saturating_sub(self.logarithms[frequency as usize]))
    }
}

/// An article laid out for comparison with many.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// By slot; all zero where the article has not the term.
    weights: Vec<Weights>,
    filled: Vec<u32>,
    /// By slot; how many of the articles compared since the last [`Query::take_backing`] have the term too.
    hits: Vec<u8>,
    norms: [u64; 4],
    title: u64,
    /// Sums of the idf of all words and of all names.
    words: u64,
    names: u64,
}

impl Query {
    /// Lays an article out.
    pub(super) fn lay(&mut self, doc: &Doc, window: &Window, idf: &Idf) {
        for slot in self.filled.drain(..) {
            self.weights[slot as usize] = Weights::default();
        }
        if self.weights.len() < window.slots() {
            self.weights.resize(window.slots(), Weights::default());
            self.hits.resize(window.slots(), 0);
        }
        self.norms = [0; 4];
        (self.title, self.words, self.names) = (0, 0, 0);
        for &(slot, weights) in &doc.terms {
            self.weights[slot as usize] = weights;
            self.filled.push(slot);
            let once = idf.of(window.frequency(slot));
            let squared = once * once;
            add_norms(&mut self.norms, weights, squared);
            self.words += if weights.all > 0 { once } else { 0 };
            self.names += if weights.name > 0 { once } else { 0 };
            self.title += if weights.title > 0 { squared } else { 0 };
        }
    }

    /// Compares it with another article of the window.
    pub(super) fn like(&mut self, other: &Doc, window: &Window, idf: &Idf) -> Likeness {
        let mut norms = [0_u64; 4];
        let mut dots = [0_u64; 4];
        let (mut shared_all, mut shared_names) = (0, 0);
        let (mut words, mut names) = (0, 0);
        let (mut title_found, mut other_title, mut other_title_found) = (0, 0, 0);
        for &(slot, theirs) in &other.terms {
            let once = idf.of(window.frequency(slot));
            let squared = once * once;
            add_norms(&mut norms, theirs, squared);
            other_title += if theirs.title > 0 { squared } else { 0 };
            words += if theirs.all > 0 { once } else { 0 };
            names += if theirs.name > 0 { once } else { 0 };
            let ours = self.weights[slot as usize];
            if ours == Weights::default() {
                continue;
            }
            self.hits[slot as usize] += 1;
            dots[0] += u64::from(ours.all) * u64::from(theirs.all) * squared;
            dots[1] += u64::from(ours.title) * u64::from(theirs.title) * squared;
            dots[2] += u64::from(ours.lead) * u64::from(theirs.lead) * squared;
            dots[3] += u64::from(ours.name) * u64::from(theirs.name) * squared;
            shared_all += if ours.all > 0 && theirs.all > 0 { once } else { 0 };
            shared_names += if ours.name > 0 && theirs.name > 0 { once } else { 0 };
            title_found += if ours.title > 0 { squared } else { 0 };
            other_title_found += if theirs.title > 0 { squared } else { 0 };
        }
        let cosine = |view: usize| {
            let norm = (self.norms[view] as f64) * (norms[view] as f64);
            if norm > 0.0 { (dots[view] as f64 / norm.sqrt()) as f32 } else { 0.0 }
        };
        let share = |part: u64, whole: u64| if whole > 0 { (part as f64 / whole as f64) as f32 } else { 0.0 };
        Likeness {
            all: cosine(0),
            title: cosine(1),
            lead: cosine(2),
            name: cosine(3),
            shared_all: shared_all as f32 / 64.0,
            shared_names: shared_names as f32 / 64.0,
            title_in_all: share(title_found, self.title),
            all_in_title: share(other_title_found, other_title),
            names_contained: share(shared_names, self.names.min(names)),
            words_contained: share(shared_all, self.words.min(words)),
        }
    }
}

/// How much of an article stands in several others together; each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Backing {
    /// The part of its title that stands in any of them.
    pub(super) title_covered: f32,
    /// The part of its title, and of all its words, that stands in one of them on the average.
    pub(super) title_backed: f32,
    pub(super) all_backed: f32,
}

impl Query {
    /// How much of the article the articles have that were compared since this was last asked.
    pub(super) fn take_backing(&mut self, compared: usize, window: &Window, idf: &Idf) -> Backing {
        let (mut covered, mut title, mut all) = (0, 0, 0);
        for &slot in &self.filled {
            let hits = u64::from(std::mem::take(&mut self.hits[slot as usize]));
            if hits == 0 {
                continue;
            }
            let weights = self.weights[slot as usize];
            let once = idf.of(window.frequency(slot));
            covered += if weights.title > 0 { once * once } else { 0 };
            title += if weights.title > 0 { hits * once * once } else { 0 };
            all += if weights.all > 0 { hits * once } else { 0 };
        }
        let share = |part: u64, whole: u64| if whole > 0 { (part as f64 / whole as f64) as f32 } else { 0.0 };
        let compared = compared.max(1) as u64;
        Backing {
            title_covered: share(covered, self.title),
            title_backed: share(title, compared * self.title),
            all_backed: share(all, compared * self.words),
        }
    }
}

fn add_norms(norms: &mut [u64; 4], weights: Weights, squared: u64) {
    for (norm, weight) in norms.iter_mut().zip([weights.all, weights.title, weights.lead, weights.name]) {
        *norm += u64::from(weight).pow(2) * squared;
    }
}

impl Likeness {
    /// The higher of two in each figure.
    pub(super) fn highest(&self, other: &Self) -> Self {
        self.with(other, f32::max)
    }

    /// The sum of two in each figure.
    pub(super) fn plus(&self, other: &Self) -> Self {
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
