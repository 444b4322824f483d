//! The readable text of a subtree: paragraphs, headings, list items and table rows are separated,
//! words are kept whole.

use dom_query::{NodeId, NodeRef};
use rustc_hash::FxHashSet;

use crate::extract::{
    page::{
        dom::{self, Step, Visit},
        elements::{is_block, is_silent},
    },
    text::{folded, repaired},
};

/// Maximum bytes of text of one article.
const MAX_TEXT: usize = 1 << 20;

/// The text of `root` without the subtrees in `dropped`. Paragraphs are separated by a blank line;
/// list items, table rows and lines broken by `br` by a line break; cells of a row by a space.
pub(in crate::extract) fn text(root: NodeRef<'_>, dropped: &FxHashSet<NodeId>) -> String {
    let mut writer = TextWriter::default();
    dom::walk(root, |visit, node| writer.visit(visit, node, dropped));
    writer.finished()
}

/// The separator to write before the next word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

#[derive(Default)]
struct TextWriter {
    out: String,
    gap: Gap,
    /// Open `pre` elements, and open lists and tables: inside them a block is a line, not a
    /// paragraph.
    pre: usize,
    compact: usize,
}

impl TextWriter {
    fn visit(&mut self, visit: Visit, node: NodeRef<'_>, dropped: &FxHashSet<NodeId>) -> Step {
        if self.out.len() > MAX_TEXT {
            return Step::Stop;
        }
        if node.is_text() {
            if visit == Visit::Enter {
                dom::with_text(&node, |text| self.push_text(text));
            }
            return Step::Over;
        }
        let name = dom::name(&node);
        if is_silent(&name) || dropped.contains(&node.id) {
            return Step::Over;
        }
        let entering = visit == Visit::Enter;
        match &*name {
            "br" if entering => {
                // Old pages separate paragraphs with two line breaks.
                let next = if self.gap == Gap::Line { Gap::Paragraph } else { Gap::Line };
                self.request_gap(next);
            }
            "td" | "th" => self.request_gap(Gap::Space),
            "ul" | "ol" | "dl" | "table" | "pre" => {
                self.request_gap(if self.compact == 0 { Gap::Paragraph } else { Gap::Line });
                let depth = if &*name == "pre" { &mut self.pre } else { &mut self.compact };
                *depth = if entering { *depth + 1 } else { depth.saturating_sub(1) };
            }
            name if is_block(name) => {
                self.request_gap(if self.compact == 0 { Gap::Paragraph } else { Gap::Line });
            }
            _ => {}
        }
        Step::Into
    }

    fn request_gap(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn push_text(&mut self, text: &str) {
        for c in text.chars() {
            if c == '\n' && self.pre > 0 {
                self.request_gap(Gap::Line);
            } else if c.is_whitespace() {
                self.request_gap(Gap::Space);
            } else {
                if !self.out.is_empty() {
                    self.out.push_str(match self.gap {
                        Gap::None => "",
                        Gap::Space => " ",
                        Gap::Line => "\n",
                        Gap::Paragraph => "\n\n",
                    });
                }
                self.gap = Gap::None;
                self.out.push(c);
            }
        }
    }

    /// The lines without invisible characters and mojibake, and without repeated blank lines.
    fn finished(self) -> String {
        let mut out = String::with_capacity(self.out.len());
        for line in self.out.split('\n') {
            let line = folded(&repaired(line));
            if line.is_empty() && (out.is_empty() || out.ends_with("\n\n")) {
                continue;
            }
            out.push_str(&line);
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn text_of(html: &str) -> String {
        text(Document::from(html).root(), &FxHashSet::default())
    }

    #[test]
    fn blocks_are_separate_and_words_whole() {
        assert_eq!(
            text_of("<h2>Head</h2><p>One <i>t</i>wo<b>,</b> three</p><div>four<div>five</div>six</div>"),
            "Head\n\nOne two, three\n\nfour\n\nfive\n\nsix"
        );
    }

    #[test]
    fn lists_and_tables_are_lines() {
        assert_eq!(text_of("<p>a</p><ul><li>b</li><li><p>c</p></li></ul><p>d"), "a\n\nb\nc\n\nd");
        assert_eq!(
            text_of("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"),
            "a b\nc d"
        );
    }

    #[test]
    fn line_breaks_and_code_are_kept() {
        assert_eq!(text_of("a<br>b<br><br>c<br/> <br/>d"), "a\nb\n\nc\n\nd");
        assert_eq!(text_of("<pre>let a;\n  let b;</pre>"), "let a;\nlet b;");
    }
}
