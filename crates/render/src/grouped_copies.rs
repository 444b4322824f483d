//! Which articles of a story are reports of their own, and which are copies of one of them.

use std::collections::HashMap;

use courant_model::ArticleId;

use crate::{context::RenderContext, index::time_of};

/// Maximum number of steps from a copy of a copy to its original.
const MAX_COPY_STEPS: usize = 8;

/// An article with those that are copies of it.
pub(crate) struct GroupedReport {
    pub(crate) article: usize,
    pub(crate) copies: Vec<usize>,
}

/// These articles in the order of their times, each copy below its original. The lead always is a
/// report of its own.
pub(crate) fn grouped_copies(context: &RenderContext, articles: &[usize], lead: usize) -> Vec<GroupedReport> {
    let items = &context.snapshot.items;
    let mut by_time = articles.to_vec();
    by_time.sort_by_key(|&at| (time_of(&items[at], context.snapshot.taken), items[at].id));
    let shown: HashMap<ArticleId, usize> = articles.iter().map(|&at| (items[at].id, at)).collect();
    let mut copies: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut reports = Vec::new();
    for at in by_time {
        match original_of(context, &shown, at).filter(|_| at != lead) {
            Some(original) => copies.entry(original).or_default().push(at),
            None => reports.push(at),
        }
    }
    let grouped = |article| GroupedReport { article, copies: copies.remove(&article).unwrap_or_default() };
    reports.into_iter().map(grouped).collect()
}

/// The shown article that a copy repeats, through copies of copies; `None` for an article that
/// repeats no shown one.
fn original_of(context: &RenderContext, shown: &HashMap<ArticleId, usize>, at: usize) -> Option<usize> {
    let next = |at: usize| {
        let original = context.snapshot.items[at].copy_of?;
        shown.get(&original).copied().filter(|&found| found != at)
    };
    let mut original = next(at)?;
    for _ in 0..MAX_COPY_STEPS {
        match next(original) {
            None => return Some(original),
            Some(further) => original = further,
        }
    }
    None
}
