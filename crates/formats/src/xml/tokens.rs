//! Cuts a document into tags, text and CDATA; it never fails.

use memchr::{memchr, memchr2, memmem};

/// Maximum number of attributes of one element; the rest is ignored.
const MAX_ATTRIBUTES: usize = 1024;

/// An attribute as written: name and undecoded value.
pub(super) type RawAttribute<'a> = (&'a str, &'a str);

/// A piece of the document.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// Its attributes are in [`Tokens::attributes`].
    Start {
        name: &'a str,
        empty: bool,
    },
    End {
        name: &'a str,
    },
    Text(&'a str),
    CData(&'a str),
    Doctype(&'a str),
}

/// The tokens of a document.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The attributes of the start tag that was returned last.
    pub(super) attributes: Vec<RawAttribute<'a>>,
    /// A terminator that was not found once is not searched for again, so that many unterminated
    /// sections do not take quadratic time.
    no_comment_end: bool,
    no_cdata_end: bool,
    no_tag_end: bool,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            attributes: Vec::new(),
            no_comment_end: false,
            no_cdata_end: false,
            no_tag_end: false,
        }
    }

    /// The byte offset of the next token.
    #[cfg(test)]
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// Whether the `<` at this position begins markup.
    fn is_markup(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        match bytes.get(at + 1) {
            Some(b'/') => bytes.get(at + 2).is_some_and(|b| is_name_start(*b)),
            Some(b'!' | b'?') => true,
            Some(b) => is_name_start(*b),
            None => false,
        }
    }

    fn take_text(&mut self) -> Token<'a> {
        let start = self.at;
        let mut from = start;
        let bytes = self.text.as_bytes();
        self.at = loop {
            match memchr(b'<', &bytes[from..]) {
                None => break bytes.len(),
                Some(offset) if self.is_markup(from + offset) => break from + offset,
                Some(offset) => from += offset + 1,
            }
        };
        Token::Text(&self.text[start..self.at])
    }

    /// What follows `<!`: comment, CDATA, document type, or another declaration, which is ignored.
    fn take_declaration(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            self.skip_comment();
            return None;
        }
        if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<![CDATA[")) {
            return Some(self.take_cdata());
        }
        if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!DOCTYPE")) {
            return Some(self.take_doctype());
        }
        self.skip_to_tag_end();
        None
    }

    fn skip_comment(&mut self) {
        let body = self.at + 4;
        let end =
            if self.no_comment_end { None } else { memmem::find(&self.text.as_bytes()[body..], b"-->") };
        if let Some(end) = end {
            self.at = body + end + 3;
        } else {
            self.no_comment_end = true;
            self.skip_to_tag_end();
        }
    }

    fn take_cdata(&mut self) -> Token<'a> {
        let body = self.at + 9;
        let end = if self.no_cdata_end { None } else { memmem::find(&self.text.as_bytes()[body..], b"]]>") };
        if let Some(end) = end {
            self.at = body + end + 3;
            return Token::CData(&self.text[body..body + end]);
        }
        // The document ends inside.
        self.no_cdata_end = true;
        self.at = self.text.len();
        Token::CData(&self.text[body..])
    }

    fn take_doctype(&mut self) -> Token<'a> {
        let rest = &self.text.as_bytes()[self.at..];
        let end = memchr2(b'[', b'>', rest).unwrap_or(rest.len());
        let end = if rest.get(end) == Some(&b'[') {
            memmem::find(&rest[end..], b"]>")
                .map(|close| end + close + 2)
                .or_else(|| {
                    let close = end + memchr(b']', &rest[end..])?;
                    Some(close + memchr(b'>', &rest[close..])? + 1)
                })
                .unwrap_or(rest.len())
        } else {
            (end + 1).min(rest.len())
        };
        let doctype = &self.text[self.at..self.at + end];
        self.at += end;
        Token::Doctype(doctype)
    }

    fn skip_instruction(&mut self) {
        // `?>` is the correct end; many write `>`. Instructions contain no tags.
        self.skip_to_tag_end();
    }

    fn skip_to_tag_end(&mut self) {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let end = if self.no_tag_end { None } else { memchr(b'>', rest) };
        if let Some(end) = end {
            self.at += end + 2;
        } else {
            self.no_tag_end = true;
            // Only the bracket is dropped; the rest is text.
            self.at += 1;
        }
    }

    fn take_end(&mut self) -> Token<'a> {
        let name_start = self.at + 2;
        let bytes = self.text.as_bytes();
        let name_end = name_end(bytes, name_start);
        let mut at = name_end;
        while bytes.get(at).is_some_and(|b| !matches!(b, b'>' | b'<')) {
            at += 1;
        }
        self.at = if bytes.get(at) == Some(&b'>') { at + 1 } else { at };
        Token::End { name: &self.text[name_start..name_end] }
    }

    fn take_start(&mut self) -> Token<'a> {
        let bytes = self.text.as_bytes();
        let name_start = self.at + 1;
        let mut at = name_end(bytes, name_start);
        let name = &self.text[name_start..at];
        let mut empty = false;
        self.attributes.clear();
        loop {
            while bytes
                .get(at)
                .is_some_and(|b| b.is_ascii_whitespace() || *b < 0x20 || matches!(b, b'"' | b'\'' | b'='))
            {
                at += 1;
            }
            match bytes.get(at) {
                None | Some(b'<') => break,
                Some(b'>') => {
                    at += 1;
                    break;
                }
                Some(b'/') => {
                    empty = bytes.get(at + 1) == Some(&b'>');
                    at += 1;
                }
                Some(_) => {
                    at = self.take_attribute(at);
                }
            }
        }
        self.at = at;
        Token::Start { name, empty }
    }

    /// Reads one attribute and returns the position after it.
    fn take_attribute(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while bytes
            .get(at)
            .is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'/' | b'<'))
        {
            at += 1;
        }
        let name = &self.text[start..at];
        let mut after = at;
        while bytes.get(after).is_some_and(u8::is_ascii_whitespace) {
            after += 1;
        }
        if bytes.get(after) != Some(&b'=') {
            self.keep_attribute(name, "");
            return at.max(start + 1);
        }
        after += 1;
        while bytes.get(after).is_some_and(u8::is_ascii_whitespace) {
            after += 1;
        }
        let (value, end) = self.attribute_value(after);
        self.keep_attribute(name, value);
        end
    }

    fn keep_attribute(&mut self, name: &'a str, value: &'a str) {
        if self.attributes.len() < MAX_ATTRIBUTES {
            self.attributes.push((name, value));
        }
    }

    fn attribute_value(&self, start: usize) -> (&'a str, usize) {
        let bytes = self.text.as_bytes();
        if let Some(quote @ (b'"' | b'\'')) = bytes.get(start) {
            let body = start + 1;
            // A quotation mark without a following separator may be part of the value (`title="a
            // "b" c"`), but a value that runs into the next tag has lost its end.
            if let Some(end) = memchr2(*quote, b'<', &bytes[body..]) {
                if bytes[body + end] == *quote {
                    return (&self.text[body..body + end], body + end + 1);
                }
                if let Some(end) = self.value_with_markup(body, *quote) {
                    return (&self.text[body..end], end + 1);
                }
            }
            return self.bare_value(body);
        }
        if let Some(quote @ ('“' | '”' | '‘' | '’')) = self.text[start..].chars().next() {
            let body = start + quote.len_utf8();
            let end = self.text[body..]
                .find(['“', '”', '‘', '’', '>', '<'])
                .map_or(self.text.len(), |end| body + end);
            let after =
                self.text[end..].chars().next().filter(|c| !matches!(c, '>' | '<')).map_or(0, char::len_utf8);
            return (&self.text[body..end], end + after);
        }
        self.bare_value(start)
    }

    /// The end of a quoted value that contains a `<`, as HTML in attributes does: the quotation
    /// mark must be followed by the end of the attribute, and the value must not be long.
    fn value_with_markup(&self, body: usize, quote: u8) -> Option<usize> {
        /// Maximum length of such a value in bytes.
        const MAX_BYTES: usize = 4096;
        let bytes = self.text.as_bytes();
        let window = &bytes[body..bytes.len().min(body + MAX_BYTES)];
        let end = body + memchr(quote, window)?;
        let next = bytes.get(end + 1)?;
        (next.is_ascii_whitespace() || matches!(next, b'/' | b'>' | b'?')).then_some(end)
    }

    fn bare_value(&self, start: usize) -> (&'a str, usize) {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while bytes.get(at).is_some_and(|b| {
            let ends = b.is_ascii_whitespace() || matches!(b, b'>' | b'<' | b'"' | b'\'');
            !(ends || *b == b'/' && bytes.get(at + 1) == Some(&b'>'))
        }) {
            at += 1;
        }
        (&self.text[start..at], at)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let bytes = self.text.as_bytes();
            if self.at >= bytes.len() {
                return None;
            }
            if bytes[self.at] != b'<' || !self.is_markup(self.at) {
                return Some(self.take_text());
            }
            match bytes[self.at + 1] {
                b'/' => return Some(self.take_end()),
                b'?' => self.skip_instruction(),
                b'!' => {
                    if let Some(token) = self.take_declaration() {
                        return Some(token);
                    }
                }
                _ => return Some(self.take_start()),
            }
        }
    }
}

const fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b == b':' || b >= 0x80
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while bytes
        .get(at)
        .is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/' | b'<' | b'=' | 0..=0x1F))
    {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut tokens = Tokens::new(text);
        let mut out = Vec::new();
        while let Some(token) = tokens.next() {
            out.push(match token {
                Token::Start { name, empty } => {
                    format!("<{name} {:?}{}", tokens.attributes, if empty { "/" } else { "" })
                }
                Token::End { name } => format!("</{name}"),
                Token::Text(text) => format!("'{text}'"),
                Token::CData(text) => format!("[{text}]"),
                Token::Doctype(text) => text.to_owned(),
            });
        }
        out
    }

    #[test]
    fn sound_markup() {
        assert_eq!(
            all(r#"<?xml version="1.0"?><!-- c --><a x="1" y='2'>t<b/><![CDATA[<c>]]></a>"#),
            [r#"<a [("x", "1"), ("y", "2")]"#, "'t'", "<b []/", "[<c>]", "</a"]
        );
    }

    #[test]
    fn damaged_markup() {
        assert_eq!(all("a < b <3 <c"), ["'a < b <3 '", "<c []"]);
        assert_eq!(
            all(r#"<a x=1 y z = "2" w="3>t"#),
            [r#"<a [("x", "1"), ("y", ""), ("z", "2"), ("w", "3")]"#, "'t'"]
        );
        assert_eq!(all("<a<b>"), ["<a []", "<b []"]);
        assert_eq!(all("<a/x>t</a b>"), [r#"<a [("x", "")]"#, "'t'", "</a"]);
        assert_eq!(all("<![CDATA[never closed"), ["[never closed]"]);
        assert_eq!(all(r#"<a t="<b>">"#), [r#"<a [("t", "<b>")]"#]);
        assert_eq!(all("<!-- never closed <a>"), [""; 0]);
    }

    #[test]
    fn document_types_with_a_subset() {
        assert_eq!(
            all(r#"<!DOCTYPE r [<!ENTITY a "b>">]><r>"#),
            [r#"<!DOCTYPE r [<!ENTITY a "b>">]>"#, "<r []"]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_to_its_end(text in "[<>/!?a-c \"'=&;\\[\\]CDATA-]{0,60}") {
            let mut tokens = Tokens::new(&text);
            let mut last = 0;
            while tokens.next().is_some() {
                proptest::prop_assert!(tokens.position() > last);
                last = tokens.position();
            }
        }
    }
}
