//! The quick way to harmless HTML, for HTML that is in order already.
//!
//! Building a tree and writing it out again costs far more than reading the feed around it, and most HTML in
//! feeds needs neither: its tags are allowed, closed and nested as they should be. Such HTML is copied here
//! tag by tag: only allowed elements and attributes are written, every value in quotation marks, addresses
//! only where they plainly have a harmless scheme or are relative. End tags that HTML lets one leave out are
//! supplied as a tree builder would. Whatever is in doubt (a tag that is not known here, nesting that a tree
//! builder would change otherwise, entities in schemes) is refused as a whole and goes the long way; so this
//! must know only what is surely right.

mod elements;
#[cfg(test)]
mod tests;

pub(super) use elements::ELEMENTS;

use super::resolve::resolve;
use elements::{Element, Elements, Kind, part};

/// More open elements at once are left to the long way.
const DEEPEST: usize = 64;

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
        let is_lonely = element.kind == Kind::Paragraph
            && !self.is_between_parts()
            && self.open.iter().all(|open| open.kind != Kind::Paragraph);
        if is_lonely {
            // HTML makes an empty paragraph of it.
            self.out.push_str("<p></p>");
            return Some(());
        }
        if !matches!(element.kind, Kind::Inline | Kind::Anchor) {
            self.close_implied(element);
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
            let ends = is_item || is_part && part(last.kind) < part(element.kind);
            if last.name == element.name || !ends {
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
        let quotes = |quote: u8| memchr::memchr_iter(quote, tag).count();
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
            Kind::Item => last.kind == Kind::Paragraph || is_same_item(last, element),
            Kind::Cell => last.kind == Kind::Cell,
            Kind::Row => matches!(last.kind, Kind::Cell | Kind::Row),
            _ => false,
        };
        if element.kind == Kind::Row && last.kind == Kind::Cell {
            self.close_last();
        }
        if ends {
            self.close_last();
            if element.kind == Kind::Item && self.open.last().is_some_and(|last| is_same_item(last, element))
            {
                self.close_last();
            }
        }
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

/// `li` ends `li`; `dt` and `dd` end each other.
fn is_same_item(open: &Element, new: &Element) -> bool {
    open.kind == Kind::Item && (open.name == "li") == (new.name == "li")
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
