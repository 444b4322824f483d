//! Small helpers for the parsed tree. Nothing here recurses.

use dom_query::{Element, LocalName, NodeData, NodeRef, local_name};

use super::elements::{is_block, is_silent};
use crate::extract::text::prefix;

/// Whether a node is being entered or left by [`walk`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Visit {
    Enter,
    Leave,
}

/// Whether [`walk`] descends into the node that it just entered, skips its content, or stops.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Step {
    Into,
    Over,
    Stop,
}

/// Visits the subtree of `root` in document order. Every node that is entered is also left, even if
/// skipped, unless the visitor stops the walk.
pub(in crate::extract) fn walk<'a>(root: NodeRef<'a>, mut visit: impl FnMut(Visit, NodeRef<'a>) -> Step) {
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
pub(in crate::extract) fn name(node: &NodeRef<'_>) -> LocalName {
    node.qual_name_ref().map_or_else(|| LocalName::from(""), |name| name.local.clone())
}

/// The result of `read` for the text of a text node, which is not copied; `None` for other nodes.
pub(in crate::extract) fn with_text<R>(node: &NodeRef<'_>, read: impl FnOnce(&str) -> R) -> Option<R> {
    node.query(|inner| match &inner.data {
        NodeData::Text { contents } => Some(read(contents)),
        _ => None,
    })
    .flatten()
}

/// Whether the element has an attribute whose trimmed, non-empty value fits; the value is not
/// copied.
pub(in crate::extract) fn attribute_fits(
    node: &NodeRef<'_>,
    name: &str,
    fits: impl FnOnce(&str) -> bool,
) -> bool {
    node.query_or(false, |inner| match &inner.data {
        NodeData::Element(element) => element
            .attrs
            .iter()
            .find(|attribute| &*attribute.name.local == name)
            .map(|attribute| attribute.value.trim())
            .is_some_and(|value| !value.is_empty() && fits(value)),
        _ => false,
    })
}

/// The attribute's value, trimmed; `None` if it is missing or empty.
pub(in crate::extract) fn attribute(node: &NodeRef<'_>, name: &str) -> Option<String> {
    let element = node.element_ref()?;
    let value = element.attrs.iter().find(|attribute| &*attribute.name.local == name)?.value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The values of class and id, each cut to 400 bytes.
pub(in crate::extract) fn class_and_id_values(element: &Element) -> impl Iterator<Item = &str> {
    element
        .attrs
        .iter()
        .filter(|attribute| matches!(attribute.name.local, local_name!("class") | local_name!("id")))
        .map(|attribute| prefix(&attribute.value, 400))
}

/// Class and id in lower case, with a space before, between and after them.
pub(in crate::extract) fn class_and_id(node: &NodeRef<'_>) -> String {
    let mut value = String::new();
    if let Some(element) = node.element_ref() {
        for part in class_and_id_values(&element) {
            value.push(' ');
            value.push_str(part);
        }
    }
    if !value.is_empty() {
        value.push(' ');
        value.make_ascii_lowercase();
    }
    value
}

/// Whether the page hides the element from readers.
pub(in crate::extract) fn is_hidden(node: &NodeRef<'_>) -> bool {
    let Some(element) = node.element_ref() else { return false };
    element.attrs.iter().any(|attribute| match &*attribute.name.local {
        "hidden" => true,
        "style" => {
            // The attribute is short and rarely about visibility.
            let style = prefix(&attribute.value, 300);
            let mentions = |byte: &u8| matches!(byte, b'd' | b'D' | b'v' | b'V');
            style.bytes().any(|byte| mentions(&byte)) && {
                let style: String =
                    style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
                style.contains("display:none") || style.contains("visibility:hidden")
            }
        }
        _ => false,
    })
}

/// The readable text of a subtree on one line, white space folded, blocks and line breaks as a
/// space. Stops after about `limit` bytes.
pub(in crate::extract) fn line(root: NodeRef<'_>, limit: usize) -> String {
    let mut out = String::new();
    let mut gap = false;
    walk(root, |visit, node| {
        if out.len() > limit {
            return Step::Stop;
        }
        if node.is_text() {
            if visit == Visit::Enter {
                with_text(&node, |text| push_folded(&mut out, text, &mut gap));
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

/// Appends text with white space folded; `gap` is set if a space is due before the next word.
pub(in crate::extract) fn push_folded(out: &mut String, text: &str, gap: &mut bool) {
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
    fn a_line_keeps_words_whole_and_blocks_separate() {
        let page = Document::from("<div>One <b>t</b>wo<p>three</p>four<br>five<script>no</script></div>");
        assert_eq!(line(page.root(), 1000), "One two three four five");
    }

    #[test]
    fn a_walk_ends_at_its_root() {
        let page = Document::from("<div id=a><p>x</p></div><div>y</div>");
        let root = page.select("#a").nodes()[0];
        let mut visited = 0;
        walk(root, |visit, _| {
            visited += usize::from(visit == Visit::Enter);
            Step::Into
        });
        assert_eq!(visited, 3);
    }
}
