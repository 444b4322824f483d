//! References: `&amp;`, `&#8217;`, `&eacute;`, and the entities that a document declares for
//! itself.

use std::{borrow::Cow, collections::BTreeMap};

use memchr::memchr;

/// Maximum number of entities that a document may declare.
const MAX_ENTITIES: usize = 512;
/// Maximum length of a declared entity in bytes.
const MAX_ENTITY_BYTES: usize = 4096;
/// Maximum length to which all entities of one text may expand, in bytes.
const MAX_EXPANSION: usize = 64 * 1024;
/// Maximum depth of entities within entities.
const MAX_ENTITY_DEPTH: usize = 4;
/// Maximum length of an entity's name in bytes.
const MAX_NAME_BYTES: usize = 40;

/// The entities that a document type declaration defines.
#[derive(Debug, Default)]
pub struct Entities(BTreeMap<String, String>);

impl Entities {
    /// Reads the `<!ENTITY name "value">` declarations of a document type declaration. External and
    /// parameter entities are ignored: nothing outside the document is ever read.
    pub fn declared_in(doctype: &str) -> Self {
        let mut entities = BTreeMap::new();
        for declaration in doctype.split("<!ENTITY").skip(1).take(MAX_ENTITIES) {
            if let Some((name, value)) = one_declaration(declaration) {
                // XML 1.0 §4.2: the first declaration of a name is binding.
                entities.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        Self(entities)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

fn one_declaration(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let name_end = text.find(char::is_whitespace)?;
    let (name, rest) = text.split_at(name_end);
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let value = rest[1..].split(quote).next()?;
    (name != "%" && name.len() <= MAX_NAME_BYTES && value.len() <= MAX_ENTITY_BYTES).then_some((name, value))
}

/// The text with its references replaced. An unknown reference stays as it is written, as does an
/// `&` that begins none. Numbers 128 to 159 are read as Windows-1252, as in HTML; references to
/// characters that XML forbids are removed, as are control characters.
pub fn decode_references<'a>(text: &'a str, own: &Entities) -> Cow<'a, str> {
    let clean = without_controls(text);
    if memchr(b'&', clean.as_bytes()).is_none() {
        return clean;
    }
    let mut out = String::with_capacity(clean.len());
    let mut allowance = MAX_EXPANSION;
    expand(&clean, own, 0, &mut allowance, &mut out);
    Cow::Owned(out)
}

fn expand(text: &str, own: &Entities, depth: usize, allowance: &mut usize, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((name, after)) = reference(rest) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        if let Some(number) = name.strip_prefix('#') {
            match numbered(number) {
                Some(c) => out.extend(c),
                None => out.push_str(&rest[..rest.len() - after.len()]),
            }
        } else if let Some(value) = (!own.0.is_empty()).then(|| own.get(name)).flatten() {
            // The recursion is bounded by [`MAX_ENTITY_DEPTH`].
            if depth < MAX_ENTITY_DEPTH && *allowance >= value.len() {
                *allowance -= value.len();
                expand(value, own, depth + 1, allowance, out);
            }
        } else if let Some(value) = html_entity(name) {
            out.push_str(value);
        } else {
            out.push_str(&rest[..rest.len() - after.len()]);
        }
        rest = after;
    }
    out.push_str(rest);
}

/// The character of an HTML entity. XML feeds that use one without declaring it mean those of the
/// RSS 0.91 and XHTML 1.0 document types, which differ from HTML 5 in the two angle brackets.
pub(crate) fn html_entity(name: &str) -> Option<&'static str> {
    match name {
        // The most frequent ones.
        "lt" => Some("<"),
        "gt" => Some(">"),
        "amp" => Some("&"),
        "quot" => Some("\""),
        "apos" => Some("'"),
        "nbsp" => Some("\u{A0}"),
        "lang" => Some("\u{2329}"),
        "rang" => Some("\u{232A}"),
        _ => {
            let table = &html_escape::NAMED_ENTITIES;
            let at = table.binary_search_by_key(&name.as_bytes(), |(known, _)| known).ok()?;
            Some(table[at].1)
        }
    }
}

/// The name of the reference at the start of the text, and the text after its semicolon.
fn reference(text: &str) -> Option<(&str, &str)> {
    let window = &text.as_bytes()[1..text.len().min(MAX_NAME_BYTES + 2)];
    let length =
        window.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'#' | b'_' | b'.' | b'-')))?;
    (length > 0 && window[length] == b';').then(|| (&text[1..=length], &text[length + 2..]))
}

/// The character of a numeric reference: `None` if it is not a number, `Some(None)` if the
/// character is forbidden.
#[expect(clippy::option_option, reason = "two different nothings")]
fn numbered(number: &str) -> Option<Option<char>> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    if (0x80..0xA0).contains(&code) {
        let byte = [code as u8];
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
        return Some(text.chars().next());
    }
    Some(char::from_u32(code).filter(|c| !is_control(*c)))
}

const fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// The text without the control characters that XML 1.0 §2.2 forbids; carriage returns become line
/// feeds (§2.11).
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    // Without an early exit within a chunk, so that the compiler can vectorise it.
    #[expect(clippy::needless_bitwise_bool, reason = "lazy operators are branches")]
    let spoiled = |b: &u8| (*b < 0x20) & (*b != b'\t') & (*b != b'\n') | (*b == 0x7F);
    if !text.as_bytes().chunks(256).any(|chunk| chunk.iter().fold(false, |found, b| found | spoiled(b))) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            c if is_control(c) => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        decode_references(text, &Entities::default()).into_owned()
    }

    #[test]
    fn references_of_xml_and_html_are_known() {
        assert_eq!(decoded("a &amp; b &lt;c&gt; &eacute;&#8217;&#x2019;&#146;"), "a & b <c> é’’’");
    }

    #[test]
    fn the_alphabets_of_entities_are_whole() {
        assert_eq!(decoded("&Alpha;&alpha;&Omega;&omega;&Scaron;&scaron;&OElig;&Yuml;&circ;"), "ΑαΩωŠšŒŸˆ");
        assert_eq!(decoded("&lang;&rang;&euro;&hellip;&thetasym;&piv;"), "\u{2329}\u{232A}€…ϑϖ");
    }

    #[test]
    fn other_ampersands_stay() {
        assert_eq!(decoded("a & b &c &d; ?x=1&copy=2 &#; &#xZZ; &"), "a & b &c &d; ?x=1&copy=2 &#; &#xZZ; &");
    }

    #[test]
    fn forbidden_characters_vanish() {
        assert_eq!(decoded("a\u{8}b&#7;c&#0;\r\nd\re"), "abc\nd\ne");
    }

    #[test]
    fn own_entities_are_expanded_within_an_allowance() {
        let own = Entities::declared_in(
            r#"<!DOCTYPE r [<!ENTITY a "x&b;"><!ENTITY b "y"><!ENTITY c SYSTEM "f">]>"#,
        );
        assert_eq!(decode_references("&a;&c;", &own), "xy&c;");
        let laughs = "&b;".repeat(1000);
        let own = Entities::declared_in(&format!(
            r#"<!ENTITY a "{laughs}"><!ENTITY b "{laughs}"><!ENTITY c "&c;&c;">"#
        ));
        assert!(decode_references(&"&a;&c;".repeat(50), &own).len() < 2 * MAX_EXPANSION);
    }
}
