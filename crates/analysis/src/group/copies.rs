//! Finds copies: the same text at another URL.
//!
//! The fingerprints tell how much of the shorter text is in the longer one. Texts made from one
//! template (the same sentences with other names and numbers) overlap as much as copies do, so the
//! names and numbers of the shorter text must occur in the longer one too.

use super::index::window::{Doc, Window};

/// Minimum share of the shorter text's names and numbers that a copy must have.
const MIN_SHARED_FACTS: f64 = 0.75;

/// An article whose text is repeated.
#[derive(Debug, Clone, Copy)]
pub(super) struct CopyMatch {
    /// The number of the article whose text is repeated.
    pub(super) of: u32,
    /// The share of the shorter text that is in the longer one.
    pub(super) overlap: f64,
}

/// The candidate whose text this article repeats most; the older one if equal.
pub(super) fn find_original(
    number: u32,
    candidates: &[u32],
    min_overlap: f64,
    window: &Window,
) -> Option<CopyMatch> {
    let doc = window.doc(number);
    if !doc.sketch.is_long_enough() {
        return None;
    }
    let mut found: Option<CopyMatch> = None;
    for &of in candidates {
        let other = window.doc(of);
        if !other.sketch.is_long_enough() {
            continue;
        }
        let overlap = doc.sketch.overlap(&other.sketch);
        let better = found.is_none_or(|best| {
            overlap > best.overlap || overlap.to_bits() == best.overlap.to_bits() && of < best.of
        });
        if overlap >= min_overlap && better && shared_facts(doc, other) >= MIN_SHARED_FACTS {
            found = Some(CopyMatch { of, overlap });
        }
    }
    found
}

/// The share of the names and numbers of the shorter text that occur in the longer one; 1 if it has
/// none.
pub(super) fn shared_facts(a: &Doc, b: &Doc) -> f64 {
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
