//! How much text, prose and links each element of a page holds: one walk, sums carried upward.

use std::hash::{Hash, Hasher};

use dom_query::{NodeId, NodeRef};

use super::{
    dom::{self, Step, Visit},
    elements::{is_block, is_silent},
    marks::{self, Says},
};
use crate::extract::text::letters;

/// What a subtree holds. Letters are characters that are no white space.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::extract) struct Weight {
    pub(in crate::extract) chars: u32,
    pub(in crate::extract) link_chars: u32,
    pub(in crate::extract) links: u32,
    /// Letters of running text: blocks with sentences, few links.
    pub(in crate::extract) prose: u32,
    /// Blocks of running text.
    pub(in crate::extract) paragraphs: u32,
    pub(in crate::extract) pictures: u32,
    pub(in crate::extract) commas: u32,
    pub(in crate::extract) inputs: u32,
    /// What class and id of the element itself speak of.
    pub(in crate::extract) says: Says,
}

impl Weight {
    fn add(&mut self, other: &Self) {
        self.chars += other.chars;
        self.link_chars += other.link_chars;
        self.links += other.links;
        self.prose += other.prose;
        self.paragraphs += other.paragraphs;
        self.pictures += other.pictures;
        self.commas += other.commas;
        self.inputs += other.inputs;
    }

    /// Share of the letters that stand in links, 0 to 1.
    pub(in crate::extract) fn link_share(&self) -> f32 {
        if self.chars == 0 { 0.0 } else { self.link_chars as f32 / self.chars as f32 }
    }
}

/// Weights of the elements of a subtree.
pub(in crate::extract) struct Weights(Vec<Weight>);

impl Weights {
    /// The weight of an element; empty for what was not measured.
    pub(in crate::extract) fn of(&self, node: &NodeRef<'_>) -> Weight {
        self.0.get(index(node.id)).copied().unwrap_or_default()
    }

    fn set(&mut self, id: NodeId, weight: Weight) {
        if let Some(slot) = self.0.get_mut(index(id)) {
            *slot = weight;
        }
    }
}

/// The number of a node in its tree. The id keeps it to itself but is hashed as that one number.
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

/// Letters of a block's own text from which it can be running text.
const MIN_PROSE: u32 = 40;

struct Open {
    id: NodeId,
    weight: Weight,
    /// Letters of text directly in this block or in inline elements of it, and those of them in links.
    own: u32,
    own_links: u32,
    sentence: bool,
    block: bool,
    link: bool,
}

/// Measures the subtree of `root`.
pub(in crate::extract) fn measure(root: NodeRef<'_>) -> Weights {
    // Numbers begin at one.
    let mut weights = Weights(vec![Weight::default(); root.tree.len() + 1]);
    let mut open: Vec<Open> = Vec::new();
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
                close(&mut weights, open.last_mut(), done);
            }
            return Step::Over;
        }
        let name = dom::name(&node);
        let mut weight = Weight { says: marks::says_of(&node), ..Weight::default() };
        match &*name {
            "img" => weight.pictures = 1,
            "a" if !is_anchor(&node) => weight.links = 1,
            "input" | "select" | "textarea" | "button" => weight.inputs = 1,
            _ => {}
        }
        let link = weight.links == 1;
        in_link += u32::from(link);
        open.push(Open {
            id: node.id,
            weight,
            own: 0,
            own_links: 0,
            sentence: false,
            block: is_block(&name),
            link,
        });
        if is_silent(&name) { Step::Over } else { Step::Into }
    });
    weights
}

/// Whether a link leads nowhere but to a place on this page, as headings link to themselves.
fn is_anchor(node: &NodeRef<'_>) -> bool {
    !dom::attribute_fits(node, "href", |href| !href.starts_with('#'))
}

fn take_text(open: &mut [Open], text: &str, in_link: bool) {
    let Some(last) = open.last_mut() else { return };
    let (mut commas, mut sentence) = (0, false);
    let chars = letters(text) as u32;
    if chars == 0 {
        return;
    }
    for c in text.chars() {
        commas += u32::from(matches!(c, ',' | '،' | '、' | '，' | ';'));
        sentence |=
            matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '؟' | '।' | ',' | '，' | '、' | '،' | ':');
    }
    last.weight.chars += chars;
    last.weight.commas += commas;
    last.own += chars;
    last.sentence |= sentence;
    if in_link {
        last.weight.link_chars += chars;
        last.own_links += chars;
    }
}

fn close(weights: &mut Weights, parent: Option<&mut Open>, mut done: Open) {
    // Thai and its like write without marks; a long text with few links is prose there too.
    let is_prose = done.block
        && done.own >= MIN_PROSE
        && done.own_links * 3 < done.own
        && (done.sentence || done.own > 150);
    if is_prose {
        done.weight.prose += done.own;
        done.weight.paragraphs += 1;
    }
    if let Some(parent) = parent {
        parent.weight.add(&done.weight);
        if !done.block {
            parent.own += done.own;
            parent.own_links += done.own_links;
            parent.sentence |= done.sentence;
        }
    }
    weights.set(done.id, done.weight);
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    #[test]
    fn sums_are_carried_upward() {
        let sentence = "The miller opened the gate, and the water came down with a roar that all could hear.";
        let page = Document::from(format!(
            "<div id=a><p>{sentence}</p><ul><li><a href=x>Some other page</a></li></ul><span>{sentence}</span></div>"
        ));
        let weights = measure(page.root());
        let weight = weights.of(&page.select("#a").nodes()[0]);
        let letters = sentence.chars().filter(|c| !c.is_whitespace()).count() as u32;
        assert_eq!(
            (weight.paragraphs, weight.prose, weight.links, weight.link_chars),
            (2, 2 * letters, 1, 13)
        );
        assert_eq!(weight.chars, 2 * letters + 13);
    }
}
