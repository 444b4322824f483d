//! An XML writer for feeds and sitemaps.

use std::{borrow::Cow, io};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

use crate::escaping::{self, References, find, find_special, write_escaped};

/// The size for which space is reserved: the feed of a story is hardly ever larger.
const USUAL_SIZE: usize = 4 << 10;

/// References that mean the same wherever a text is taken for HTML.
const HEXADECIMAL: References<3> = [(b'&', "&#x26;"), (b'<', "&#x3C;"), (b'>', "&#x3E;")];

/// Writes elements. Texts are escaped, and characters that XML 1.0 does not allow are left out.
pub(crate) struct XmlWriter(Writer<Vec<u8>>);

/// An XML document with this content.
pub(crate) fn xml_document(content: impl FnOnce(&mut XmlWriter) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut xml = XmlWriter(Writer::new_with_indent(Vec::with_capacity(USUAL_SIZE), b' ', 1));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    content(&mut xml)?;
    let mut bytes = xml.0.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

impl XmlWriter {
    /// An element with these attributes and this content.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.write_event(Event::Start(start(name, attributes)))?;
        content(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(start(name, attributes)))
    }

    /// An element that holds text.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.text_with(name, &[], text)
    }

    /// An element with plain text for a format that does not say whether the text is HTML (RSS
    /// 2.0): `&`, `<` and `>` are written as hexadecimal references.
    pub(crate) fn plain(&mut self, name: &str, text: &str) -> io::Result<()> {
        let text = without_forbidden(text);
        let mut written = String::with_capacity(text.len() + 16);
        // Writing to a `String` cannot fail.
        let _ = write_escaped(&mut written, &text, &HEXADECIMAL);
        self.element(name, &[], |xml| xml.0.write_event(Event::Text(BytesText::from_escaped(written))))
    }

    /// An element with attributes that holds text.
    pub(crate) fn text_with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> io::Result<()> {
        self.element(name, attributes, |xml| {
            let text = without_forbidden(text);
            // A text without anything to escape need not be read a second time.
            let is_plain = find_special(&text, &escaping::HTML).is_none();
            let text = if is_plain { BytesText::from_escaped(&*text) } else { BytesText::new(&text) };
            xml.0.write_event(Event::Text(text))
        })
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &without_forbidden(value)[..]));
    }
    start
}

/// The text without the characters that XML 1.0 §2.2 excludes.
fn without_forbidden(text: &str) -> Cow<'_, str> {
    // Nearly all texts: no control characters, and no byte with which U+FFFE and U+FFFF begin.
    if find(text.as_bytes(), |byte| byte < b' ' || byte == 0xef).is_none() {
        return Cow::Borrowed(text);
    }
    let allowed = |character: &char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}
