//! The texts of a feed and their kinds, whether the feed states the kind or not.

use courant_model::Timestamp;

use crate::xml::{Node, Ns};

use super::{
    fields::Scope,
    mojibake,
    values::{FeedKind, Text, TextKind},
};

/// What kind of text an element holds if its feed does not state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextMode {
    /// Plain text; in RSS it is HTML if it looks like HTML.
    Plain,
    /// HTML.
    Html,
}

/// The text of an element.
pub(super) fn text(node: Node<'_, '_>, text_mode: TextMode, scope: &Scope<'_>) -> Option<Text> {
    let stated =
        if matches!(node.ns(), Ns::Atom | Ns::Core | Ns::Media) { node.filled("type") } else { None };
    let encoding = node.filled("mode");
    let (value, kind) = match stated.map(|kind| kind.to_ascii_lowercase()).as_deref() {
        Some(stated) => typed(node, stated, encoding.as_deref()),
        None if scope.kind == FeedKind::Atom
            && matches!(node.ns(), Ns::Atom | Ns::Core)
            && text_mode == TextMode::Plain =>
        {
            untyped_atom(node, encoding.as_deref())
        }
        None => untyped(node, text_mode),
    };
    let value = mojibake::repaired(value);
    let value = match kind {
        TextKind::Plain => value.trim().to_owned(),
        TextKind::Html => value,
    };
    if value.trim().is_empty() {
        return None;
    }
    let base = if kind == TextKind::Html { scope.base(node) } else { None };
    Some(Text { value, kind, base })
}

/// RFC 4287 §3.1 and §4.1.3; Atom 0.3 §3.1 (`mode`).
fn typed(node: Node<'_, '_>, stated: &str, encoding: Option<&str>) -> (String, TextKind) {
    let is_markup =
        matches!(stated, "html" | "xhtml" | "text/html" | "application/xhtml+xml" | "text/x-html")
            || stated.ends_with("+xml")
            || stated.ends_with("/xml");
    match encoding {
        Some("base64") => {
            let plain = from_base64(&node.text());
            return (plain, if is_markup { TextKind::Html } else { TextKind::Plain });
        }
        Some("escaped") => {
            return (node.text().into_owned(), if is_markup { TextKind::Html } else { TextKind::Plain });
        }
        _ => {}
    }
    match stated {
        "xhtml" | "application/xhtml+xml" => (markup(node), TextKind::Html),
        _ if is_markup => {
            if node.has_children() || encoding == Some("xml") {
                (markup(node), TextKind::Html)
            } else {
                (node.text().into_owned(), TextKind::Html)
            }
        }
        "text" | "plain" | "text/plain" => {
            if node.has_children() {
                (markup(node), TextKind::Html)
            } else {
                (node.text().into_owned(), TextKind::Plain)
            }
        }
        _ if stated.starts_with("text/") || !stated.contains('/') => {
            (node.text().into_owned(), TextKind::Plain)
        }
        // RFC 4287 §4.1.3.3 rule 6: any other type is Base64.
        _ => (from_base64(&node.text()), TextKind::Plain),
    }
}

fn untyped_atom(node: Node<'_, '_>, encoding: Option<&str>) -> (String, TextKind) {
    if node.has_children() {
        return (markup(node), TextKind::Html);
    }
    if encoding == Some("base64") {
        return (from_base64(&node.text()), TextKind::Plain);
    }
    (node.text().into_owned(), TextKind::Plain)
}

fn untyped(node: Node<'_, '_>, text_mode: TextMode) -> (String, TextKind) {
    if node.has_children() {
        return (markup(node), TextKind::Html);
    }
    let value = node.text().into_owned();
    let kind =
        if text_mode == TextMode::Html || looks_like_html(&value) { TextKind::Html } else { TextKind::Plain };
    (value, kind)
}

/// The markup inside, without the `div` or `body` that only wraps it.
fn markup(node: Node<'_, '_>) -> String {
    let mut inner = node;
    let own_text = |node: Node<'_, '_>| node.has_text_of_its_own();
    let mut children = inner.children();
    if let (Some(only), None) = (children.next(), children.next()) {
        let holds = matches!(only.local(), "div" | "body") && only.ns() != Ns::Other && !own_text(inner);
        if holds {
            inner = only;
        }
    }
    inner.inner_markup()
}

fn from_base64(text: &str) -> String {
    let packed: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let plain =
        data_encoding::BASE64.decode(&packed).or_else(|_| data_encoding::BASE64_NOPAD.decode(&packed));
    match plain {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => text.to_owned(),
    }
}

/// Whether a text that should be plain is HTML: it closes an element or contains an entity, and
/// every tag in it belongs to HTML (the rule of Python's feedparser).
pub(super) fn looks_like_html(text: &str) -> bool {
    let mut sign = has_entity(text);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let closing = rest.starts_with('/');
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        if end == 0 {
            continue;
        }
        if !is_html_name(&name[..end]) {
            return false;
        }
        let void = matches!(name[..end].to_ascii_lowercase().as_str(), "br" | "hr" | "img" | "wbr");
        sign |= (closing || void) && name[end..].contains('>');
    }
    sign
}

fn has_entity(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '#')).unwrap_or(rest.len());
        let name = &rest[..end];
        if rest[end..].starts_with(';')
            && (name.strip_prefix('#').is_some_and(|number| !number.is_empty())
                || crate::xml::html_entity(name).is_some())
        {
            return true;
        }
    }
    false
}

fn is_html_name(name: &str) -> bool {
    // The list is sorted, and no name in it is longer than ten characters.
    let mut lower = [0; 10];
    let Some(lower) = lower.get_mut(..name.len()) else { return false };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    HTML_NAMES.binary_search_by(|known| known.as_bytes().cmp(lower)).is_ok()
}

/// The elements that a feed may mean when it writes a tag, sorted.
#[rustfmt::skip]
const HTML_NAMES: &[&str] = &[
    "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "bdi", "bdo", "big",
    "blockquote", "br", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "dd",
    "del", "details", "dfn", "dir", "div", "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure",
    "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "iframe", "img",
    "input", "ins", "kbd", "label", "legend", "li", "link", "map", "mark", "math", "menu", "meta", "meter",
    "nav", "noscript", "object", "ol", "option", "p", "param", "picture", "pre", "progress", "q", "rp",
    "rt", "ruby", "s", "samp", "script", "section", "select", "small", "source", "span", "strike", "strong",
    "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "textarea", "tfoot", "th", "thead",
    "time", "tr", "tt", "u", "ul", "var", "video", "wbr",
];

/// The instant that an element states.
pub(super) fn date(node: Node<'_, '_>) -> Option<Timestamp> {
    courant_model::parse_date(&node.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_known_by_its_tags_and_entities() {
        assert!(looks_like_html("a <b>c</b>"));
        assert!(looks_like_html("a &amp; b"));
        assert!(looks_like_html("a<br/>b"));
        assert!(!looks_like_html("if a < b and c > d"));
        assert!(!looks_like_html("the <generic> type </generic>"));
        assert!(!looks_like_html("AT&T; R & D"));
    }
}
