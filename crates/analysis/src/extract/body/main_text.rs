//! The main text: several ways to find it, and the choice between them.

use dom_query::{Document, NodeId, NodeRef};
use dom_smoothie::{Config, ParsePolicy, Readability};
use rustc_hash::FxHashSet;
use url::Url;

use super::{
    blocks,
    container::{Container, container},
    lead::lead,
    prune::{captions, pruned},
    writer,
};
use crate::extract::{
    page::{
        dom,
        elements::{is_block, is_silent},
        facts::is_outside_article,
        json_ld::LinkedData,
        limits::reduced,
        measure::{ElementStats, PageStats, measure},
    },
    text::{self, prefix},
};

/// Maximum number of elements for which readability is run as a second opinion: its cost grows
/// faster than the page.
const MAX_FOR_READABILITY: usize = 25_000;
/// Minimum characters of a text that is more than a stub.
const MIN_SUBSTANTIAL_CHARS: usize = 250;

/// Maximum bytes of a block that are compared with others.
const MAX_COMPARED: usize = 4000;

/// The main text of a page.
#[derive(Debug, Default)]
pub(in crate::extract) struct Body {
    /// Paragraphs separated by blank lines.
    pub(in crate::extract) text: String,
    pub(in crate::extract) html: String,
}

/// What is known about the article before its text is found.
pub(in crate::extract) struct ArticleContext<'a> {
    pub(in crate::extract) title: &'a str,
    pub(in crate::extract) description: Option<&'a str>,
    pub(in crate::extract) authors: &'a [String],
}

/// One way to find the main text, and its result.
struct BodyCandidate<'a> {
    text: String,
    /// The root of the text in its tree, and the nodes inside that don't belong to it.
    root: NodeRef<'a>,
    dropped: FxHashSet<NodeId>,
    /// Characters of running text in it.
    prose: usize,
    rank: u8,
}

/// Finds the main text. Readability rebuilds the tree, so it works on a copy.
pub(in crate::extract) fn body(
    page: &Document,
    page_stats: &PageStats,
    linked: &LinkedData,
    context: &ArticleContext<'_>,
    base: &Url,
) -> Body {
    let lead_text = lead(page, page_stats, context.title, context.description);
    let found = container(page, page_stats);
    let sure = found.is_some_and(|found| {
        let ElementStats { prose, chars, .. } = found.stats;
        prose as usize > 2 * MIN_SUBSTANTIAL_CHARS && (found.rank >= 2 || prose * 20 >= chars * 19)
    });
    let second = (page.tree.len() <= MAX_FOR_READABILITY && !sure)
        .then(|| readability(reduced_copy(page, page_stats)))
        .flatten();
    let other = second.as_ref().and_then(|second| readability_candidate(second, context));
    let own = found.and_then(|found| own_candidate(page, found, page_stats, context, other.as_ref()));
    let chosen = choose(own, other);
    let declared = linked.body.as_deref().map(declared_text).filter(|text| !text.is_empty());
    match (chosen, declared) {
        (chosen, Some(declared))
            if chosen.as_ref().is_none_or(|chosen| {
                chosen.prose < MIN_SUBSTANTIAL_CHARS
                    && declared.chars().count() > 2 * chosen.prose + MIN_SUBSTANTIAL_CHARS
            }) =>
        {
            let html = declared
                .split("\n\n")
                .map(|paragraph| format!("<p>{}</p>", escaped(paragraph)))
                .collect::<Vec<_>>()
                .join("\n");
            Body { text: declared, html }
        }
        (Some(chosen), _) => {
            let html = writer::html(chosen.root, &chosen.dropped, base);
            with_lead(Body { text: chosen.text, html }, lead_text.as_deref())
        }
        (None, _) => Body::default(),
    }
}

/// The text with its lead before it, unless it contains the lead already.
fn with_lead(body: Body, lead: Option<&str>) -> Body {
    let Some(lead) = lead else { return body };
    let key: String = text::comparable(lead).chars().take(60).collect();
    let beginning = prefix(&body.text, 6000);
    if text::comparable(beginning).contains(&key) {
        return body;
    }
    Body {
        text: format!("{lead}\n\n{}", body.text),
        html: format!("<p>{}</p>\n{}", escaped(lead), body.html),
    }
}

/// The container found by class or element name, cut to the span that the other candidate agrees
/// with.
fn own_candidate<'a>(
    page: &'a Document,
    found: Container,
    page_stats: &PageStats,
    context: &ArticleContext<'_>,
    other: Option<&BodyCandidate<'_>>,
) -> Option<BodyCandidate<'a>> {
    let root = page.tree.get(&found.id)?;
    let mut dropped = pruned(root, page_stats, context.title, context.authors);
    if let Some(other) = other {
        dropped.extend(outside_span(root, &dropped, &other.text));
    }
    Some(candidate(root, page_stats, dropped, found.rank))
}

/// The blocks before the first and after the last block that the other text also contains. Two ways
/// to find a text rarely agree on what surrounds it, but nearly always on where it begins and ends.
/// Nothing is cut if they share too little, or if too much would be removed.
fn outside_span(root: NodeRef<'_>, dropped: &FxHashSet<NodeId>, other: &str) -> Vec<NodeId> {
    // Whole paragraphs and their lines: a paragraph broken by `br` is one block in the tree.
    let mut shared: FxHashSet<String> = FxHashSet::default();
    for paragraph in other.split("\n\n").filter(|paragraph| paragraph.len() <= 4 * MAX_COMPARED) {
        shared.insert(text::comparable(paragraph));
        if paragraph.contains('\n') {
            shared.extend(paragraph.split('\n').map(text::comparable));
        }
    }
    let blocks = leaf_blocks(root, dropped);
    let agreed = |(_, line): &(NodeId, String)| shared.contains(line.as_str());
    let (Some(first), Some(last)) = (blocks.iter().position(agreed), blocks.iter().rposition(agreed)) else {
        return Vec::new();
    };
    let length = |blocks: &[(NodeId, String)]| blocks.iter().map(|(_, line)| line.len()).sum::<usize>();
    let (before, behind) = (length(&blocks[..first]), length(&blocks[last + 1..]));
    let whole = length(&blocks).max(1);
    let mut outside = Vec::new();
    if before * 10 < whole {
        outside.extend(blocks[..first].iter().map(|(id, _)| *id));
    }
    if behind * 4 < whole {
        outside.extend(blocks[last + 1..].iter().map(|(id, _)| *id));
    }
    outside
}

/// The lowest block elements with text, in order, with their comparable text.
fn leaf_blocks(root: NodeRef<'_>, dropped: &FxHashSet<NodeId>) -> Vec<(NodeId, String)> {
    let mut blocks: Vec<(NodeId, String)> = Vec::new();
    let mut open: Vec<(NodeId, bool)> = Vec::new();
    dom::walk(root, |visit, node| {
        if node.is_text() || dropped.contains(&node.id) {
            return dom::Step::Over;
        }
        let name = dom::name(&node);
        if is_silent(&name) {
            return dom::Step::Over;
        }
        if !is_block(&name) {
            return dom::Step::Into;
        }
        if visit == dom::Visit::Enter {
            open.push((node.id, true));
        } else if let Some((id, leaf)) = open.pop() {
            if let Some((_, outer)) = open.last_mut() {
                *outer = false;
            }
            if leaf {
                let line = text::comparable(&dom::line(node, MAX_COMPARED));
                if !line.is_empty() {
                    blocks.push((id, line));
                }
            }
        }
        dom::Step::Into
    });
    blocks
}

/// A copy of the page for readability, which is slow, without the parts that are certainly not the
/// article.
fn reduced_copy(page: &Document, page_stats: &PageStats) -> Document {
    let copy = page.clone();
    let mut removed = Vec::new();
    let whole = copy.body().map(|body| page_stats.of(&body).prose).unwrap_or_default();
    dom::walk(copy.root(), |visit, node| {
        if visit == dom::Visit::Leave || node.is_text() {
            return dom::Step::Over;
        }
        let name = dom::name(&node);
        let stats = page_stats.of(&node);
        let silent = is_silent(&name) && !matches!(&*name, "head" | "noscript");
        let outside = is_outside_article(&name, stats.hints) && stats.prose * 4 < whole;
        let empty = is_block(&name) && stats.chars == 0 && stats.images == 0;
        if silent || outside || empty {
            removed.push(node.id);
            return dom::Step::Over;
        }
        dom::Step::Into
    });
    for id in removed {
        copy.tree.remove_from_parent(&id);
    }
    copy
}

/// Runs readability on a page.
fn readability(page: Document) -> Option<Readability> {
    let config = Config { keep_classes: true, disable_json_ld: true, ..Config::default() };
    let mut readability = Readability::with_document(page, None, Some(config)).ok()?;
    readability.parse().or_else(|_| readability.parse_with_policy(ParsePolicy::Raw)).ok()?;
    Some(readability)
}

fn readability_candidate<'a>(
    readability: &'a Readability,
    context: &ArticleContext<'_>,
) -> Option<BodyCandidate<'a>> {
    let root = readability.doc.select("#readability-page-1").nodes().first().copied()?;
    let root = NodeRef::new(root.id, &readability.doc.tree);
    let page_stats = measure(root);
    let dropped = pruned(root, &page_stats, context.title, context.authors);
    Some(candidate(root, &page_stats, dropped, 0))
}

/// Reads the text of a subtree.
fn candidate<'a>(
    root: NodeRef<'a>,
    page_stats: &PageStats,
    dropped: FxHashSet<NodeId>,
    rank: u8,
) -> BodyCandidate<'a> {
    let mut unread = captions(root, page_stats);
    unread.extend(&dropped);
    let text = blocks::text(root, &unread);
    let prose = page_stats.of(&root).prose as usize;
    BodyCandidate { text, root, dropped, prose, rank }
}

/// The better of two candidates: the container found by class or element name, unless readability
/// found clearly more running text, or found it in an element without any such name.
fn choose<'a>(own: Option<BodyCandidate<'a>>, other: Option<BodyCandidate<'a>>) -> Option<BodyCandidate<'a>> {
    match (own, other) {
        (Some(own), Some(other)) => {
            let (mine, theirs) = (own.text.len(), other.text.len());
            let own_is_poor =
                mine * 2 < theirs || own.rank == 0 && mine > 2 * theirs && theirs > MIN_SUBSTANTIAL_CHARS;
            Some(if own_is_poor { other } else { own })
        }
        (own, other) => own.or(other),
    }
}

/// `articleBody` as text: markup removed, line breaks as paragraphs.
fn declared_text(body: &str) -> String {
    let body = prefix(body, 1 << 20);
    if body.contains("</") || body.contains("<p") || body.contains("<br") {
        let page = Document::from(reduced(body));
        return blocks::text(page.root(), &FxHashSet::default());
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
