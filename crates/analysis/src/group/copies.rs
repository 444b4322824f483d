//! Copies: the same text under another address.
//!
//! The fingerprints say how much of the shorter text stands in the longer. Texts made from one template (the
//! same sentences with other names and numbers) overlap as much as copies do, so the names and numbers of the
//! shorter text must stand in the longer one too.

use super::index::window::{Doc, Window};

/// The share of the shorter text's names and numbers that a copy must have.
const FACTS_SHARED: f64 = 0.75;

/// A text found to be another's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copy {
    /// The article whose text it is, by its number.
    pub(super) of: u32,
    /// The share of the shorter text that stands in the longer.
    pub(super) overlap: f64,
}

/// The article, among these, whose text this one most repeats; the older where equal.
pub(super) fn find(number: u32, among: &[u32], least: f64, window: &Window) -> Option<Copy> {
    let doc = window.doc(number);
    if !doc.sketch.tells() {
        return None;
    }
    let mut found: Option<Copy> = None;
    for &of in among {
        let other = window.doc(of);
        if !other.sketch.tells() {
            continue;
        }
        let overlap = doc.sketch.overlap(&other.sketch);
        let better = found.is_none_or(|best| {
            overlap > best.overlap || overlap.to_bits() == best.overlap.to_bits() && of < best.of
        });
        if overlap >= least && better && facts_shared(doc, other) >= FACTS_SHARED {
            found = Some(Copy { of, overlap });
        }
    }
    found
}

/// The share of the names and numbers of the shorter text that stand in the longer; 1 where it has none.
pub(super) fn facts_shared(a: &Doc, b: &Doc) -> f64 {
    let (shorter, longer) = if a.body_words <= b.body_words { (a, b) } else { (b, a) };
    let mut theirs: Vec<u32> = longer.terms.iter().map(|&(slot, _)| slot).collect();
    theirs.sort_unstable();
    let (mut facts, mut shared) = (0_usize, 0_usize);
    for &(slot, weights) in &shorter.terms {
        if weights.name > 0 && weights.all > 0 {
            facts += 1;
            shared += usize::from(theirs.binary_search(&slot).is_ok());
        }
    }
    if facts == 0 { 1.0 } else { shared as f64 / facts as f64 }
}
