//! The reasons for a placement, in words for an editor.

use courant_model::{ArticleId, Reason, StoryId};

use crate::group::{
    index::{
        compare::Query,
        search::StoryCandidate,
        stories::Stories,
        window::{Doc, Window},
    },
    prepare::{
        article::{Prepared, Term},
        credits::Credits,
    },
};

/// Maximum number of shared terms that a reason lists.
const MAX_NAMED_TERMS: usize = 8;

pub(in crate::group) fn copy(of: ArticleId, overlap: f64) -> Reason {
    Reason::new("copy", format!("{:.0} % of the shorter text is in {of}", 100.0 * overlap))
}

/// The agency that a copy credits, and whether its own article is the original.
pub(in crate::group) fn credit(copy: &Doc, original: Option<&Doc>) -> Option<Reason> {
    if copy.credits == Credits::default() {
        return None;
    }
    let own = original.map_or(Credits::default(), |original| copy.credits.intersection(original.agency));
    Some(Reason::new(
        "credit",
        if own == Credits::default() {
            format!("the article credits {}", copy.credits.names())
        } else {
            format!("the article credits {}, whose own article is the original", own.names())
        },
    ))
}

/// An article replaces the original, because the original credits the agency that published this
/// article.
pub(in crate::group) fn original(article: &Doc, before: &Doc, overlap: f64) -> Reason {
    Reason::new(
        "original",
        format!(
            "{} has {:.0} % of the shorter text and credits {}, whose own article this is",
            before.id,
            100.0 * overlap,
            before.credits.intersection(article.agency).names()
        ),
    )
}

pub(in crate::group) fn roundup() -> Reason {
    Reason::new("round_up", "the headline announces a roundup, which joins no story")
}

pub(in crate::group) fn merged(from: StoryId, into: StoryId) -> Reason {
    Reason::new(
        "merged",
        format!("the article fits {from} and {into}, and their articles are similar enough to merge them"),
    )
}

/// Why the article joined the best of the scored candidates, or none.
pub(in crate::group) fn decision(
    article: &Prepared,
    query: &Query,
    scored: &[(f64, StoryCandidate)],
    joins: bool,
    window: &Window,
    stories: &Stories,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let Some((probability, best)) = scored.first() else {
        reasons.push(Reason::new("opened", "no article in the window shares a term with it"));
        return reasons;
    };
    let score = |probability: f64| (100.0 * probability).round();
    if joins {
        let near = window.doc(best.nearest);
        reasons.push(Reason::new("similar", format!("{} % similar to {}", score(*probability), near.id)));
        let (words, names) = shared(article, query, best.nearest, window);
        if !words.is_empty() {
            reasons.push(Reason::new("shared_terms", words));
        }
        if !names.is_empty() {
            reasons.push(Reason::new("shared_names", names));
        }
    } else {
        reasons.push(Reason::new("opened", "no story is similar enough"));
    }
    if let Some((probability, next)) = scored.get(usize::from(joins)) {
        let story = stories.get(next.story).id;
        reasons.push(Reason::new("runner_up", format!("{story} with {} %", score(*probability))));
    }
    reasons
}

/// The rarest words and the rarest names that the loaded article shares with another.
fn shared(article: &Prepared, query: &Query, with: u32, window: &Window) -> (String, String) {
    let mut found: Vec<(u32, bool, &Term)> = Vec::new();
    for &(slot, weights) in &window.doc(with).terms {
        // An article is loaded in the order of its terms.
        if let Some(term) = query.place_of(slot).and_then(|place| article.terms.get(place)) {
            found.push((window.frequency(slot), term.weights.name > 0 && weights.name > 0, term));
        }
    }
    found.sort_unstable_by_key(|&(frequency, _, term)| (frequency, term.key));
    let list = |names: bool| {
        let texts: Vec<&str> = found
            .iter()
            .filter(|&&(_, is_name, _)| is_name == names)
            .take(MAX_NAMED_TERMS)
            .map(|&(_, _, term)| article.spelled(term))
            .collect();
        texts.join(", ")
    };
    (list(false), list(true))
}
