//! Measures how much text, prose and links each element of a page holds: one walk, sums carried
//! upward.

use std::hash::{Hash, Hasher};

use dom_query::{NodeId, NodeRef};

use super::{
    class_hints::{self, ClassHints},
    dom::{self, Step, Visit},
    elements::{is_block, is_silent},
};
use crate::extract::text::count_visible;

/// What a subtree holds. Characters are counted without white space.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::extract) struct ElementStats {
    pub(in crate::extract) chars: u32,
    pub(in crate::extract) link_chars: u32,
    pub(in crate::extract) links: u32,
    /// Characters of running text: blocks with sentences and few links.
    pub(in crate::extract) prose: u32,
    /// Blocks of running text.
    pub(in crate::extract) paragraphs: u32,
    pub(in crate::extract) images: u32,
    pub(in crate::extract) commas: u32,
    pub(in crate::extract) inputs: u32,
    /// What class and id of the element itself indicate.
    pub(in crate::extract) hints: ClassHints,
}

impl ElementStats {
    fn add(&mut self, other: &Self) {
        self.chars += other.chars;
        self.link_chars += other.link_chars;
        self.links += other.links;
        self.prose += other.prose;
        self.paragraphs += other.paragraphs;
        self.images += other.images;
        self.commas += other.commas;
        self.inputs += other.inputs;
    }

    /// Share of the characters that are in links, 0 to 1.
    pub(in crate::extract) fn link_share(&self) -> f32 {
        if self.chars == 0 { 0.0 } else { self.link_chars as f32 / self.chars as f32 }
    }
}

/// Statistics of the elements of a subtree.
pub(in crate::extract) struct PageStats(Vec<ElementStats>);

impl PageStats {
    /// The statistics of an element; empty if it was not measured.
    pub(in crate::extract) fn of(&self, node: &NodeRef<'_>) -> ElementStats {
        self.0.get(index(node.id)).copied().unwrap_or_default()
    }

    fn set(&mut self, id: NodeId, stats: ElementStats) {
        if let Some(slot) = self.0.get_mut(index(id)) {
            *slot = stats;
        }
    }
}

/// The index of a node in its tree. The id does not expose it but is hashed as that one number.
fn index(id: NodeId) -> usize {
    #[derive(Default)]
    struct Number(u32);
    impl Hasher for Number {
        fn finish(&self) -> u64 {
            u64::from(self.0)
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0 = bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
        }
        fn write_u32(&mut self, number: u32) {
            self.0 = number;
        }
    }
    let mut number = Number::default();
    id.hash(&mut number);
    number.0 as usize
}

/// Minimum characters of a block's own text for running text.
const MIN_PROSE: u32 = 40;

struct OpenElement {
    id: NodeId,
    stats: ElementStats,
    /// Characters directly in this block or in its inline elements, and those of them in links.
    own: u32,
    own_links: u32,
    sentence: bool,
    block: bool,
    link: bool,
}

/// Measures the subtree of `root`.
pub(in crate::extract) fn measure(root: NodeRef<'_>) -> PageStats {
    // Indices begin at one.
    let mut page_stats = PageStats(vec![ElementStats::default(); root.tree.len() + 1]);
    let mut open: Vec<OpenElement> = Vec::new();
    let mut in_link = 0_u32;
    dom::walk(root, |visit, node| {
        if node.is_text() {
            if visit == Visit::Enter {
                dom::with_text(&node, |text| take_text(&mut open, text, in_link > 0));
            }
            return Step::Over;
        }
        if visit == Visit::Leave {
            if open.last().is_some_and(|last| last.id == node.id)
                && let Some(done) = open.pop()
            {
                in_link -= u32::from(done.link);
                close(&mut page_stats, open.last_mut(), done);
            }
            return Step::Over;
        }
        let name = dom::name(&node);
        let mut stats = ElementStats { hints: class_hints::hints_of(&node), ..ElementStats::default() };
        match &*name {
            "img" => stats.images = 1,
            "a" if !is_anchor(&node) => stats.links = 1,
            "input" | "select" | "textarea" | "button" => stats.inputs = 1,
            _ => {}
        }
        let link = stats.links == 1;
        in_link += u32::from(link);
        open.push(OpenElement {
            id: node.id,
            stats,
            own: 0,
            own_links: 0,
            sentence: false,
            block: is_block(&name),
            link,
        });
        if is_silent(&name) { Step::Over } else { Step::Into }
    });
    page_stats
}

/// Whether a link leads only to an anchor on this page, as headings link to themselves.
fn is_anchor(node: &NodeRef<'_>) -> bool {
    !dom::attribute_fits(node, "href", |href| !href.starts_with('#'))
}

fn take_text(open: &mut [OpenElement], text: &str, in_link: bool) {
    let Some(last) = open.last_mut() else { return };
    let (mut commas, mut sentence) = (0, false);
    let chars = count_visible(text) as u32;
    if chars == 0 {
        return;
    }
    for c in text.chars() {
        commas += u32::from(matches!(c, ',' | '،' | '、' | '，' | ';'));
        sentence |=
            matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '؟' | '।' | ',' | '，' | '、' | '،' | ':');
    }
    last.stats.chars += chars;
    last.stats.commas += commas;
    last.own += chars;
    last.sentence |= sentence;
    if in_link {
        last.stats.link_chars += chars;
        last.own_links += chars;
    }
}

fn close(page_stats: &mut PageStats, parent: Option<&mut OpenElement>, mut done: OpenElement) {
    // Thai and some other languages are written without punctuation; a long text with few links is
    // prose there too.
    let is_prose = done.block
        && done.own >= MIN_PROSE
        && done.own_links * 3 < done.own
        && (done.sentence || done.own > 150);
    if is_prose {
        done.stats.prose += done.own;
        done.stats.paragraphs += 1;
    }
    if let Some(parent) = parent {
        parent.stats.add(&done.stats);
        if !done.block {
            parent.own += done.own;
            parent.own_links += done.own_links;
            parent.sentence |= done.sentence;
        }
    }
    page_stats.set(done.id, done.stats);
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    #[test]
    fn parents_have_the_sums_of_their_children() {
        let sentence = "The miller opened the gate, and the water came down with a roar that all could hear.";
        let page = Document::from(format!(
            "<div id=a><p>{sentence}</p><ul><li><a href=x>Some other page</a></li></ul><span>{sentence}</span></div>"
        ));
        let page_stats = measure(page.root());
        let stats = page_stats.of(&page.select("#a").nodes()[0]);
        let chars = sentence.chars().filter(|c| !c.is_whitespace()).count() as u32;
        assert_eq!((stats.paragraphs, stats.prose, stats.links, stats.link_chars), (2, 2 * chars, 1, 13));
        assert_eq!(stats.chars, 2 * chars + 13);
    }
}
