//! What of a chosen block is not the article: share bars, newsletter boxes, related links, cookie texts,
//! author boxes, comments, advertisements.

use std::hash::Hasher;

use dom_query::{NodeId, NodeRef};
use rustc_hash::{FxHashSet, FxHasher};

use super::furniture::{ends_article, is_dateline, is_furniture_text, is_placeholder, speaks_of_furniture};
use crate::extract::{
    page::{
        dom::{self, Step, Visit},
        elements::{is_block, is_silent},
        marks::Says,
        measure::{Weight, Weights},
    },
    text::{comparable, prefix},
};

/// An element with more than this share of the block's prose is the article, whatever it is called.
const TOO_MUCH: f32 = 0.45;

/// Letters of running text behind which comments are comments, however long they are.
const ENOUGH_BEFORE: u32 = 800;

/// The subtrees of `root` that are not the article.
///
/// `authors` are those of the article, as far as they are known: a last paragraph about one of them is a box.
pub(super) fn pruned(
    root: NodeRef<'_>,
    weights: &Weights,
    title: &str,
    authors: &[String],
) -> FxHashSet<NodeId> {
    let mut pruner = Pruner {
        root: root.id,
        whole: weights.of(&root),
        weights,
        title: comparable(title),
        authors: authors.iter().map(|name| comparable(name)).filter(|name| name.contains(' ')).collect(),
        dropped: FxHashSet::default(),
        told: FxHashSet::default(),
        repeated: Vec::new(),
        paragraph: None,
        seen: 0,
        headline: None,
        tail: None,
    };
    dom::walk(root, |visit, node| pruner.visit(visit, node));
    if let Some(headline) = pruner.headline.and_then(|id| root.tree.get(&id)) {
        drop_before(headline, root.id, &mut pruner.dropped);
    }
    let repeated: u32 = pruner.repeated.iter().map(|(_, prose)| prose).sum();
    // A sentence may be told again; half of a page is a second version of the page.
    if repeated * 5 >= pruner.whole.prose * 2 {
        pruner.dropped.extend(pruner.repeated.iter().map(|(id, _)| *id));
    }
    pruner.dropped
}

/// Drops what stands before a node: the elder siblings of it and of what holds it.
fn drop_before(node: NodeRef<'_>, root: NodeId, dropped: &mut FxHashSet<NodeId>) {
    let mut at = Some(node);
    while let Some(node) = at.filter(|node| node.id != root) {
        let mut elder = node.prev_sibling();
        while let Some(sibling) = elder {
            dropped.insert(sibling.id);
            elder = sibling.prev_sibling();
        }
        at = node.parent();
    }
}

/// Whether an element is called after the comments that it holds.
fn holds_comments(node: &NodeRef<'_>, weight: &Weight) -> bool {
    weight.says.any(Says::FOREIGN)
        && !weight.says.any(Says::LAYOUT | Says::BODY)
        && ["comments", "commentlist", "comment-list", "disqus", "respond"].iter().any(|word| {
            dom::marks(node).split_whitespace().any(|mark| mark.starts_with(word) || mark.ends_with(word))
        })
}

/// Letters from which a paragraph is never written twice on purpose.
const MIN_REPEATED: u32 = 100;

/// A digest of the letters of a subtree.
fn digest(root: NodeRef<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    dom::walk(root, |visit, node| {
        if visit == Visit::Enter {
            dom::with_text(&node, |text| {
                text.split_whitespace().for_each(|word| hasher.write(word.as_bytes()));
            });
        }
        Step::Into
    });
    hasher.finish()
}

/// The captions in `root`: they speak of pictures, so they belong to the article's HTML, not to its running text.
pub(super) fn captions(root: NodeRef<'_>, weights: &Weights) -> FxHashSet<NodeId> {
    let mut found = FxHashSet::default();
    let whole = weights.of(&root).prose;
    dom::walk(root, |visit, node| {
        if visit == Visit::Leave || node.is_text() || node.id == root.id {
            return Step::Into;
        }
        let name = dom::name(&node);
        let weight = weights.of(&node);
        if weight.chars == 0 || weight.chars > 600 || weight.prose * 4 > whole {
            return Step::Into;
        }
        let marked = || weight.says.any(Says::CAPTION);
        if &*name == "figcaption"
            || !matches!(&*name, "" | "table" | "caption" | "video" | "h1" | "h2" | "h3") && marked()
        {
            found.insert(node.id);
            return Step::Over;
        }
        Step::Into
    });
    found
}

struct Pruner<'w> {
    root: NodeId,
    whole: Weight,
    weights: &'w Weights,
    title: String,
    authors: Vec<String>,
    dropped: FxHashSet<NodeId>,
    /// Digests of the paragraphs passed: pages made for two sizes of screen hold some of them twice.
    told: FxHashSet<u64>,
    /// Paragraphs that were passed before, with their letters.
    repeated: Vec<(NodeId, u32)>,
    /// The block with a single paragraph that the walk is in.
    paragraph: Option<NodeId>,
    /// Letters of running text passed and kept so far.
    seen: u32,
    /// The last heading before the text that says the same as the title.
    headline: Option<NodeId>,
    /// Set behind a heading that ends the article: everything after it goes.
    tail: Option<()>,
}

impl Pruner<'_> {
    fn visit(&mut self, visit: Visit, node: NodeRef<'_>) -> Step {
        if visit == Visit::Leave {
            self.paragraph = self.paragraph.filter(|open| *open != node.id);
            return Step::Over;
        }
        if node.id == self.root {
            return Step::Into;
        }
        if node.is_text() {
            return Step::Over;
        }
        let name = dom::name(&node);
        if name.is_empty() {
            return Step::Over;
        }
        let weight = self.weights.of(&node);
        let most = self.whole.prose > 0
            && weight.prose as f32 > TOO_MUCH * self.whole.prose as f32
            && !(self.seen >= ENOUGH_BEFORE && holds_comments(&node, &weight));
        if !most && (self.tail.is_some() && weight.chars > 0 || self.is_foreign(&node, &name, &weight)) {
            self.dropped.insert(node.id);
            return Step::Over;
        }
        if weight.paragraphs <= 1 && is_block(&name) && weight.prose > 0 {
            if self.is_repeated(node, &weight) {
                self.repeated.push((node.id, weight.prose));
            }
            self.seen += weight.prose;
            return Step::Into;
        }
        Step::Into
    }

    /// Whether a paragraph has been passed before; what stands in one paragraph is not asked again.
    fn is_repeated(&mut self, node: NodeRef<'_>, weight: &Weight) -> bool {
        if self.paragraph.is_some() || weight.prose < MIN_REPEATED {
            return false;
        }
        self.paragraph = Some(node.id);
        !self.told.insert(digest(node))
    }

    fn is_foreign(&mut self, node: &NodeRef<'_>, name: &str, weight: &Weight) -> bool {
        if is_silent(name)
            || matches!(name, "nav" | "footer" | "button" | "dialog" | "menu")
            || dom::is_hidden(node)
        {
            return true;
        }
        if matches!(name, "form" | "fieldset") && (weight.inputs > 0 || weight.prose == 0) {
            return true;
        }
        let marks = dom::marks(node);
        if !marks.is_empty() && speaks_of_furniture(&marks) {
            return true;
        }
        if name == "aside" && (weight.link_share() > 0.2 || weight.prose < 200) {
            return true;
        }
        if Self::is_link_list(name, weight) {
            return true;
        }
        if weight.prose > 0 && weight.paragraphs == 1 && is_placeholder(&dom::line(*node, 60)) {
            return true;
        }
        let short = weight.chars > 0
            && weight.chars < 260
            && is_block(name)
            && !matches!(name, "table" | "tr" | "td" | "th" | "tbody" | "thead");
        if !short || weight.paragraphs > 1 {
            return false;
        }
        let text = dom::line(*node, 500);
        if self.seen * 10 > self.whole.prose * 7 && self.is_about_author(&text) {
            return true;
        }
        if matches!(name, "h1" | "h2") && self.seen * 6 < self.whole.prose && self.is_title(&text) {
            self.headline = Some(node.id);
            return true;
        }
        if self.seen == 0 && is_dateline(&text) {
            return true;
        }
        if ends_article(name, &text) && self.seen * 2 > self.whole.prose {
            self.tail = Some(());
            return true;
        }
        is_furniture_text(&text, weight)
    }

    /// Whether a paragraph introduces one of the authors, as boxes behind an article do.
    fn is_about_author(&self, text: &str) -> bool {
        const VERBS: [&str; 18] = [
            "is",
            "was",
            "has",
            "covers",
            "writes",
            "works",
            "joined",
            "reports",
            "ist",
            "war",
            "arbeitet",
            "schreibt",
            "studierte",
            "est",
            "es",
            "e",
            "escribe",
            "lives",
        ];
        self.authors.iter().any(|name| {
            let text = comparable(prefix(text, 160));
            let rest = text.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(' '));
            rest.and_then(|rest| rest.split(' ').next()).is_some_and(|verb| VERBS.contains(&verb))
        })
    }

    fn is_title(&self, text: &str) -> bool {
        let text = comparable(text);
        text == self.title
            || text.len() > 15
                && (self.title.contains(&text) || text.contains(&self.title) && self.title.len() > 15)
    }

    /// Blocks that are mostly links: lists of other articles, tags, share buttons.
    fn is_link_list(name: &str, weight: &Weight) -> bool {
        if weight.links == 0
            || !matches!(
                name,
                "div"
                    | "section"
                    | "ul"
                    | "ol"
                    | "li"
                    | "table"
                    | "p"
                    | "dl"
                    | "figure"
                    | "article"
                    | "header"
                    | "h2"
                    | "h3"
                    | "h4"
                    | "h5"
            )
        {
            return false;
        }
        let share = weight.link_share();
        match name {
            // A paragraph that is one link is a teaser; one with words around it is a sentence.
            "p" | "h2" | "h3" | "h4" | "h5" | "li" => {
                share > 0.92 && weight.chars > 0 && name != "li" && weight.pictures == 0
            }
            "ul" | "ol" | "dl" => share > 0.75 && weight.links >= 2,
            "figure" => false,
            _ => {
                share > 0.6 && weight.prose == 0
                    || share > 0.5 && weight.links >= 4 && weight.prose * 4 < weight.chars
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;
    use crate::extract::{body::blocks, page::measure::measure};

    const PROSE: &str = "The council met on Tuesday, and after a long debate it agreed that the old mill by the river shall be kept for the town.";

    fn kept(inner: &str) -> String {
        let page = Document::from(format!(
            "<div id=a>{}{inner}</div>",
            (0..4).map(|n| format!("<p>{n}{PROSE}</p>")).collect::<String>()
        ));
        let root = page.select("#a").nodes()[0];
        let text = blocks::text(root, &pruned(root, &measure(root), "A title", &["Ada Quill".to_owned()]));
        let lines = text.split('\n').filter(|line| !line.ends_with(PROSE));
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    #[test]
    fn furniture_goes() {
        for inner in [
            "<div class='share-bar'><a href=x>Facebook</a></div>",
            "<div class=newsletter-box><p>Get our letters every morning, straight to your inbox, for free.</p></div>",
            "<ul><li><a href=a>One other piece</a></li><li><a href=b>Another piece</a></li></ul>",
            "<p>Read more: <a href=x>The mill and its history in pictures</a></p>",
            "<p>Advertisement</p>",
            "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod.</p>",
            "<p>Lesen Sie auch: <a href=x>Die Geschichte der Mühle am Fluss</a></p>",
            "<h3>Related articles</h3><div><p>Something else happened elsewhere, and it was of no interest at all.</p></div><p>Even more.</p>",
            "<footer>Imprint</footer><nav>Home</nav><button>Go</button><p style='display: none'>secret</p>",
            "<form><label>Mail</label><input><button>Send</button></form>",
        ] {
            assert_eq!(kept(inner), "", "{inner}");
        }
    }

    #[test]
    fn what_is_told_twice_and_who_tells_it_go() {
        let told: String = (0..4).map(|n| format!("<p>{n}{PROSE} {PROSE}</p>")).collect();
        let page = |inner: &str| Document::from(format!("<div id=a>{told}{inner}</div>"));
        let count = |page: Document| {
            let root = page.select("#a").nodes()[0];
            blocks::text(root, &pruned(root, &measure(root), "A title", &[])).matches(PROSE).count()
        };
        assert_eq!(count(page(&format!("<div>{told}</div>"))), 8);
        assert_eq!(count(page(&format!("<p>0{PROSE} {PROSE}</p>"))), 10);
        let about = "<p>Ada Quill is the editor of these pages and has written about mills, rivers and towns for many years.</p>";
        let page = format!(
            "<div id=a>{}{about}</div>",
            (0..6).map(|n| format!("<p>{n} {PROSE}</p>")).collect::<String>()
        );
        let page = Document::from(page);
        let root = page.select("#a").nodes()[0];
        let dropped = pruned(root, &measure(root), "A title", &["Ada Quill".to_owned()]);
        assert!(!blocks::text(root, &dropped).contains("Ada Quill"));
        let nobody = pruned(root, &measure(root), "A title", &[]);
        assert!(blocks::text(root, &nobody).contains("Ada Quill"));
    }

    #[test]
    fn comments_go_even_where_they_are_longer_than_the_article() {
        let many = |what: &str| (0..16).map(|n| format!("<p>{what} {n}: {PROSE}</p>")).collect::<String>();
        let page = Document::from(format!(
            "<div id=a>{}<div id=comments>{0}{}</div></div>",
            many("Told"),
            many("Said")
        ));
        let root = page.select("#a").nodes()[0];
        let text = blocks::text(root, &pruned(root, &measure(root), "A title", &[]));
        assert!(text.contains("Told 15") && !text.contains("Said"));
    }

    #[test]
    fn parts_of_the_article_stay() {
        for (inner, text) in [
            ("<h2>What comes next</h2>", "What comes next"),
            (
                "<ul><li>First point</li><li>Second <a href=x>point</a> of it</li></ul>",
                "First point\nSecond point of it",
            ),
            (
                "<p>Related work is done by <a href=x>others</a> too.</p>",
                "Related work is done by others too.",
            ),
            ("<blockquote>So it is.</blockquote>", "So it is."),
            ("<figure><img src=x><figcaption>The mill</figcaption></figure>", "The mill"),
        ] {
            assert_eq!(kept(inner), text);
        }
    }
}
