//! Which element of the page holds the article: by its class or element name if they are plausible,
//! else by where the running text is.

use dom_query::{Document, NodeId, NodeRef};

use crate::extract::page::{
    class_hints::ClassHints,
    dom::{self, Step, Visit},
    facts::is_outside_article,
    measure::{ElementStats, PageStats},
};

/// The element that holds the article, and how certain that is.
#[derive(Clone, Copy)]
pub(super) struct Container {
    pub(super) id: NodeId,
    pub(super) stats: ElementStats,
    /// 0: by running text alone; 1: `main`; 2: `article`; 3: a class that means the body; 4:
    /// microdata.
    pub(super) rank: u8,
}

/// A marked element with less than this share of the page's running text is a teaser or a summary.
const MIN_SHARE: f32 = 0.35;

/// Finds the container. `None` if the page has no running text.
pub(super) fn container(page: &Document, page_stats: &PageStats) -> Option<Container> {
    let body = page.body()?;
    let candidates = MarkedElements::of(body, page_stats);
    let whole = candidates.prose.max(1);
    let marked = candidates
        .marked
        .iter()
        .filter(|candidate| {
            candidate.stats.prose as f32 > MIN_SHARE * whole as f32 && candidate.stats.prose >= 100
        })
        // The highest rank; of equal ones the one with more text, of nested ones with the same text
        // the inner one.
        .max_by(|a, b| (a.rank, a.stats.prose, b.stats.chars).cmp(&(b.rank, b.stats.prose, a.stats.chars)))
        .copied();
    let densest = lowest_with_most(body, page_stats, whole);
    match (marked, densest) {
        (Some(marked), Some(densest))
            if marked.stats.prose * 10 < densest.stats.prose * 6 && marked.rank < 4 =>
        {
            Some(densest)
        }
        (Some(marked), _) => Some(marked),
        (None, densest) => densest,
    }
}

struct MarkedElements {
    marked: Vec<Container>,
    /// Characters of running text on the page, without elements outside the article.
    prose: u32,
}

impl MarkedElements {
    fn of(body: NodeRef<'_>, page_stats: &PageStats) -> Self {
        let mut found = Self { marked: Vec::new(), prose: page_stats.of(&body).prose };
        dom::walk(body, |visit, node| {
            if visit == Visit::Leave || node.is_text() {
                return Step::Over;
            }
            let name = dom::name(&node);
            let stats = page_stats.of(&node);
            if stats.prose == 0 {
                return Step::Over;
            }
            let hints = stats.hints;
            if is_outside_article(&name, hints) && stats.prose * 2 < found.prose {
                found.prose = found.prose.saturating_sub(stats.prose);
                return Step::Over;
            }
            let rank = rank(&node, &name, hints);
            if rank > 0 {
                found.marked.push(Container { id: node.id, stats, rank });
            }
            Step::Into
        });
        found
    }
}

fn rank(node: &NodeRef<'_>, name: &str, hints: ClassHints) -> u8 {
    if dom::attribute_fits(node, "itemprop", |prop| prop.eq_ignore_ascii_case("articleBody")) {
        4
    } else if hints.any(ClassHints::BODY) && name != "body" && name != "html" {
        3
    } else if name == "article" {
        2
    } else {
        u8::from(name == "main" || dom::attribute_fits(node, "role", |role| role == "main"))
    }
}

/// The lowest element that still holds most of the page's running text.
fn lowest_with_most(body: NodeRef<'_>, page_stats: &PageStats, whole: u32) -> Option<Container> {
    let mut node = body;
    let enough = |node: &NodeRef<'_>| f64::from(page_stats.of(node).prose) >= 0.75 * f64::from(whole);
    if !enough(&node) || page_stats.of(&node).prose == 0 {
        return None;
    }
    while let Some(child) = node.children_it(false).find(|child| child.is_element() && enough(child)) {
        if matches!(
            &*dom::name(&child),
            "p" | "tr" | "tbody" | "li" | "blockquote" | "h1" | "h2" | "span" | "b" | "strong" | "em"
        ) {
            break;
        }
        node = child;
    }
    Some(Container { id: node.id, stats: page_stats.of(&node), rank: 0 })
}
