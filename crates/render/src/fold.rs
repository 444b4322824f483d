//! Which articles of a story stand for themselves, and which repeat one of them.

use std::collections::HashMap;

use courant_model::ArticleId;

use crate::{Publication, index::time_of};

/// How often a copy of a copy is followed to its original.
const COPY_STEPS: usize = 8;

/// An article that stands for itself, with the copies that are folded under it.
pub(crate) struct Folded {
    pub(crate) article: usize,
    pub(crate) copies: Vec<usize>,
}

/// These articles in the order of their times, each copy under the article that it repeats. The lead is never
/// folded away.
pub(crate) fn fold(publication: &Publication, articles: &[usize], lead: usize) -> Vec<Folded> {
    let items = &publication.snapshot.items;
    let mut by_time = articles.to_vec();
    by_time.sort_by_key(|&at| (time_of(&items[at], publication.snapshot.taken), items[at].id));
    let shown: HashMap<ArticleId, usize> = articles.iter().map(|&at| (items[at].id, at)).collect();
    let mut copies: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut reports = Vec::new();
    for at in by_time {
        match original_of(publication, &shown, at).filter(|_| at != lead) {
            Some(original) => copies.entry(original).or_default().push(at),
            None => reports.push(at),
        }
    }
    let folded = |article| Folded { article, copies: copies.remove(&article).unwrap_or_default() };
    reports.into_iter().map(folded).collect()
}

/// The article under which a copy is folded: the one at the end of its chain, where that is shown and does not
/// itself repeat a shown one.
fn original_of(publication: &Publication, shown: &HashMap<ArticleId, usize>, at: usize) -> Option<usize> {
    let next = |at: usize| {
        let original = publication.snapshot.items[at].copy_of?;
        shown.get(&original).copied().filter(|&found| found != at)
    };
    let mut original = next(at)?;
    for _ in 0..COPY_STEPS {
        match next(original) {
            None => return Some(original),
            Some(further) => original = further,
        }
    }
    None
}
