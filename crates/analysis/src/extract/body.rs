//! The main text: several ways to find it, and the choice between them.

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, ParsePolicy, Readability};
use url::Url;

use super::{
    blocks,
    container::container,
    dom,
    json_ld::LinkedData,
    measure::{Weights, measure},
    prune::pruned,
    sanitise::sanitised,
    text,
};

/// Pages with more elements than this get no second opinion: readability's work grows faster than the page.
const MAX_FOR_READABILITY: usize = 25_000;
/// Letters of a text that is more than a stub.
const ENOUGH: usize = 250;

/// The main text of a page.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Paragraphs separated by blank lines.
    pub(super) text: String,
    pub(super) html: String,
}

/// A way to the main text and what it gave.
struct Candidate {
    text: String,
    html: String,
    /// Letters of running text in it, and the share of its letters in links before anything was taken out.
    prose: usize,
    link_share: f32,
    rank: u8,
}

/// Finds the main text. The page is used up: readability rebuilds the tree.
pub(super) fn body(page: Document, linked: &LinkedData, title: &str, base: &Url) -> Body {
    let own = own_candidate(&page, title);
    let sure =
        own.as_ref().is_some_and(|own| own.rank >= 3 && own.prose >= 4 * ENOUGH && own.link_share < 0.3);
    let other =
        if sure || page.tree.len() > MAX_FOR_READABILITY { None } else { readability_candidate(page, title) };
    let chosen = choose(own, other);
    let declared = linked.body.as_deref().map(declared_text).filter(|text| !text.is_empty());
    match (chosen, declared) {
        (chosen, Some(declared))
            if chosen.as_ref().is_none_or(|chosen| {
                chosen.prose < ENOUGH && declared.chars().count() > 2 * chosen.prose + ENOUGH
            }) =>
        {
            let html = declared
                .split("\n\n")
                .map(|paragraph| format!("<p>{}</p>", escaped(paragraph)))
                .collect::<Vec<_>>()
                .join("\n");
            Body { text: declared, html }
        }
        (Some(chosen), _) => Body { html: sanitised(&chosen.html, base), text: chosen.text },
        (None, _) => Body::default(),
    }
}

fn own_candidate(page: &Document, title: &str) -> Option<Candidate> {
    let weights = measure(page.root());
    let found = container(page, &weights)?;
    let root = page.tree.get(&found.id)?;
    Some(candidate(root, &weights, title, found.rank))
}

fn readability_candidate(page: Document, title: &str) -> Option<Candidate> {
    let config = Config { keep_classes: true, disable_json_ld: true, ..Config::default() };
    let mut readability = Readability::with_document(page, None, Some(config)).ok()?;
    let parsed = readability.parse().or_else(|_| readability.parse_with_policy(ParsePolicy::Raw)).ok()?;
    drop(parsed);
    let root = readability.doc.select("#readability-page-1").nodes().first().copied()?;
    let weights = measure(root);
    Some(candidate(root, &weights, title, 0))
}

/// Cleans the subtree and reads it. The tree loses what is dropped, so that text and HTML say the same.
fn candidate(root: NodeRef<'_>, weights: &Weights, title: &str, rank: u8) -> Candidate {
    let dropped = pruned(root, weights, title);
    let text = blocks::text(root, &dropped);
    let html = html_without(root, &dropped);
    let prose = weights.of(&root).prose as usize;
    Candidate { text, html, prose, link_share: weights.of(&root).link_share(), rank }
}

/// The inner HTML of the subtree without what is dropped, the headline's level left to the page around it, and
/// pictures that are loaded late given their address.
fn html_without(root: NodeRef<'_>, dropped: &rustc_hash::FxHashSet<dom_query::NodeId>) -> String {
    let mut late = Vec::new();
    let mut headings = Vec::new();
    dom::walk(root, |visit, node| {
        if visit == dom::Visit::Leave || node.is_text() || dropped.contains(&node.id) {
            return dom::Step::Over;
        }
        match &*dom::name(&node) {
            "img" => late.extend(super::facts::picture_source(&node).map(|src| (node, src))),
            "h1" => headings.push(node),
            _ => {}
        }
        dom::Step::Into
    });
    for (image, src) in late {
        image.set_attr("src", &src);
    }
    for heading in headings {
        heading.rename("h2");
    }
    for id in dropped {
        root.tree.remove_from_parent(id);
    }
    root.try_inner_html().map(|html| html.to_string()).unwrap_or_default()
}

/// The better of two: the container of the page's own marks, unless readability found clearly more running
/// text, or found it in an element that no mark speaks for.
fn choose(own: Option<Candidate>, other: Option<Candidate>) -> Option<Candidate> {
    match std::env::var("MODE").as_deref() {
        Ok("own") if own.is_some() => return own,
        Ok("read") if other.is_some() => return other,
        _ => {}
    }
    match (own, other) {
        (Some(own), Some(other)) => {
            let (mine, theirs) = (own.text.len(), other.text.len());
            let own_is_poor = mine * 2 < theirs || own.rank == 0;
            Some(if own_is_poor && theirs > 0 { other } else { own })
        }
        (own, other) => own.or(other),
    }
}

/// `articleBody` as text: markup taken out where there is some, line breaks as paragraphs.
fn declared_text(body: &str) -> String {
    let body = super::limits::prefix(body, 1 << 20);
    if body.contains("</") || body.contains("<p") || body.contains("<br") {
        let page = Document::from(super::limits::thinned(body));
        return blocks::text(page.root(), &rustc_hash::FxHashSet::default());
    }
    let decoded = html_escape::decode_html_entities(body);
    decoded
        .split(['\n', '\r'])
        .map(|line| text::folded(&text::repaired(line)))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn escaped(text: &str) -> String {
    html_escape::encode_text(text).into_owned()
}
