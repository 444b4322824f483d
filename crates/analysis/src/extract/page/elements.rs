//! Properties of elements and attributes by name: how they nest, and which are used.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memchr;

/// Whether the content of an element is raw text up to its end tag; `svg` is included because it
/// contains no readable text.
pub(super) fn is_raw(name: &[u8]) -> bool {
    matches!(
        name,
        b"script"
            | b"style"
            | b"textarea"
            | b"title"
            | b"xmp"
            | b"iframe"
            | b"noembed"
            | b"noframes"
            | b"svg"
    )
}

/// Whether an element never has an end tag.
pub(super) fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"area"
            | b"base"
            | b"basefont"
            | b"bgsound"
            | b"br"
            | b"col"
            | b"embed"
            | b"frame"
            | b"hr"
            | b"img"
            | b"input"
            | b"keygen"
            | b"link"
            | b"meta"
            | b"param"
            | b"source"
            | b"track"
            | b"wbr"
    )
}

/// Whether the end tag of an element is often omitted; a new one closes the one before it.
pub(super) fn has_implied_end(name: &[u8]) -> bool {
    matches!(name, b"p" | b"li" | b"dt" | b"dd" | b"option" | b"tr" | b"td" | b"th" | b"optgroup")
}

/// Elements whose content is never text for a reader.
pub(in crate::extract) fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "embed"
            | "select"
            | "textarea"
            | "head"
            | "title"
            | "canvas"
            | "audio"
            | "video"
            | "map"
            | "datalist"
            | "input"
    )
}

/// Elements that start on a new line (HTML standard §15.3).
pub(in crate::extract) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "caption"
    )
}

/// Whether an element is in the list of active formatting elements (HTML standard §13.2.4.3).
pub(super) fn is_formatting(name: &[u8]) -> bool {
    matches!(
        name,
        b"a" | b"b"
            | b"big"
            | b"code"
            | b"em"
            | b"font"
            | b"i"
            | b"nobr"
            | b"s"
            | b"small"
            | b"strike"
            | b"strong"
            | b"tt"
            | b"u"
    )
}

/// Copies a tag with only the attributes that are used; pages have many more for their scripts.
pub(super) fn keep_attributes(tag: &str, out: &mut String) {
    let bytes = tag.as_bytes();
    let name_end =
        bytes.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>').unwrap_or(tag.len());
    out.push_str(&tag[..name_end]);
    let mut at = name_end;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_whitespace() || byte == b'/' || byte == b'>' {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && !matches!(bytes[at], b'=' | b'>') && !bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        let name = &tag[start..at];
        at = value_end(bytes, at);
        if is_read(name) && (!name.eq_ignore_ascii_case("style") || may_hide(&tag[start..at])) {
            out.push(' ');
            out.push_str(&tag[start..at]);
        }
    }
    out.push('>');
}

/// Where the value of an attribute ends, given where its name ends; `at` if it has no value.
fn value_end(bytes: &[u8], at: usize) -> usize {
    let skip = |from: usize| {
        bytes[from..]
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .map_or(bytes.len(), |gap| from + gap)
    };
    let equals = skip(at);
    if bytes.get(equals) != Some(&b'=') {
        return at.max(1);
    }
    let value = skip(equals + 1);
    match bytes.get(value) {
        Some(mark @ (b'"' | b'\'')) => {
            memchr(*mark, &bytes[value + 1..]).map_or(bytes.len(), |end| value + 1 + end + 1)
        }
        Some(_) => bytes[value..]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || *byte == b'>')
            .map_or(bytes.len(), |end| value + end),
        None => bytes.len(),
    }
}

/// Whether an attribute of this name is used.
fn is_read(name: &str) -> bool {
    let mut lower = [0; 20];
    let Some(plain) = lower.get_mut(..name.len()) else { return false };
    plain.copy_from_slice(name.as_bytes());
    plain.make_ascii_lowercase();
    if let Some(data) = plain.strip_prefix(b"data-") {
        return matches!(
            data,
            b"src"
                | b"srcset"
                | b"lazy-src"
                | b"lazy-srcset"
                | b"original"
                | b"hi-res-src"
                | b"full-src"
                | b"url"
                | b"datetime"
                | b"date"
                | b"timestamp"
        );
    }
    matches!(
        &*plain,
        b"class"
            | b"id"
            | b"href"
            | b"src"
            | b"srcset"
            | b"alt"
            | b"title"
            | b"width"
            | b"height"
            | b"style"
            | b"content"
            | b"property"
            | b"name"
            | b"itemprop"
            | b"itemtype"
            | b"rel"
            | b"type"
            | b"role"
            | b"hidden"
            | b"hreflang"
            | b"lang"
            | b"xml:lang"
            | b"dir"
            | b"datetime"
            | b"pubdate"
            | b"http-equiv"
            | b"colspan"
            | b"rowspan"
            | b"scope"
            | b"start"
            | b"cite"
            | b"summary"
            | b"aria-hidden"
            | b"aria-modal"
    )
}

/// Whether a style may hide an element from readers; nothing else in it is used.
fn may_hide(attribute: &str) -> bool {
    let contains =
        |word: &[u8]| attribute.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    contains(b"none") || contains(b"hidden")
}

/// Whether a `link` element describes the page, not its presentation.
pub(super) fn describes_page(tag: &str) -> bool {
    static RELATIONS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(["canonical", "amphtml", "image_src"])
            .expect("the words are constants")
    });
    RELATIONS.is_match(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(tag: &str) -> String {
        let mut out = String::new();
        keep_attributes(tag, &mut out);
        out
    }

    #[test]
    fn unused_attributes_are_dropped() {
        assert_eq!(
            kept(
                "<IMG onload='x>y' SRC=/a.jpg data-src = \"/b.jpg\" data-x=1 loading=lazy style='color: red' alt>"
            ),
            "<IMG SRC=/a.jpg data-src = \"/b.jpg\" alt>"
        );
        assert_eq!(
            kept("<p style='Display: NONE' hidden class=a>"),
            "<p style='Display: NONE' hidden class=a>"
        );
    }

    #[test]
    fn links_to_styles_do_not_describe_the_page() {
        assert!(describes_page("<link REL=Canonical href=/x>"));
        assert!(!describes_page("<link rel=stylesheet href=/x.css>"));
    }
}
