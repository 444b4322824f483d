//! The article's HTML, written straight from the tree.
//!
//! Only what the lists of [`super::sanitise`] allow is written, element by element and attribute by attribute,
//! with all text escaped: nothing of the page's own markup is copied. No element of the list changes how what
//! stands in it is parsed (no raw text, no foreign elements, no templates), so the outcome means to a browser
//! what it means here.

use dom_query::{Attr, NodeData, NodeId, NodeRef};
use rustc_hash::FxHashSet;
use url::{ParseError, Url};

use super::sanitise::{
    LINK_REL, MAX_HTML, allowed_element, is_allowed_attribute, is_allowed_scheme, is_gone,
};
use crate::extract::page::{
    dom::{self, Step, Visit},
    late::picture_source,
};

/// The inner HTML of `root` without the subtrees in `dropped`: sanitised, addresses absolute, the headline's
/// level left to the page around it, and pictures that are loaded late given their address.
pub(super) fn html(root: NodeRef<'_>, dropped: &FxHashSet<NodeId>, base: &Url) -> String {
    let mut writer = Writer { out: String::new(), open: Vec::new(), base };
    dom::walk(root, |visit, node| {
        if node.id == root.id {
            Step::Into
        } else if visit == Visit::Leave {
            writer.leave(node.id);
            Step::Over
        } else if dropped.contains(&node.id) || writer.out.len() > MAX_HTML {
            Step::Over
        } else {
            writer.enter(&node)
        }
    });
    writer.out.trim().to_owned()
}

struct Writer<'a> {
    out: String,
    /// Elements whose end tags are owed.
    open: Vec<(NodeId, &'static str)>,
    base: &'a Url,
}

impl Writer<'_> {
    fn enter(&mut self, node: &NodeRef<'_>) -> Step {
        node.query_or(Step::Over, |inner| match &inner.data {
            NodeData::Text { contents } => {
                self.escaped(contents, false);
                Step::Over
            }
            NodeData::Element(element) => {
                let name = &*element.name.local;
                if is_gone(name) || &*element.name.ns != "http://www.w3.org/1999/xhtml" {
                    return Step::Over;
                }
                // The headline's level is left to the page around.
                if let Some(name) = allowed_element(if name == "h1" { "h2" } else { name }) {
                    self.start(node, name, &element.attrs);
                }
                Step::Into
            }
            _ => Step::Over,
        })
    }

    fn leave(&mut self, id: NodeId) {
        if let Some((_, name)) = self.open.pop_if(|(open, _)| *open == id) {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn start(&mut self, node: &NodeRef<'_>, name: &'static str, attributes: &[Attr]) {
        let picture = (name == "img").then(|| picture_source(node)).flatten();
        self.out.push('<');
        self.out.push_str(name);
        let mut has_source = false;
        for attribute in attributes {
            let key = &*attribute.name.local;
            if !is_allowed_attribute(name, key) {
                continue;
            }
            let value = match &picture {
                Some(picture) if key == "src" => picture.as_str(),
                _ => &attribute.value,
            };
            has_source |= key == "src";
            self.attribute(key, value);
        }
        if let Some(picture) = picture.filter(|_| !has_source) {
            self.attribute("src", &picture);
        }
        if name == "a" {
            self.out.push_str(" rel=\"");
            self.out.push_str(LINK_REL);
            self.out.push('"');
        }
        self.out.push('>');
        if !matches!(name, "br" | "col" | "hr" | "img" | "wbr") {
            self.open.push((node.id, name));
        }
    }

    /// Writes an attribute; an address only where it may be followed.
    fn attribute(&mut self, key: &str, value: &str) {
        let joined;
        let value = if matches!(key, "href" | "src" | "cite") {
            match Url::parse(value) {
                Ok(url) if is_allowed_scheme(url.scheme()) => value,
                Err(ParseError::RelativeUrlWithoutBase) => {
                    let Ok(url) = self.base.join(value) else { return };
                    joined = url;
                    joined.as_str()
                }
                _ => return,
            }
        } else {
            value
        };
        self.out.push(' ');
        self.out.push_str(key);
        self.out.push_str("=\"");
        self.escaped(value, true);
        self.out.push('"');
    }

    /// Writes text of an element, or with `quoted` of an attribute.
    fn escaped(&mut self, text: &str, quoted: bool) {
        let bytes = text.as_bytes();
        let (mut from, mut at) = (0, 0);
        while at < bytes.len() {
            let reference = match bytes[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' if quoted => "&quot;",
                // A no-break space.
                0xc2 if bytes.get(at + 1) == Some(&0xa0) => "&nbsp;",
                _ => {
                    at += 1;
                    continue;
                }
            };
            self.out.push_str(&text[from..at]);
            self.out.push_str(reference);
            at += if reference == "&nbsp;" { 2 } else { 1 };
            from = at;
        }
        self.out.push_str(&text[from..]);
    }
}

#[cfg(test)]
mod tests {
    use dom_query::Document;
    use proptest::prelude::*;

    use super::*;
    use crate::extract::body::sanitise::sanitised;

    fn base() -> Url {
        Url::parse("https://a.example/n/x.html").unwrap()
    }

    fn written(page: &str) -> String {
        let page = Document::from(page);
        html(page.body().unwrap(), &FxHashSet::default(), &base())
    }

    #[test]
    fn only_what_is_allowed_is_written() {
        let page = "<h1 class=x onclick=y()>A &lt;b&gt; \"c\"</h1><p onclick=x()>Text <a href='../y' target=_blank>link</a>\
            <script>bad()</script><style>p{}</style></p><svg><text>s</text></svg><math><mi>m</mi></math>\
            <iframe src=//evil.example></iframe><img src=data:x data-src='/p.jpg?a&amp;b' onerror=x alt='\"><script>'>\
            <a href='java\nscript:x()'>js</a><custom-tag>kept</custom-tag><blockquote cite='data:x'>q</blockquote>";
        assert_eq!(
            written(page),
            "<h2>A &lt;b&gt; \"c\"</h2><p>Text <a href=\"https://a.example/y\" rel=\"noopener noreferrer\">link</a></p>\
             <img src=\"https://a.example/p.jpg?a&amp;b\" alt=\"&quot;&gt;&lt;script&gt;\">\
             <a rel=\"noopener noreferrer\">js</a>kept<blockquote>q</blockquote>"
        );
    }

    proptest! {
        /// What is written holds nothing that the sanitiser for strings would still take away.
        #[test]
        fn the_sanitiser_finds_nothing_to_take(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "<p>", "</p>", "<a href=x>", "</a>", "<svg>", "</svg>", "<math>", "<mtext>", "<style>", "</style>",
                    "<template>", "<noscript>", "</noscript>", "<table>", "<tr>", "<td>", "<b>", "</b>", "<img src=x onerror=y>",
                    "<title>", "</title>", "<textarea>", "<select>", "<option>", "<xmp>", "<iframe>", "</iframe>", "<!--", "-->",
                    "<a href='javascript:x'>", "<script>", "</script>", "&lt;script&gt;", "x", "\"", "<li>", "<ul>", "</ul>",
                    "<form>", "<plaintext>", "<annotation-xml encoding='text/html'>", "<foreignObject>", "<desc>", "<font color=x>",
                ]),
                0..24,
            )
        ) {
            let page = Document::from(parts.concat());
            let Some(body) = page.body() else { return Ok(()) };
            let once = html(body, &FxHashSet::default(), &base());
            let again = Document::from(once.as_str());
            let names = again.select("*").nodes().iter().filter_map(|node| node.node_name().map(|name| name.to_string())).collect::<Vec<_>>();
            for name in names {
                let known = matches!(name.as_str(), "html" | "head" | "body") || allowed_element(&name).is_some();
                prop_assert!(known, "{name} in {once}");
            }
            let letters = |text: &str| Document::from(text).text().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&sanitised(&once, &base())), letters(&once));
        }
    }
}
