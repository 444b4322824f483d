//! Small helpers over the parsed tree. Nothing here recurses.

use dom_query::{LocalName, NodeRef};

/// Whether a node is being entered or left by [`walk`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    Enter,
    Leave,
}

/// Whether [`walk`] goes into the node that it just entered, past it, or ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Into,
    Over,
    Stop,
}

/// Visits the subtree of `root` in document order. Every node that is entered is also left, `Over` or not,
/// unless the visitor stops the walk.
pub(super) fn walk<'a>(root: NodeRef<'a>, mut visit: impl FnMut(Visit, NodeRef<'a>) -> Step) {
    let mut node = root;
    loop {
        match visit(Visit::Enter, node) {
            Step::Into => {
                if let Some(child) = node.first_child() {
                    node = child;
                    continue;
                }
            }
            Step::Over => {}
            Step::Stop => return,
        }
        loop {
            visit(Visit::Leave, node);
            if node.id == root.id {
                return;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return };
            node = parent;
        }
    }
}

/// The element's name; empty for other nodes.
pub(super) fn name(node: &NodeRef<'_>) -> LocalName {
    node.qual_name_ref().map_or_else(|| LocalName::from(""), |name| name.local.clone())
}

/// The attribute's value, trimmed; `None` where it is missing or empty.
pub(super) fn attribute(node: &NodeRef<'_>, name: &str) -> Option<String> {
    let element = node.element_ref()?;
    let value = element.attrs.iter().find(|attribute| &*attribute.name.local == name)?.value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// Class and id in lower case, with a space before, between and behind.
pub(super) fn marks(node: &NodeRef<'_>) -> String {
    let mut marks = String::new();
    if let Some(element) = node.element_ref() {
        for attribute in &element.attrs {
            if matches!(&*attribute.name.local, "class" | "id") {
                marks.push(' ');
                marks.push_str(super::limits::prefix(&attribute.value, 400));
            }
        }
    }
    if !marks.is_empty() {
        marks.push(' ');
        marks.make_ascii_lowercase();
    }
    marks
}

/// Elements whose content is never text for a reader.
pub(super) fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "embed"
            | "select"
            | "textarea"
            | "head"
            | "title"
            | "canvas"
            | "audio"
            | "video"
            | "map"
            | "datalist"
            | "input"
    )
}

/// Elements that stand on lines of their own (HTML standard §15.3).
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "caption"
    )
}

/// Whether the page hides the element from its readers.
pub(super) fn is_hidden(node: &NodeRef<'_>) -> bool {
    let Some(element) = node.element_ref() else { return false };
    element.attrs.iter().any(|attribute| match &*attribute.name.local {
        "hidden" => true,
        "style" => {
            let style: String = attribute
                .value
                .chars()
                .take(300)
                .filter(|c| !c.is_whitespace())
                .map(|c| c.to_ascii_lowercase())
                .collect();
            style.contains("display:none") || style.contains("visibility:hidden")
        }
        _ => false,
    })
}

/// The readable text of a subtree on one line, white space folded, blocks and line breaks as a space.
/// Reading stops at about `limit` bytes.
pub(super) fn line(root: NodeRef<'_>, limit: usize) -> String {
    let mut out = String::new();
    let mut gap = false;
    walk(root, |visit, node| {
        if out.len() > limit {
            return Step::Stop;
        }
        if node.is_text() {
            if visit == Visit::Enter {
                push_folded(&mut out, &node.text(), &mut gap);
            }
            return Step::Over;
        }
        let name = name(&node);
        if is_silent(&name) {
            return Step::Over;
        }
        gap |= is_block(&name) || &*name == "br";
        Step::Into
    });
    out
}

/// Appends text with white space folded; `gap` says that white space is owed before the next word.
pub(super) fn push_folded(out: &mut String, text: &str, gap: &mut bool) {
    for c in text.chars() {
        if c.is_whitespace() {
            *gap = true;
        } else {
            if *gap && !out.is_empty() && !out.ends_with('\n') {
                out.push(' ');
            }
            *gap = false;
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    #[test]
    fn a_line_keeps_words_whole_and_blocks_apart() {
        let page = Document::from("<div>One <b>t</b>wo<p>three</p>four<br>five<script>no</script></div>");
        assert_eq!(line(page.root(), 1000), "One two three four five");
    }

    #[test]
    fn a_walk_ends_at_its_root() {
        let page = Document::from("<div id=a><p>x</p></div><div>y</div>");
        let root = page.select("#a").nodes()[0];
        let mut seen = 0;
        walk(root, |visit, _| {
            seen += usize::from(visit == Visit::Enter);
            Step::Into
        });
        assert_eq!(seen, 3);
    }
}
