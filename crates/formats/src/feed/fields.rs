//! What feeds and entries have in common: the base of relative URLs, which of several statements
//! counts, links and categories.

use courant_model::{is_absolute_reference, resolve_reference};

use crate::xml::{Node, Ns};

use super::values::{Category, FeedKind, Link};

/// Maximum number of values of one field (links, categories, persons, media); the rest is ignored.
pub(super) const MAX_VALUES: usize = 500;

/// What applies to the whole document.
#[derive(Debug)]
pub(super) struct Scope<'c> {
    pub(super) kind: FeedKind,
    pub(super) document_base: Option<&'c str>,
    /// Whether the base is the URL that the document was fetched from, rather than one that it
    /// states.
    pub(super) base_is_stated: bool,
}

impl Scope<'_> {
    /// The base of relative URLs in this element.
    pub(super) fn base(&self, node: Node<'_, '_>) -> Option<String> {
        let mut base = self.document_base.map(str::to_owned);
        for stated in node.bases().iter().rev() {
            // An empty base is ignored.
            if !stated.trim().is_empty() {
                base = Some(resolve_reference(base.as_deref(), stated));
            }
        }
        base
    }

    /// The absolute form of a URL in this element.
    pub(super) fn absolute(&self, node: Node<'_, '_>, reference: &str) -> String {
        let reference: String = if reference.contains(['\n', '\r', '\t']) {
            reference.split(['\n', '\r', '\t']).map(str::trim).collect()
        } else {
            reference.to_owned()
        };
        if is_absolute_reference(&reference) {
            return reference.trim().to_owned();
        }
        resolve_reference(self.base(node).as_deref(), &reference)
    }

    /// The id in the element's text. Atom's ids are URLs (RFC 4287 §4.2.6); one that is written as
    /// a path is taken for a relative URL.
    pub(super) fn id(&self, node: Node<'_, '_>) -> Option<String> {
        let text = node.text();
        let text = text.trim();
        let is_path =
            text.starts_with(['/', '.']) || text.contains('/') && !text.contains(char::is_whitespace);
        let based = self.base_is_stated || !node.bases().is_empty();
        if self.kind == FeedKind::Atom && is_path && based {
            return Some(self.absolute(node, text));
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The absolute form of the URL in the element's text.
    pub(super) fn text_url(&self, node: Node<'_, '_>) -> Option<String> {
        let text = node.text();
        (!text.trim().is_empty()).then(|| self.absolute(node, &text))
    }

    /// The absolute form of the URL in an attribute.
    pub(super) fn attribute_url(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        node.filled(name).map(|value| self.absolute(node, &value))
    }
}

/// A field that several elements may state: the best one is kept, the first among equals.
#[derive(Debug)]
pub(super) struct Slot<T>(Option<(u8, T)>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Offers a value; a lower rank is better. The value is computed only if it would be kept.
    pub(super) fn offer(&mut self, rank: u8, value: impl FnOnce() -> Option<T>) {
        if self.0.as_ref().is_none_or(|(best, _)| rank < *best)
            && let Some(value) = value()
        {
            self.0 = Some((rank, value));
        }
    }

    /// Offers a value that replaces an earlier one of its own rank: if a feed states a field twice,
    /// the last statement counts (as in Python's feedparser).
    pub(super) fn correct(&mut self, rank: u8, value: impl FnOnce() -> Option<T>) {
        if self.0.as_ref().is_none_or(|(best, _)| rank <= *best)
            && let Some(value) = value()
        {
            self.0 = Some((rank, value));
        }
    }

    pub(super) fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }

    /// The rank of the value that is kept so far.
    pub(super) fn rank(&self) -> Option<u8> {
        self.0.as_ref().map(|(rank, _)| *rank)
    }
}

/// Adds a new value to a list of at most [`MAX_VALUES`].
pub(super) fn push<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if list.len() < MAX_VALUES && !list.contains(&value) {
        list.push(value);
    }
}

/// The link of an element with a URL in `href` (RFC 4287 §4.2.7).
pub(super) fn link(node: Node<'_, '_>, scope: &Scope<'_>) -> Option<Link> {
    let href = scope.attribute_url(node, "href")?;
    let rel = node.filled("rel").map_or_else(|| "alternate".to_owned(), |rel| relation(&rel));
    // The media type of the feed's own URL is known.
    let own = (rel == "self" && scope.kind == FeedKind::Atom).then(|| "application/atom+xml".to_owned());
    Some(Link {
        href,
        rel: Some(rel),
        mime: node.filled("type").or(own),
        hreflang: node.filled("hreflang"),
        title: node.filled("title"),
        length: node.filled("length"),
    })
}

/// Whether a `link` with `href` is the link of RSS itself, written in the form of Atom.
pub(super) fn is_bare_link(node: Node<'_, '_>, scope: &Scope<'_>) -> bool {
    matches!(scope.kind, FeedKind::Rss | FeedKind::Rdf)
        && node.ns() == Ns::Core
        && node.local() == "link"
        && node.attribute("rel").is_none()
}

/// The short form of a relation: the long form of the registered ones is the same (RFC 4287
/// §4.2.7.2).
fn relation(rel: &str) -> String {
    rel.strip_prefix("http://www.iana.org/assignments/relation/").unwrap_or(rel).to_ascii_lowercase()
}

/// The link that leads to the page itself: the first alternate, an HTML one if there is any.
pub(super) fn best_link(links: &[Link]) -> Option<String> {
    let is_page = |link: &&Link| link.mime.as_deref().is_none_or(|mime| mime.contains("html"));
    let alternates = || links.iter().filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    alternates().find(is_page).or_else(|| alternates().next()).map(|link| link.href.clone())
}

/// Adds the categories of an element.
pub(super) fn add_categories(node: Node<'_, '_>, list: &mut Vec<Category>) {
    let text = node.text();
    let text = text.trim();
    match (node.ns(), node.local()) {
        (Ns::Itunes | Ns::Media | Ns::News | Ns::Core, "keywords" | "tags") => {
            for word in text.split([',', ';']).map(str::trim).filter(|word| !word.is_empty()) {
                push(list, Category { term: word.to_owned(), ..Category::default() });
            }
        }
        (Ns::Itunes, _) => {
            for named in std::iter::once(node).chain(node.descendants()).take(MAX_NESTED) {
                if let Some(term) =
                    named.filled("text").or_else(|| (!text.is_empty()).then(|| text.to_owned()))
                {
                    let scheme = Some("http://www.itunes.com/".to_owned());
                    push(list, Category { term, scheme, label: None });
                }
            }
        }
        _ => {
            let term = node.filled("term").or_else(|| Some(text.to_owned()).filter(|text| !text.is_empty()));
            let term = term.or_else(|| node.filled("label")).or_else(|| node.filled("resource"));
            if let Some(term) = term {
                let scheme = node.filled("scheme").or_else(|| node.filled("domain"));
                push(list, Category { term, scheme, label: node.filled("label") });
            }
        }
    }
}

/// Maximum number of categories within one category.
const MAX_NESTED: usize = 20;
