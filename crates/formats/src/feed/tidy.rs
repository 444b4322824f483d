//! The quick way to harmless HTML, for HTML that is in order already.
//!
//! Building a tree and writing it out again costs far more than reading the feed around it, and most HTML in
//! feeds needs neither: its tags are allowed, closed and nested as they should be. Such HTML is copied here
//! tag by tag: only allowed elements and attributes are written, every value in quotation marks, addresses
//! only where they plainly have a harmless scheme or are relative. End tags that HTML lets one leave out are
//! supplied as a tree builder would. Whatever is in doubt (a tag that is not known here, nesting that a tree
//! builder would change otherwise, entities in schemes) is refused as a whole and goes the long way; so this
//! must know only what is surely right.

use std::{collections::HashSet, sync::LazyLock};

use rustc_hash::FxHashMap;

use super::resolve::resolve;

/// More open elements at once are left to the long way.
const DEEPEST: usize = 64;

/// What an element means for those around it (HTML standard, §13.2.6.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
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
pub(super) struct Element {
    name: &'static str,
    kind: Kind,
    attributes: Vec<&'static str>,
}

/// The elements that may stay and that this way knows, by name.
#[derive(Debug)]
pub(super) struct Elements {
    by_name: FxHashMap<&'static str, Element>,
    /// The schemes that addresses may have.
    schemes: HashSet<&'static str>,
}

impl Elements {
    /// From what the rules of the long way allow.
    pub(super) fn allowed(rules: &ammonia::Builder<'static>) -> Self {
        let (tags, generic) = (rules.clone_tags(), rules.clone_generic_attributes());
        let own = rules.clone_tag_attributes();
        let element = |name: &'static str| {
            let attributes = generic.iter().chain(own.get(name).into_iter().flatten()).copied().collect();
            Some((name, Element { name, kind: kind_of(name)?, attributes }))
        };
        Self { by_name: tags.into_iter().filter_map(element).collect(), schemes: rules.clone_url_schemes() }
    }

    fn get(&self, written: &[u8]) -> Option<&Element> {
        let mut lower = [0; 12];
        let lower = lower.get_mut(..written.len())?;
        lower.copy_from_slice(written);
        lower.make_ascii_lowercase();
        self.by_name.get(std::str::from_utf8(lower).ok()?)
    }
}

/// How far out a part of a table is; 0 for what is none.
const fn part(kind: Kind) -> u8 {
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

/// The HTML made harmless, or `None` where the long way must decide.
pub(super) fn tidied(html: &str, base: Option<&str>, elements: &Elements) -> Option<String> {
    if base.is_some_and(|base| base.contains(['"', '<', '>', '&'])) {
        return None;
    }
    let mut copy =
        Copy { html, at: 0, base, elements, open: Vec::new(), out: String::with_capacity(html.len() + 16) };
    copy.run()?;
    while let Some(element) = copy.open.pop() {
        copy.end(element.name);
    }
    Some(copy.out)
}

struct Copy<'h> {
    html: &'h str,
    at: usize,
    base: Option<&'h str>,
    elements: &'h Elements,
    open: Vec<&'h Element>,
    out: String,
}

impl<'h> Copy<'h> {
    fn run(&mut self) -> Option<()> {
        let bytes = self.html.as_bytes();
        while let Some(offset) = memchr::memchr2(b'<', 0, &bytes[self.at..]) {
            let open = self.at + offset;
            self.text(open)?;
            if bytes[open] == 0 {
                return None;
            }
            self.at = open + 1;
            match *bytes.get(self.at)? {
                b'/' => self.end_tag()?,
                b'!' => self.comment()?,
                b if b.is_ascii_alphabetic() => self.start_tag()?,
                b'?' => return None,
                _ if self.is_between_parts() => return None,
                _ => self.out.push_str("&lt;"),
            }
        }
        self.text(self.html.len())
    }

    /// Copies the text up to a place. Between the parts of a table there can be none.
    fn text(&mut self, end: usize) -> Option<()> {
        let text = &self.html[self.at..end];
        if self.is_between_parts() && !text.trim_ascii().is_empty() {
            return None;
        }
        self.out.push_str(text);
        Some(())
    }

    fn is_between_parts(&self) -> bool {
        self.open.last().is_some_and(|open| matches!(open.kind, Kind::Table | Kind::Rows | Kind::Row))
    }

    /// A sound comment goes.
    fn comment(&mut self) -> Option<()> {
        let inner = self.html[self.at..].strip_prefix("!--")?;
        let end = memchr::memmem::find(inner.as_bytes(), b"--")?;
        if inner.starts_with(['>', '-']) || !inner[end..].starts_with("-->") {
            return None;
        }
        self.at += 3 + end + 3;
        Some(())
    }

    fn name(&mut self) -> &'h [u8] {
        let rest = &self.html.as_bytes()[self.at..];
        let end = rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_space(&mut self) {
        let rest = &self.html.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn end_tag(&mut self) -> Option<()> {
        self.at += 1;
        let name = self.name();
        self.skip_space();
        if self.html.as_bytes().get(self.at) != Some(&b'>') {
            return None;
        }
        self.at += 1;
        let element = self.elements.get(name)?;
        if element.kind == Kind::Void && element.name != "br" {
            // Void elements have no end; their end tags mean nothing.
            return Some(());
        }
        if !matches!(element.kind, Kind::Inline | Kind::Anchor) {
            self.close_implied(element);
        }
        let is_lonely = element.kind == Kind::Paragraph
            && !self.is_between_parts()
            && self.open.iter().all(|open| open.kind != Kind::Paragraph);
        if is_lonely {
            // HTML makes an empty paragraph of it.
            self.out.push_str("<p></p>");
            return Some(());
        }
        if self.open.last()?.name != element.name {
            return None;
        }
        self.close_last();
        Some(())
    }

    /// Ends what this end tag ends with its element (HTML standard, "generate implied end tags").
    fn close_implied(&mut self, element: &Element) {
        while let Some(last) = self.open.last() {
            let is_item = matches!(last.kind, Kind::Paragraph | Kind::Item);
            let is_part = matches!(last.kind, Kind::Cell | Kind::Row | Kind::Rows);
            if last.name == element.name || !is_item && !(is_part && part(last.kind) < part(element.kind)) {
                return;
            }
            self.close_last();
        }
    }

    fn close_last(&mut self) {
        if let Some(element) = self.open.pop() {
            self.end(element.name);
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn start_tag(&mut self) -> Option<()> {
        let name = self.name();
        if name.eq_ignore_ascii_case(b"iframe") {
            return self.empty_frame();
        }
        let nothing = Element { name: "", kind: Kind::Void, attributes: Vec::new() };
        if ["meta", "link", "embed", "param"].iter().any(|void| name.eq_ignore_ascii_case(void.as_bytes())) {
            return if self.is_between_parts() { None } else { self.attributes(&nothing).map(|_| ()) };
        }
        for raw in ["script", "style"] {
            if name.eq_ignore_ascii_case(raw.as_bytes()) {
                self.attributes(&nothing)?;
                return self.raw_text(raw);
            }
        }
        let element = self.elements.get(name)?;
        self.close_ended_by(element);
        if element.kind == Kind::Cell && self.open.last().is_some_and(|last| last.kind == Kind::Rows) {
            // A cell begins a row where there is none.
            self.out.push_str("<tr>");
            self.open.push(self.elements.get(b"tr")?);
        }
        if !self.may_stand_here(element) || self.open.len() >= DEEPEST {
            return None;
        }
        self.out.push('<');
        self.out.push_str(element.name);
        let is_empty = self.attributes(element)?;
        self.out.push('>');
        if !matches!(element.kind, Kind::Void | Kind::Rule) {
            // HTML knows no short form of these: the element stays open.
            if is_empty {
                return None;
            }
            self.open.push(element);
        }
        Some(())
    }

    /// A frame goes, where nothing stands in it.
    fn empty_frame(&mut self) -> Option<()> {
        let rest = &self.html[self.at..];
        let end = memchr::memchr2(b'>', b'<', rest.as_bytes())?;
        let tag = &rest.as_bytes()[..end];
        // A bracket within a value would end the tag elsewhere.
        let quotes = |quote: u8| tag.iter().filter(|b| **b == quote).count();
        let is_sound = quotes(b'"').is_multiple_of(2) && quotes(b'\'') == 0;
        let after = rest[end..].strip_prefix('>').filter(|_| is_sound)?;
        let close = after.trim_ascii_start();
        let is_close = close.get(..9).is_some_and(|tag| tag.eq_ignore_ascii_case("</iframe>"));
        self.at = self.html.len() - close.len() + 9;
        is_close.then_some(())
    }

    /// A script or style sheet goes with all that is in it. Scripts with comments end by rules of their own.
    fn raw_text(&mut self, name: &str) -> Option<()> {
        let bytes = &self.html.as_bytes()[self.at..];
        let end = memchr::memmem::find_iter(bytes, b"</").find(|end| {
            let tag = &bytes[end + 2..];
            tag.len() > name.len()
                && tag[..name.len()].eq_ignore_ascii_case(name.as_bytes())
                && tag[name.len()] == b'>'
        })?;
        if memchr::memmem::find(&bytes[..end], b"<!--").is_some() {
            return None;
        }
        self.at += end + 2 + name.len() + 1;
        Some(())
    }

    /// Ends the innermost element where this one ends it.
    fn close_ended_by(&mut self, element: &Element) {
        let Some(last) = self.open.last() else { return };
        let ends = match element.kind {
            Kind::Rule | Kind::Block | Kind::List | Kind::Paragraph | Kind::Heading | Kind::Table => {
                last.kind == Kind::Paragraph
            }
            Kind::Item => last.kind == Kind::Paragraph || self.is_same_item(last, element),
            Kind::Cell => last.kind == Kind::Cell,
            Kind::Row => matches!(last.kind, Kind::Cell | Kind::Row),
            _ => false,
        };
        if element.kind == Kind::Row && last.kind == Kind::Cell {
            self.close_last();
        }
        if ends {
            self.close_last();
            if element.kind == Kind::Item
                && self.open.last().is_some_and(|last| self.is_same_item(last, element))
            {
                self.close_last();
            }
        }
    }

    /// `li` ends `li`; `dt` and `dd` end each other.
    fn is_same_item(&self, open: &Element, new: &Element) -> bool {
        open.kind == Kind::Item && (open.name == "li") == (new.name == "li")
    }

    /// Whether a tree builder would put the element just here.
    fn may_stand_here(&self, element: &Element) -> bool {
        if self.is_between_parts() != matches!(element.kind, Kind::Rows | Kind::Row | Kind::Cell) {
            return false;
        }
        let last = self.open.last().map(|last| last.kind);
        let is_open = |kind: Kind| self.open.iter().any(|open| open.kind == kind);
        match element.kind {
            Kind::Void | Kind::Inline => true,
            Kind::Anchor => !is_open(Kind::Anchor),
            Kind::Rule | Kind::Block | Kind::List | Kind::Paragraph | Kind::Table => {
                !is_open(Kind::Paragraph)
            }
            Kind::Heading => !is_open(Kind::Paragraph) && !is_open(Kind::Heading),
            Kind::Item => {
                let is_scope = |open: &&&Element| matches!(open.kind, Kind::List | Kind::Item | Kind::Cell);
                let scope = self.open.iter().rev().find(is_scope);
                !is_open(Kind::Paragraph) && scope.is_none_or(|scope| scope.kind != Kind::Item)
            }
            Kind::Rows => last == Some(Kind::Table),
            Kind::Row => matches!(last, Some(Kind::Table | Kind::Rows)),
            Kind::Cell => last == Some(Kind::Row),
        }
    }

    /// Copies the attributes that may stay, up to the end of the tag, and says whether the tag has the short form.
    fn attributes(&mut self, element: &Element) -> Option<bool> {
        let bytes = self.html.as_bytes();
        loop {
            let before = self.at;
            self.skip_space();
            match bytes.get(self.at)? {
                b'>' => {
                    self.at += 1;
                    return Some(false);
                }
                b'/' if bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    return Some(true);
                }
                b if b.is_ascii_alphabetic() && before < self.at => self.attribute(element)?,
                _ => return None,
            }
        }
    }

    fn attribute(&mut self, element: &Element) -> Option<()> {
        let bytes = self.html.as_bytes();
        let start = self.at;
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':');
        self.at += bytes[start..].iter().take_while(|b| is_name(b)).count();
        let name = &self.html[start..self.at];
        let value = match bytes.get(self.at)? {
            b'=' => {
                self.at += 1;
                self.value()?
            }
            b'>' | b'/' => "",
            b if b.is_ascii_whitespace() => {
                // `name = "value"` has its value elsewhere.
                let next = bytes[self.at..].iter().find(|b| !b.is_ascii_whitespace())?;
                if *next == b'=' {
                    return None;
                }
                ""
            }
            _ => return None,
        };
        let Some(&name) = element.attributes.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            return Some(());
        };
        if value.contains(['"', '<', '>']) {
            return None;
        }
        if is_address(name) && self.has_bad_scheme(value) {
            return Some(());
        }
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        if is_address(name) {
            self.address(value)?;
        } else {
            self.out.push_str(value);
        }
        self.out.push('"');
        Some(())
    }

    fn value(&mut self) -> Option<&'h str> {
        let bytes = self.html.as_bytes();
        let quote = *bytes.get(self.at)?;
        if matches!(quote, b'"' | b'\'') {
            let body = self.at + 1;
            let end = body + memchr::memchr(quote, &bytes[body..])?;
            self.at = end + 1;
            return Some(&self.html[body..end]);
        }
        let body = self.at;
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'"' | b'\'' | b'<' | b'=' | b'`');
        let end = body + bytes[body..].iter().position(ends)?;
        self.at = end;
        let is_sound = end > body && (bytes[end] == b'>' || bytes[end].is_ascii_whitespace());
        is_sound.then(|| &self.html[body..end])
    }

    fn has_scheme(&self, scheme: &str) -> bool {
        self.elements.schemes.contains(scheme)
            || self.elements.schemes.contains(&*scheme.to_ascii_lowercase())
    }

    /// Whether an address begins with a scheme that may not stay.
    fn has_bad_scheme(&self, value: &str) -> bool {
        plain_scheme(value).is_some_and(|scheme| !self.has_scheme(scheme))
    }

    /// Writes an address whose scheme is plain to see.
    fn address(&mut self, value: &str) -> Option<()> {
        let value = value.trim_ascii();
        if value.bytes().any(|b| b < b' ') {
            return None;
        }
        let first = &value[..value.find(['/', '?', '#']).unwrap_or(value.len())];
        if let Some(scheme) = plain_scheme(first) {
            self.has_scheme(scheme).then(|| self.out.push_str(value))?;
            return Some(());
        }
        // An entity may hide a colon, and `&#` would be taken for the start of a fragment.
        if first.contains([':', '&', '\\']) || value.contains("&#") {
            return None;
        }
        match self.base {
            Some(base) => self.out.push_str(&resolve(Some(base), value)),
            None => self.out.push_str(value),
        }
        Some(())
    }
}

/// The scheme of an address, where it is written without tricks.
fn plain_scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_plain)).then_some(scheme)
}

fn is_address(attribute: &str) -> bool {
    matches!(attribute, "href" | "src" | "cite" | "poster" | "longdesc" | "data" | "background" | "action")
}

/// The elements that the rules of the long way allow.
pub(super) static ELEMENTS: LazyLock<Elements> = LazyLock::new(|| Elements::allowed(&super::sanitize::RULES));

#[cfg(test)]
mod tests {
    use super::*;

    fn quick(html: &str) -> Option<String> {
        tidied(html, Some("https://lake.example/n/"), &ELEMENTS)
    }

    #[test]
    fn sound_html_is_copied() {
        for (html, copy) in [
            (r#"<P STYLE="x" class="c">a &amp; b<br/>c</P>"#, r#"<p class="c">a &amp; b<br>c</p>"#),
            (
                r#"<a href='x?y=1&amp;z' onclick="z()">a</a>"#,
                r#"<a href="https://lake.example/n/x?y=1&amp;z">a</a>"#,
            ),
            (
                r#"<img src="HTTPS://x.example/y" controls>1 < 2"#,
                r#"<img src="HTTPS://x.example/y">1 &lt; 2"#,
            ),
            ("a<!-- b --><ul><li>c<ul><li>d</li></ul></li></ul>", "a<ul><li>c<ul><li>d</li></ul></li></ul>"),
            ("<p>a<p>b<ul><li>c<li><p>d</ul>", "<p>a</p><p>b</p><ul><li>c</li><li><p>d</p></li></ul>"),
            (
                "<table><tr><td>a<td><p>b</td></tr></table>x",
                "<table><tr><td>a</td><td><p>b</p></td></tr></table>x",
            ),
            ("a<script src='x'>b</script><style>c</STYLE>d</img>", "ad"),
            ("a</p><meta x='y'>", "a<p></p>"),
            ("<a href='tel:1'>a</a><a href='odd:1'>b</a>", "<a href=\"tel:1\">a</a><a>b</a>"),
            (
                "<table><tbody><td>a<tr><td>b</table>",
                "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
            ),
            ("<a href=javascript:x class=y>a</a>", "<a class=\"y\">a</a>"),
            (r#"a<iframe src="https://x.example/"></iframe>b<b>c"#, "ab<b>c</b>"),
        ] {
            assert_eq!(quick(html).as_deref(), Some(copy), "{html}");
        }
    }

    #[test]
    fn whatever_is_in_doubt_is_refused() {
        for html in [
            "<script><!-- <script>x</script>",
            "<p>a<div>b</div></p>",
            "<b><i>a</b></i>",
            "<p><b>a<p>b",
            "<a href=x\">a</a>",
            "<a href=>a</a>",
            "<table>a<tr><td>b</td></tr></table>",
            "<table><tr><td>a</td></tr><b>c</b></table>",
            "<a href='java&#x0A;script:x'>a</a>",
            "<a href='ja&#x76;ascript:y'>a</a>",
            "<a href='&#106;avascript:x'>a</a>",
            "<a href='x' \"y>a</a>",
            "<a title='\"><script>'>a</a>",
            "<a href = 'x'>a</a>",
            "<svg><a>b</a></svg>",
            "<!-- a",
            "<!--> b -->",
            "<iframe>a</iframe>",
            "<iframe title='</iframe>'></iframe>",
            "<p/>a",
            "a\0b",
            "a <",
            "<a\u{c}b",
        ] {
            assert_eq!(quick(html), None, "{html}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4000))]

        #[test]
        fn both_ways_agree(pieces in proptest::collection::vec(proptest::sample::select(vec![
            "<p>", "</p>", "<b>", "</b>", "<i class=\"x\">", "</i>", "<div>", "</div>", "<ul>", "</ul>", "<li>",
            "</li>", "<a href=\"y/z\">", "</a>", "<a href='https://x.example/?a&amp;b'>", "<img src=\"i.png\" alt=\"\"/>",
            "<br>", "<hr />", "<h2>", "</h2>", "<blockquote>", "</blockquote>", "<!-- c -->", "text", " ", "&lt;",
            "&#8217;", "<span style=\"x\" onclick=\"y\">", "</span>", "<dl>", "</dl>", "<dt>", "</dt>", "<dd>", "</dd>",
            "<iframe src=\"q\"></iframe>", "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<tbody>", "</tbody>",
            "<th class=x>", "</th>", "</img>", "<script>a</script>", "</br>", "<meta x=\"y\">", "<a href=\"x:y\">", "<a href=javascript:x>", "<pre>", "</pre>", "<em>", "</em>", "1 < 2", "<script>", "</script>",
        ]), 0..12)) {
            let html = pieces.concat();
            let base = Some("https://lake.example/n/");
            if let Some(quick) = tidied(&html, base, &ELEMENTS) {
                let long = super::super::sanitize::long_way(&html, base);
                // Read again, both are the same tree.
                proptest::prop_assert_eq!(super::super::sanitize::long_way(&quick, base), long);
            }
        }
    }
}
