//! Which element of the page holds the article: by its marks where they can be believed, else by where the
//! running text is.

use dom_query::{Document, NodeId, NodeRef};

use crate::extract::page::{
    dom::{self, Step, Visit},
    facts::sets_apart,
    marks::Says,
    measure::{Weight, Weights},
};

/// The element that holds the article, and how sure that is.
#[derive(Clone, Copy)]
pub(super) struct Container {
    pub(super) id: NodeId,
    pub(super) weight: Weight,
    /// 0: by running text alone; 1: `main`; 2: `article`; 3: a class that means the body; 4: microdata.
    pub(super) rank: u8,
}

/// A marked element with less running text than this share of the page's is a teaser or a summary.
const MIN_SHARE: f32 = 0.35;

/// Finds the container. `None` where the page has no running text.
pub(super) fn container(page: &Document, weights: &Weights) -> Option<Container> {
    let body = page.body()?;
    let candidates = Candidates::of(body, weights);
    let whole = candidates.prose.max(1);
    let marked = candidates
        .marked
        .iter()
        .filter(|candidate| {
            candidate.weight.prose as f32 > MIN_SHARE * whole as f32 && candidate.weight.prose >= 100
        })
        // The best mark; of equal ones the one with more text, of nested ones with the same text the inner.
        .max_by(|a, b| {
            (a.rank, a.weight.prose, b.weight.chars).cmp(&(b.rank, b.weight.prose, a.weight.chars))
        })
        .copied();
    let densest = lowest_with_most(body, weights, whole);
    match (marked, densest) {
        (Some(marked), Some(densest))
            if marked.weight.prose * 10 < densest.weight.prose * 6 && marked.rank < 4 =>
        {
            Some(densest)
        }
        (Some(marked), _) => Some(marked),
        (None, densest) => densest,
    }
}

struct Candidates {
    marked: Vec<Container>,
    /// Letters of running text of the page that do not stand apart.
    prose: u32,
}

impl Candidates {
    fn of(body: NodeRef<'_>, weights: &Weights) -> Self {
        let mut found = Self { marked: Vec::new(), prose: weights.of(&body).prose };
        dom::walk(body, |visit, node| {
            if visit == Visit::Leave || node.is_text() {
                return Step::Over;
            }
            let name = dom::name(&node);
            let weight = weights.of(&node);
            if weight.prose == 0 {
                return Step::Over;
            }
            let says = weight.says;
            if sets_apart(&name, says) && weight.prose * 2 < found.prose {
                found.prose = found.prose.saturating_sub(weight.prose);
                return Step::Over;
            }
            let rank = rank(&node, &name, says);
            if rank > 0 {
                found.marked.push(Container { id: node.id, weight, rank });
            }
            Step::Into
        });
        found
    }
}

fn rank(node: &NodeRef<'_>, name: &str, says: Says) -> u8 {
    if dom::attribute_fits(node, "itemprop", |prop| prop.eq_ignore_ascii_case("articleBody")) {
        4
    } else if says.any(Says::BODY) && name != "body" && name != "html" {
        3
    } else if name == "article" {
        2
    } else {
        u8::from(name == "main" || dom::attribute_fits(node, "role", |role| role == "main"))
    }
}

/// The lowest element that still holds most of the page's running text.
fn lowest_with_most(body: NodeRef<'_>, weights: &Weights, whole: u32) -> Option<Container> {
    let mut node = body;
    let enough = |node: &NodeRef<'_>| f64::from(weights.of(node).prose) >= 0.75 * f64::from(whole);
    if !enough(&node) || weights.of(&node).prose == 0 {
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
    Some(Container { id: node.id, weight: weights.of(&node), rank: 0 })
}
