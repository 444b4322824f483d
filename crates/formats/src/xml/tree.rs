//! The document as a flat tree in document order.

use std::borrow::Cow;

use memchr::memchr;
use rustc_hash::FxHashMap;

use super::{
    entity::{Entities, decode_references},
    names::{self, Ns},
    tokens::{Token, Tokens},
};

/// Maximum depth. Deeper elements become siblings of their ancestors' children, so that closing
/// them stays cheap.
const MAX_DEPTH: usize = 256;
/// Maximum number of nodes; the document is read as if it ended there.
const MAX_NODES: usize = 4_000_000;
/// Maximum number of namespace declarations in scope at once; the rest is ignored.
const MAX_BINDINGS: usize = 256;

/// The index of a node in its document.
pub type NodeId = usize;

#[derive(Debug)]
enum Content<'a> {
    Element { raw: &'a str, local: u32, ns: Ns, attributes: (u32, u16) },
    Text(&'a str),
    CData(&'a str),
}

#[derive(Debug)]
struct Item<'a> {
    content: Content<'a>,
    parent: u32,
    /// The index after the last descendant.
    end: u32,
}

/// A parsed document.
#[derive(Debug)]
pub struct Document<'a> {
    items: Vec<Item<'a>>,
    attributes: Vec<(&'a str, &'a str)>,
    locals: Vec<Box<str>>,
    entities: Entities,
    has_base: bool,
    has_language: bool,
}

/// An element of a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d, 'a> {
    document: &'d Document<'a>,
    id: NodeId,
}

struct Builder<'a> {
    document: Document<'a>,
    open: Vec<u32>,
    /// Depth at which each namespace declaration was made, its prefix and meaning.
    bindings: Vec<(usize, &'a str, Ns)>,
    interned: FxHashMap<&'a str, u32>,
}

impl<'a> Document<'a> {
    /// Reads a document. `ends(open, new)` tells whether the element `new` ends an unclosed `open`
    /// (local names in lower case): formats know which of their elements cannot contain each other.
    pub fn parse(text: &'a str, ends: impl Fn(&str, &str) -> bool) -> Self {
        let mut builder = Builder {
            document: Self {
                items: Vec::with_capacity(text.len() / 48 + 8),
                attributes: Vec::new(),
                locals: Vec::new(),
                entities: Entities::default(),
                has_base: false,
                has_language: false,
            },
            open: Vec::new(),
            bindings: Vec::new(),
            interned: FxHashMap::default(),
        };
        let mut tokens = Tokens::new(text);
        while let Some(token) = tokens.next() {
            if builder.document.items.len() >= MAX_NODES {
                break;
            }
            match token {
                Token::Start { name, empty } => builder.start(name, &tokens.attributes, empty, &ends),
                Token::End { name } => builder.end(name),
                Token::Text(text) => builder.add(Content::Text(text)),
                Token::CData(text) => builder.add(Content::CData(text)),
                Token::Doctype(text) => {
                    if text.contains("<!ENTITY") {
                        builder.document.entities = Entities::declared_in(text);
                    }
                }
            }
        }
        while !builder.open.is_empty() {
            builder.pop();
        }
        builder.document
    }

    /// All elements in document order.
    pub fn elements(&self) -> impl Iterator<Item = Node<'_, 'a>> {
        (0..self.items.len()).filter_map(|id| self.element(id))
    }

    fn element(&self, id: NodeId) -> Option<Node<'_, 'a>> {
        matches!(self.items[id].content, Content::Element { .. }).then_some(Node { document: self, id })
    }
}

impl<'a> Builder<'a> {
    fn add(&mut self, content: Content<'a>) {
        let id = self.document.items.len() as u32;
        let parent = self.open.last().copied().unwrap_or(u32::MAX);
        self.document.items.push(Item { content, parent, end: id + 1 });
    }

    fn start(
        &mut self,
        raw: &'a str,
        attributes: &[(&'a str, &'a str)],
        empty: bool,
        ends: &impl Fn(&str, &str) -> bool,
    ) {
        let local = self.intern(raw);
        while let Some(top) = self.open.last() {
            let Content::Element { local: open, .. } = self.document.items[*top as usize].content else {
                break;
            };
            if !ends(&self.document.locals[open as usize], &self.document.locals[local as usize]) {
                break;
            }
            self.pop();
        }
        let depth = self.open.len() + 1;
        for (name, value) in attributes {
            if let Some(prefix) = name.strip_prefix("xmlns") {
                let prefix = prefix.strip_prefix(':').unwrap_or(prefix);
                if self.bindings.len() < MAX_BINDINGS {
                    self.bindings.push((depth, prefix, names::by_url(value)));
                }
            } else if name.eq_ignore_ascii_case("xml:base") {
                self.document.has_base = true;
            } else if name.eq_ignore_ascii_case("xml:lang") {
                self.document.has_language = true;
            }
        }
        let prefix = raw.split_once(':').map_or("", |(prefix, _)| prefix);
        let ns = self.vocabulary(prefix);
        let first = self.document.attributes.len() as u32;
        self.document.attributes.extend_from_slice(attributes);
        self.add(Content::Element { raw, local, ns, attributes: (first, attributes.len() as u16) });
        if empty || self.open.len() >= MAX_DEPTH {
            self.unbind(depth);
        } else {
            self.open.push(self.document.items.len() as u32 - 1);
        }
    }

    fn vocabulary(&self, prefix: &str) -> Ns {
        self.bindings
            .iter()
            .rev()
            .find(|(_, bound, _)| *bound == prefix)
            .map_or_else(|| names::by_prefix(prefix), |&(_, _, ns)| ns)
    }

    /// The number of the local name in lower case.
    fn intern(&mut self, raw: &'a str) -> u32 {
        if let Some(&known) = self.interned.get(raw) {
            return known;
        }
        let local = raw.rsplit_once(':').map_or(raw, |(_, local)| local).to_lowercase();
        let number = self.document.locals.len() as u32;
        self.document.locals.push(local.into());
        self.interned.insert(raw, number);
        number
    }

    fn end(&mut self, raw: &str) {
        let items = &self.document.items;
        let same = |open: &u32| match items[*open as usize].content {
            Content::Element { raw: opened, .. } => opened == raw || opened.eq_ignore_ascii_case(raw),
            _ => false,
        };
        let Some(at) = self.open.iter().rposition(same) else { return };
        while self.open.len() > at {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let depth = self.open.len();
        if let Some(id) = self.open.pop() {
            let end = self.document.items.len() as u32;
            self.document.items[id as usize].end = end;
        }
        self.unbind(depth);
    }

    fn unbind(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|(bound, ..)| *bound >= depth) {
            self.bindings.pop();
        }
    }
}

impl<'d, 'a> Node<'d, 'a> {
    /// The vocabulary of the element's name.
    pub fn ns(self) -> Ns {
        match self.document.items[self.id].content {
            Content::Element { ns, .. } => ns,
            _ => Ns::Other,
        }
    }

    /// The element's name without prefix, in lower case.
    pub fn local(self) -> &'d str {
        match self.document.items[self.id].content {
            Content::Element { local, .. } => &self.document.locals[local as usize],
            _ => "",
        }
    }

    /// The name as written.
    pub fn raw_name(self) -> &'a str {
        match self.document.items[self.id].content {
            Content::Element { raw, .. } => raw,
            _ => "",
        }
    }

    /// The byte offset of the element's name in the text that was read.
    pub fn offset_in(self, text: &str) -> usize {
        (self.raw_name().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
    }

    /// The child elements in order.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        let end = document.items[self.id].end as usize;
        let mut at = self.id + 1;
        std::iter::from_fn(move || {
            while at < end {
                let here = at;
                at = document.items[here].end as usize;
                if let Some(node) = document.element(here) {
                    return Some(node);
                }
            }
            None
        })
    }

    /// All elements below this one in document order.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        (self.id + 1..document.items[self.id].end as usize).filter_map(move |id| document.element(id))
    }

    /// The first child of this name.
    pub fn child(self, ns: Ns, local: &str) -> Option<Self> {
        self.children().find(|node| node.ns() == ns && node.local() == local)
    }

    /// The element around this one.
    pub fn parent(self) -> Option<Self> {
        self.document.element(
            usize::try_from(self.document.items[self.id].parent)
                .ok()
                .filter(|id| *id != u32::MAX as usize)?,
        )
    }

    /// The attributes as written: names with prefix, values undecoded.
    pub fn raw_attributes(self) -> &'d [(&'a str, &'a str)] {
        match self.document.items[self.id].content {
            Content::Element { attributes: (first, count), .. } => {
                &self.document.attributes[first as usize..first as usize + usize::from(count)]
            }
            _ => &[],
        }
    }

    /// The decoded value of an attribute; `name` is compared case-insensitively, first with its
    /// prefix and then without.
    pub fn attribute(self, name: &str) -> Option<Cow<'a, str>> {
        let attributes = self.raw_attributes();
        let local_of = |raw: &'a str| raw.split_once(':').map_or(raw, |(_, local)| local);
        let found = attributes.iter().find(|(raw, _)| raw.eq_ignore_ascii_case(name)).or_else(|| {
            attributes.iter().find(|(raw, _)| {
                local_of(raw).eq_ignore_ascii_case(name)
                    && !raw.starts_with("xml:")
                    && !raw.starts_with("xmlns")
            })
        })?;
        Some(decode_references(found.1, &self.document.entities))
    }

    /// The decoded, trimmed value of an attribute; `None` if it is empty.
    pub fn filled(self, name: &str) -> Option<String> {
        let value = self.attribute(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The decoded text of the element and all below it.
    pub fn text(self) -> Cow<'a, str> {
        let document = self.document;
        let mut found: Cow<'a, str> = Cow::Borrowed("");
        for item in &document.items[self.id + 1..document.items[self.id].end as usize] {
            let piece = match item.content {
                Content::Text(text) => decode_references(text, &document.entities),
                Content::CData(text) => super::entity::without_controls(text),
                Content::Element { .. } => continue,
            };
            if found.is_empty() {
                found = piece;
            } else if !(piece.is_empty()) {
                found.to_mut().push_str(&piece);
            }
        }
        found
    }

    /// Whether the element directly contains text other than white space.
    pub fn has_text_of_its_own(self) -> bool {
        let document = self.document;
        let end = document.items[self.id].end as usize;
        let mut at = self.id + 1;
        while at < end {
            match document.items[at].content {
                Content::Text(text) | Content::CData(text) if !text.trim().is_empty() => return true,
                _ => at = document.items[at].end as usize,
            }
        }
        false
    }

    /// Whether the element contains elements.
    pub fn has_children(self) -> bool {
        self.children().next().is_some()
    }

    /// The content of the element as markup: XHTML prefixes are removed, void elements of HTML are
    /// written in the short form, CDATA becomes escaped text.
    pub fn inner_markup(self) -> String {
        let document = self.document;
        let end = document.items[self.id].end as usize;
        let mut out = String::new();
        let mut open: Vec<NodeId> = Vec::new();
        for id in self.id + 1..end {
            while open.last().is_some_and(|&inner| document.items[inner].end as usize <= id) {
                close_tag(document, open.pop(), &mut out);
            }
            match document.items[id].content {
                Content::Text(text) => escape_text(&decode_references(text, &document.entities), &mut out),
                Content::CData(text) => escape_text(text, &mut out),
                Content::Element { .. } => {
                    let node = Node { document, id };
                    open_tag(node, &mut out);
                    if !is_void(node.local()) {
                        open.push(id);
                    }
                }
            }
        }
        while let Some(id) = open.pop() {
            close_tag(document, Some(id), &mut out);
        }
        out
    }

    /// The value of the nearest `xml:lang` of the element or its ancestors.
    pub fn language(self) -> Option<String> {
        if !self.document.has_language {
            return None;
        }
        let found = self.and_around().find_map(|node| node.attribute("xml:lang"))?;
        let found = found.trim();
        (!found.is_empty()).then(|| found.to_owned())
    }

    /// The `xml:base` values of the element and its ancestors, innermost first.
    pub fn bases(self) -> Vec<Cow<'a, str>> {
        if !self.document.has_base {
            return Vec::new();
        }
        self.and_around().filter_map(|node| node.attribute("xml:base")).collect()
    }

    fn and_around(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |node| node.parent())
    }
}

fn open_tag(node: Node<'_, '_>, out: &mut String) {
    out.push('<');
    push_name(node, out);
    for (name, value) in node.raw_attributes() {
        if name.starts_with("xmlns") {
            continue;
        }
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        let value = decode_references(value, &node.document.entities);
        out.push_str(&value.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;"));
        out.push('"');
    }
    out.push_str(if is_void(node.local()) { " />" } else { ">" });
}

fn close_tag(document: &Document<'_>, id: Option<NodeId>, out: &mut String) {
    if let Some(node) = id.and_then(|id| document.element(id)) {
        out.push_str("</");
        push_name(node, out);
        out.push('>');
    }
}

fn push_name(node: Node<'_, '_>, out: &mut String) {
    match node.ns() {
        Ns::Xhtml | Ns::Core | Ns::Atom => out.push_str(node.local()),
        _ => out.push_str(node.raw_name()),
    }
}

fn is_void(local: &str) -> bool {
    matches!(
        local,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn escape_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The line of a byte offset, counted from 1.
pub fn line_of(text: &str, offset: usize) -> u32 {
    let mut rest = &text.as_bytes()[..offset.min(text.len())];
    let mut line = 1;
    while let Some(at) = memchr(b'\n', rest) {
        line += 1;
        rest = &rest[at + 1..];
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Document<'_> {
        Document::parse(text, |open, new| open == "item" && new == "item")
    }

    fn named<'d, 'a>(document: &'d Document<'a>, local: &str) -> Node<'d, 'a> {
        document.elements().find(|node| node.local() == local).unwrap()
    }

    #[test]
    fn vocabularies_are_found_by_url_or_customary_prefix() {
        let document =
            parse(r#"<a xmlns:x="http://purl.org/dc/elements/1.1/"><x:Date/><dc:date/><foo:date/></a>"#);
        let found: Vec<Ns> = named(&document, "a").children().map(Node::ns).collect();
        assert_eq!(found, [Ns::Dc, Ns::Dc, Ns::Other]);
    }

    #[test]
    fn wrong_nesting_is_repaired() {
        let document = parse("<c><item><t>1</x><b>2<item><t>3</t></c><d/>");
        let items: Vec<String> = named(&document, "c")
            .children()
            .map(|node| format!("{} {}", node.local(), node.text()))
            .collect();
        assert_eq!(items, ["item 123"], "an item that is not the innermost element stays open");
        let document = parse("<c><item>1<item>2</item></c>");
        assert_eq!(named(&document, "c").children().count(), 2);
    }

    #[test]
    fn depth_is_harmless() {
        let text = "<a>".repeat(100_000);
        let document = parse(&text);
        assert_eq!(document.elements().count(), 100_000);
        assert_eq!(named(&document, "a").text(), "");
    }

    #[test]
    fn markup_is_written_back() {
        let document = parse(
            r#"<c xmlns:h="http://www.w3.org/1999/xhtml"><h:p T="&amp;">a<h:br/>&lt;<![CDATA[<]]></h:p></c>"#,
        );
        assert_eq!(named(&document, "c").inner_markup(), r#"<p T="&amp;">a<br />&lt;&lt;</p>"#);
    }

    #[test]
    fn base_and_language_are_inherited() {
        let document =
            parse(r#"<a xml:base="http://x.example/" xml:lang="fr"><b xml:base="y/"><c/></b></a>"#);
        let c = named(&document, "c");
        assert_eq!(c.bases(), ["y/", "http://x.example/"]);
        assert_eq!(c.language().as_deref(), Some("fr"));
    }
}
