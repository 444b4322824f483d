//! The reasons behind a placement, in words for an editor.

use courant_model::{ArticleId, Reason, StoryId};

use crate::group::{
    index::{
        compare::Query,
        search::Candidate,
        stories::Stories,
        window::{Doc, Window},
    },
    prepare::{
        article::{Prepared, Term},
        credits::Credits,
    },
};

/// Shared terms that a reason names.
const NAMED: usize = 8;

pub(in crate::group) fn copy(of: ArticleId, overlap: f64) -> Reason {
    Reason::new("copy", format!("{:.0} % of the shorter text stands in {of}", 100.0 * overlap))
}

/// A copy credits an agency; where that agency's own article is the original, it says so.
pub(in crate::group) fn credit(copy: &Doc, original: Option<&Doc>) -> Option<Reason> {
    if copy.credits == Credits::default() {
        return None;
    }
    let own = original.map_or(Credits::default(), |original| copy.credits.and(original.agency));
    Some(Reason::new(
        "credit",
        if own == Credits::default() {
            format!("the article credits {}", copy.credits.names())
        } else {
            format!("the article credits {}, whose own article is the original", own.names())
        },
    ))
}

/// An article takes the place of the original, because that one credits the agency whose own article this is.
pub(in crate::group) fn original(article: &Doc, before: &Doc, overlap: f64) -> Reason {
    Reason::new(
        "original",
        format!(
            "{} has {:.0} % of the shorter text and credits {}, whose own article this is",
            before.id,
            100.0 * overlap,
            before.credits.and(article.agency).names()
        ),
    )
}

pub(in crate::group) fn round_up() -> Reason {
    Reason::new("round_up", "the headline announces a collection of news, which joins no story")
}

pub(in crate::group) fn merged(from: StoryId, into: StoryId) -> Reason {
    Reason::new("merged", format!("fits {from} and {into}, and their articles agree that they are one"))
}

/// Why it joined the first of the weighed candidates, or none.
pub(in crate::group) fn decision(
    article: &Prepared,
    query: &Query,
    weighed: &[(f64, Candidate)],
    joins: bool,
    window: &Window,
    stories: &Stories,
) -> Vec<Reason> {
    let mut because = Vec::new();
    let Some((probability, best)) = weighed.first() else {
        because.push(Reason::new("opened", "no article of the window shares a term with it"));
        return because;
    };
    let score = |probability: f64| (100.0 * probability).round();
    if joins {
        let near = window.doc(best.nearest);
        because.push(Reason::new("similar", format!("{} of 100 with {}", score(*probability), near.id)));
        let (words, names) = shared(article, query, best.nearest, window);
        if !words.is_empty() {
            because.push(Reason::new("shared_terms", words));
        }
        if !names.is_empty() {
            because.push(Reason::new("shared_names", names));
        }
    } else {
        because.push(Reason::new("opened", "no story is similar enough"));
    }
    if let Some((probability, next)) = weighed.get(usize::from(joins)) {
        let story = stories.get(next.story).id;
        because.push(Reason::new("runner_up", format!("{story} with {} of 100", score(*probability))));
    }
    because
}

/// The rarest words and the rarest names that the article that is laid out shares with another.
fn shared(article: &Prepared, query: &Query, with: u32, window: &Window) -> (String, String) {
    let mut found: Vec<(u32, bool, &Term)> = Vec::new();
    for &(slot, weights) in &window.doc(with).terms {
        // An article is laid out in the order of its terms.
        if let Some(term) = query.place_of(slot).and_then(|place| article.terms.get(place)) {
            found.push((window.frequency(slot), term.weights.name > 0 && weights.name > 0, term));
        }
    }
    found.sort_unstable_by_key(|&(frequency, _, term)| (frequency, term.key));
    let list = |names: bool| {
        let texts: Vec<&str> = found
            .iter()
            .filter(|&&(_, is_name, _)| is_name == names)
            .take(NAMED)
            .map(|&(_, _, term)| article.spelled(term))
            .collect();
        texts.join(", ")
    };
    (list(false), list(true))
}
