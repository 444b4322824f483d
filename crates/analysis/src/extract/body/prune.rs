//! What inside the chosen container is not the article: share bars, newsletter boxes, related
//! links, cookie texts, author boxes, comments, advertisements.

use std::hash::Hasher;

use dom_query::{NodeId, NodeRef};
use rustc_hash::{FxHashSet, FxHasher};

use super::boilerplate::{ends_article, is_boilerplate_text, is_dateline, is_placeholder, names_boilerplate};
use crate::extract::{
    page::{
        class_hints::ClassHints,
        dom::{self, Step, Visit},
        elements::{is_block, is_silent},
        measure::{ElementStats, PageStats},
    },
    text::{comparable, prefix},
};

/// An element with more than this share of the container's prose is never dropped, whatever its
/// name.
const MAX_DROPPED_SHARE: f32 = 0.45;

/// Characters of running text after which an element named “comments” is dropped even if it is
/// longer.
const MIN_PROSE_BEFORE_COMMENTS: u32 = 800;

/// The subtrees of `root` that are not the article.
///
/// `authors` are those of the article, as far as they are known: a last paragraph about one of them
/// is an author box.
pub(super) fn pruned(
    root: NodeRef<'_>,
    page_stats: &PageStats,
    title: &str,
    authors: &[String],
) -> FxHashSet<NodeId> {
    let mut pruner = Pruner {
        root: root.id,
        whole: page_stats.of(&root),
        page_stats,
        title: comparable(title),
        authors: authors.iter().map(|name| comparable(name)).filter(|name| name.contains(' ')).collect(),
        dropped: FxHashSet::default(),
        seen_paragraphs: FxHashSet::default(),
        repeated: Vec::new(),
        paragraph: None,
        prose_seen: 0,
        headline: None,
        after_end: false,
    };
    dom::walk(root, |visit, node| pruner.visit(visit, node));
    if let Some(headline) = pruner.headline.and_then(|id| root.tree.get(&id)) {
        drop_before(headline, root.id, &mut pruner.dropped);
    }
    let repeated: u32 = pruner.repeated.iter().map(|(_, prose)| prose).sum();
    // A sentence may be repeated; half of a page is a second version of the page.
    if repeated * 5 >= pruner.whole.prose * 2 {
        pruner.dropped.extend(pruner.repeated.iter().map(|(id, _)| *id));
    }
    pruner.dropped
}

/// Drops everything before a node: its preceding siblings and those of its ancestors.
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

/// Whether an element is named after the comments that it holds.
fn holds_comments(node: &NodeRef<'_>, stats: &ElementStats) -> bool {
    stats.hints.any(ClassHints::FOREIGN)
        && !stats.hints.any(ClassHints::LAYOUT | ClassHints::BODY)
        && ["comments", "commentlist", "comment-list", "disqus", "respond"].iter().any(|word| {
            dom::class_and_id(node)
                .split_whitespace()
                .any(|part| part.starts_with(word) || part.ends_with(word))
        })
}

/// Minimum characters of a paragraph that is never repeated on purpose.
const MIN_REPEATED: u32 = 100;

/// A hash of the text of a subtree.
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

/// The captions in `root`: they describe images, so they belong to the article's HTML, not to its
/// text.
pub(super) fn captions(root: NodeRef<'_>, page_stats: &PageStats) -> FxHashSet<NodeId> {
    let mut found = FxHashSet::default();
    let whole = page_stats.of(&root).prose;
    dom::walk(root, |visit, node| {
        if visit == Visit::Leave || node.is_text() || node.id == root.id {
            return Step::Into;
        }
        let name = dom::name(&node);
        let stats = page_stats.of(&node);
        if stats.chars == 0 || stats.chars > 600 || stats.prose * 4 > whole {
            return Step::Into;
        }
        let marked = || stats.hints.any(ClassHints::CAPTION);
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
    whole: ElementStats,
    page_stats: &'w PageStats,
    title: String,
    authors: Vec<String>,
    dropped: FxHashSet<NodeId>,
    /// Hashes of the paragraphs visited: pages made for two screen sizes contain some of them
    /// twice.
    seen_paragraphs: FxHashSet<u64>,
    /// Paragraphs that were visited before, with their number of characters.
    repeated: Vec<(NodeId, u32)>,
    /// The block with a single paragraph that the walk is in.
    paragraph: Option<NodeId>,
    /// Characters of running text visited and kept so far.
    prose_seen: u32,
    /// The last heading before the text that equals the title.
    headline: Option<NodeId>,
    /// Set after a heading that ends the article: everything after it is dropped.
    after_end: bool,
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
        let stats = self.page_stats.of(&node);
        let is_most_of_article = self.whole.prose > 0
            && stats.prose as f32 > MAX_DROPPED_SHARE * self.whole.prose as f32
            && !(self.prose_seen >= MIN_PROSE_BEFORE_COMMENTS && holds_comments(&node, &stats));
        if !is_most_of_article && (self.after_end && stats.chars > 0 || self.is_outside(&node, &name, &stats))
        {
            self.dropped.insert(node.id);
            return Step::Over;
        }
        if stats.paragraphs <= 1 && is_block(&name) && stats.prose > 0 {
            if self.is_repeated(node, &stats) {
                self.repeated.push((node.id, stats.prose));
            }
            self.prose_seen += stats.prose;
            return Step::Into;
        }
        Step::Into
    }

    /// Whether a paragraph has been visited before; blocks inside one paragraph are not checked
    /// again.
    fn is_repeated(&mut self, node: NodeRef<'_>, stats: &ElementStats) -> bool {
        if self.paragraph.is_some() || stats.prose < MIN_REPEATED {
            return false;
        }
        self.paragraph = Some(node.id);
        !self.seen_paragraphs.insert(digest(node))
    }

    fn is_outside(&mut self, node: &NodeRef<'_>, name: &str, stats: &ElementStats) -> bool {
        if is_silent(name)
            || matches!(name, "nav" | "footer" | "button" | "dialog" | "menu")
            || dom::is_hidden(node)
        {
            return true;
        }
        if matches!(name, "form" | "fieldset") && (stats.inputs > 0 || stats.prose == 0) {
            return true;
        }
        let class_and_id = dom::class_and_id(node);
        if !class_and_id.is_empty() && names_boilerplate(&class_and_id) {
            return true;
        }
        if name == "aside" && (stats.link_share() > 0.2 || stats.prose < 200) {
            return true;
        }
        if Self::is_link_list(name, stats) {
            return true;
        }
        if stats.prose > 0 && stats.paragraphs == 1 && is_placeholder(&dom::line(*node, 60)) {
            return true;
        }
        let short = stats.chars > 0
            && stats.chars < 260
            && is_block(name)
            && !matches!(name, "table" | "tr" | "td" | "th" | "tbody" | "thead");
        if !short || stats.paragraphs > 1 {
            return false;
        }
        let text = dom::line(*node, 500);
        if self.prose_seen * 10 > self.whole.prose * 7 && self.is_about_author(&text) {
            return true;
        }
        if matches!(name, "h1" | "h2") && self.prose_seen * 6 < self.whole.prose && self.is_title(&text) {
            self.headline = Some(node.id);
            return true;
        }
        if self.prose_seen == 0 && is_dateline(&text) {
            return true;
        }
        if ends_article(name, &text) && self.prose_seen * 2 > self.whole.prose {
            self.after_end = true;
            return true;
        }
        is_boilerplate_text(&text, stats)
    }

    /// Whether a paragraph introduces one of the authors, as author boxes do.
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
    fn is_link_list(name: &str, stats: &ElementStats) -> bool {
        if stats.links == 0
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
        let share = stats.link_share();
        match name {
            // A paragraph that is one link is a teaser; one with words around the link is a
            // sentence.
            "p" | "h2" | "h3" | "h4" | "h5" | "li" => {
                share > 0.92 && stats.chars > 0 && name != "li" && stats.images == 0
            }
            "ul" | "ol" | "dl" => share > 0.75 && stats.links >= 2,
            "figure" => false,
            _ => {
                share > 0.6 && stats.prose == 0
                    || share > 0.5 && stats.links >= 4 && stats.prose * 4 < stats.chars
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
    fn boilerplate_is_dropped() {
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
    fn repeated_text_and_author_boxes_are_dropped() {
        let article: String = (0..4).map(|n| format!("<p>{n}{PROSE} {PROSE}</p>")).collect();
        let page = |inner: &str| Document::from(format!("<div id=a>{article}{inner}</div>"));
        let count = |page: Document| {
            let root = page.select("#a").nodes()[0];
            blocks::text(root, &pruned(root, &measure(root), "A title", &[])).matches(PROSE).count()
        };
        assert_eq!(count(page(&format!("<div>{article}</div>"))), 8);
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
    fn comments_are_dropped_even_if_longer_than_the_article() {
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
    fn parts_of_the_article_are_kept() {
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
