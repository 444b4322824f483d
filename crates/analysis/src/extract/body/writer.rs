//! Writes the article's HTML straight from the tree.
//!
//! Only what the lists of [`super::sanitize`] allow is written, element by element and attribute by
//! attribute, with all text escaped: no markup of the page is copied. No allowed element changes
//! how its content is parsed (no raw text, no foreign elements, no templates), so browsers parse
//! the output as it was written.

use dom_query::{Attr, NodeData, NodeId, NodeRef};
use rustc_hash::FxHashSet;
use url::{ParseError, Url};

use super::sanitize::{
    LINK_REL, MAX_HTML, allowed_element, is_allowed_attribute, is_allowed_scheme, is_removed_with_content,
};
use crate::extract::page::{
    dom::{self, Step, Visit},
    lazy_images::image_source,
};

/// The inner HTML of `root` without the subtrees in `dropped`: sanitized, with absolute URLs, `h1`
/// lowered to `h2`, and lazy-loaded images given their URL.
pub(super) fn html(root: NodeRef<'_>, dropped: &FxHashSet<NodeId>, base: &Url) -> String {
    let mut writer = HtmlWriter { out: String::new(), open: Vec::new(), base };
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

struct HtmlWriter<'a> {
    out: String,
    /// Elements whose end tags are still to be written.
    open: Vec<(NodeId, &'static str)>,
    base: &'a Url,
}

impl HtmlWriter<'_> {
    fn enter(&mut self, node: &NodeRef<'_>) -> Step {
        node.query_or(Step::Over, |inner| match &inner.data {
            NodeData::Text { contents } => {
                self.escaped(contents, false);
                Step::Over
            }
            NodeData::Element(element) => {
                let name = &*element.name.local;
                if is_removed_with_content(name) || &*element.name.ns != "http://www.w3.org/1999/xhtml" {
                    return Step::Over;
                }
                // The page around the article has its own `h1`.
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
        let image = (name == "img").then(|| image_source(node)).flatten();
        self.out.push('<');
        self.out.push_str(name);
        let mut has_source = false;
        for attribute in attributes {
            let key = &*attribute.name.local;
            if !is_allowed_attribute(name, key) {
                continue;
            }
            let value = match &image {
                Some(image) if key == "src" => image.as_str(),
                _ => &attribute.value,
            };
            has_source |= key == "src";
            self.attribute(key, value);
        }
        if let Some(image) = image.filter(|_| !has_source) {
            self.attribute("src", &image);
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

    /// Writes an attribute; URLs only with an allowed scheme.
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

    /// Writes the text of an element or, if `quoted`, of an attribute.
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
    use crate::extract::body::sanitize::sanitized;

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
        /// The string sanitizer finds nothing to remove in what is written.
        #[test]
        fn the_sanitizer_finds_nothing_to_remove(
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
            let alphanumerics = |text: &str| Document::from(text).text().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(alphanumerics(&sanitized(&once, &base())), alphanumerics(&once));
        }
    }
}
