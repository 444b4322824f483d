//! The elements that the quick way knows, and what they mean for those around them.

use std::{collections::HashSet, sync::LazyLock};

use rustc_hash::FxHashMap;

use crate::feed::sanitize;

/// What an element means for those around it (HTML standard, §13.2.6.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Has no content and no end tag.
    Void,
    /// The same, and it ends an open `p`.
    Rule,
    /// May stand anywhere.
    Inline,
    /// A link: not in another.
    Anchor,
    /// Ends an open `p`.
    Block,
    /// The same, and not in another.
    Heading,
    /// `ul`, `ol`, `dl`: the same, and begins a new scope for items.
    List,
    /// `li`, `dt`, `dd`: ends an open one of its list.
    Item,
    /// `p`: ends an open one.
    Paragraph,
    /// `table`: a block that holds only its parts.
    Table,
    /// `thead`, `tbody`, `tfoot`.
    Rows,
    /// `tr`.
    Row,
    /// `td`, `th`: what stands in it is apart from what stands around the table.
    Cell,
}

/// An element that may stay.
#[derive(Debug)]
pub(in crate::feed) struct Element {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) attributes: Vec<&'static str>,
}

/// The elements that may stay and that this way knows, by name.
#[derive(Debug)]
pub(in crate::feed) struct Elements {
    by_name: FxHashMap<&'static str, Element>,
    /// The schemes that addresses may have.
    pub(super) schemes: HashSet<&'static str>,
}

impl Elements {
    /// From what the rules of the long way allow.
    fn allowed(rules: &ammonia::Builder<'static>) -> Self {
        let (tags, generic) = (rules.clone_tags(), rules.clone_generic_attributes());
        let own = rules.clone_tag_attributes();
        let element = |name: &'static str| {
            let attributes = generic.iter().chain(own.get(name).into_iter().flatten()).copied().collect();
            Some((name, Element { name, kind: kind_of(name)?, attributes }))
        };
        Self { by_name: tags.into_iter().filter_map(element).collect(), schemes: rules.clone_url_schemes() }
    }

    pub(super) fn get(&self, written: &[u8]) -> Option<&Element> {
        let mut lower = [0; 12];
        let lower = lower.get_mut(..written.len())?;
        lower.copy_from_slice(written);
        lower.make_ascii_lowercase();
        self.by_name.get(std::str::from_utf8(lower).ok()?)
    }
}

/// How far out a part of a table is; 0 for what is none.
pub(super) const fn part(kind: Kind) -> u8 {
    match kind {
        Kind::Cell => 1,
        Kind::Row => 2,
        Kind::Rows => 3,
        Kind::Table => 4,
        _ => 0,
    }
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "br" | "img" | "wbr" | "source" | "track" => Kind::Void,
        "hr" => Kind::Rule,
        "a" => Kind::Anchor,
        "p" => Kind::Paragraph,
        "ul" | "ol" | "dl" => Kind::List,
        "li" | "dt" | "dd" => Kind::Item,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Kind::Heading,
        "table" => Kind::Table,
        "thead" | "tbody" | "tfoot" => Kind::Rows,
        "tr" => Kind::Row,
        "td" | "th" => Kind::Cell,
        "address" | "article" | "aside" | "blockquote" | "center" | "details" | "div" | "figcaption"
        | "figure" | "footer" | "header" | "hgroup" | "main" | "nav" | "pre" | "section" | "summary" => {
            Kind::Block
        }
        "abbr" | "acronym" | "audio" | "b" | "bdi" | "bdo" | "big" | "cite" | "code" | "del" | "dfn"
        | "em" | "font" | "i" | "ins" | "kbd" | "mark" | "picture" | "q" | "s" | "samp" | "small"
        | "span" | "strike" | "strong" | "sub" | "sup" | "time" | "tt" | "u" | "var" | "video" => {
            Kind::Inline
        }
        _ => return None,
    })
}

/// The elements that the rules of the long way allow.
pub(in crate::feed) static ELEMENTS: LazyLock<Elements> =
    LazyLock::new(|| Elements::allowed(&sanitize::RULES));
