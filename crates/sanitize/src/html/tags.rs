//! Tags and their attributes, as the HTML tokeniser reads them (WHATWG HTML §13.2.5.6 to
//! §13.2.5.40).

use std::borrow::Cow;

use courant_model::PublicUrls;

use super::policy::scheme;

/// A start tag, from its `<` on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// As written.
    pub(super) name: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
    /// Length in bytes, including the `>`.
    pub(super) length: usize,
}

/// An attribute, as written: references in its value are not resolved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// Its start, including the blanks before it, and its end, in bytes from the `<`.
    pub(super) span: (usize, usize),
}

/// The start tag at the beginning of a text; `None` if there is none or it has no end.
pub(super) fn tag_at(text: &str) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'<') || !bytes.get(1)?.is_ascii_alphabetic() {
        return None;
    }
    let mut at = 1 + bytes[1..].iter().position(|&byte| ends_name(byte))?;
    let name = &text[1..at];
    let mut attributes = Vec::new();
    loop {
        let from = at;
        at += bytes[at..].iter().position(|&byte| !is_blank(byte) && byte != b'/')?;
        if bytes[at] == b'>' {
            return Some(Tag { name, attributes, length: at + 1 });
        }
        let name_from = at;
        // An equals sign at the very beginning belongs to the name.
        at += 1 + bytes[at + 1..].iter().position(|&byte| ends_name(byte) || byte == b'=')?;
        let name = &text[name_from..at];
        let after = at + bytes[at..].iter().position(|&byte| !is_blank(byte))?;
        let mut value = "";
        if bytes[after] == b'=' {
            let start = after + 1 + bytes[after + 1..].iter().position(|&byte| !is_blank(byte))?;
            (value, at) = value_at(text, start)?;
        }
        attributes.push(Attribute { name, value, span: (from, at) });
    }
}

/// The value that begins at `start`, and where it ends.
fn value_at(text: &str, start: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    match bytes[start] {
        quote @ (b'"' | b'\'') => {
            let end = start + 1 + memchr::memchr(quote, &bytes[start + 1..])?;
            Some((&text[start + 1..end], end + 1))
        }
        b'>' => Some(("", start)),
        _ => {
            let end = start + bytes[start..].iter().position(|&byte| is_blank(byte) || byte == b'>')?;
            Some((&text[start..end], end))
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

const fn ends_name(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'/' | b'>')
}

/// The URL in an attribute as browsers read it: references are resolved, and blanks around it, tabs
/// and line breaks removed (WHATWG URL §4.4).
pub(super) fn url_in(value: &str) -> Cow<'_, str> {
    let decoded = html_escape::decode_html_entities(value);
    if decoded.bytes().all(|byte| byte > b' ') {
        return decoded;
    }
    let is_edge = |character: char| character <= ' ';
    let inner =
        decoded.trim_matches(is_edge).chars().filter(|character| !matches!(character, '\t' | '\n' | '\r'));
    Cow::Owned(inner.collect())
}

/// Attributes whose value is a URL.
pub(super) const URL_ATTRIBUTES: [&str; 15] = [
    "href",
    "src",
    "poster",
    "action",
    "formaction",
    "background",
    "cite",
    "data",
    "longdesc",
    "lowsrc",
    "dynsrc",
    "xlink:href",
    "usemap",
    "manifest",
    "ping",
];

/// Whether a URL may be published in HTML of others: it is relative, a mail address, or allowed by
/// the rule.
pub(super) fn may_be_published(url: &str, rule: &PublicUrls) -> bool {
    match scheme(url).as_deref() {
        Some("mailto") => true,
        Some(_) => rule.check_text(url).is_ok(),
        // Its scheme is that of the page.
        None if is_scheme_relative(url) => rule.check_text(&format!("https:{url}")).is_ok(),
        // An unresolved reference may still become a scheme: `&#106avascript:`.
        None => !url.split(['/', '?', '#']).next().unwrap_or_default().contains('&'),
    }
}

fn is_scheme_relative(url: &str) -> bool {
    let mut characters = url.chars();
    matches!((characters.next(), characters.next()), (Some('/' | '\\'), Some('/' | '\\')))
}

/// Sanitised HTML without the URLs that may not be published: links lose their URL and keep their
/// text, images are removed. Also returns the number of URLs that were removed.
pub fn without_forbidden_urls<'a>(html: &'a str, rule: &PublicUrls) -> (Cow<'a, str>, usize) {
    let mut out = String::new();
    let (mut done, mut removed) = (0, 0);
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        if at < done {
            continue;
        }
        let Some(tag) = tag_at(&html[at..]) else { continue };
        let bad = |attribute: &&Attribute<'_>| {
            URL_ATTRIBUTES.iter().any(|name| attribute.name.eq_ignore_ascii_case(name))
                && !may_be_published(&url_in(attribute.value), rule)
        };
        let spans: Vec<(usize, usize)> = tag.attributes.iter().filter(bad).map(|found| found.span).collect();
        if spans.is_empty() {
            continue;
        }
        removed += spans.len();
        out.push_str(&html[done..at]);
        done = at;
        if ["img", "source", "track", "audio", "video"].iter().any(|name| tag.name.eq_ignore_ascii_case(name))
        {
            done = at + tag.length;
            continue;
        }
        for (from, to) in spans {
            out.push_str(&html[done..at + from]);
            done = at + to;
        }
    }
    if removed == 0 {
        return (Cow::Borrowed(html), 0);
    }
    out.push_str(&html[done..]);
    (Cow::Owned(out), removed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_read_as_browsers_read_them() {
        let read = |text| {
            let tag = tag_at(text)?;
            Some((tag.name, tag.attributes.iter().map(|found| (found.name, found.value)).collect::<Vec<_>>()))
        };
        assert_eq!(read("<a href='x' b=c d>"), Some(("a", vec![("href", "x"), ("b", "c"), ("d", "")])));
        assert_eq!(read("<svg/onload=alert(1)//>"), Some(("svg", vec![("onload", "alert(1)//")])));
        assert_eq!(read("<img\nsrc = \"a>b\"\t/>"), Some(("img", vec![("src", "a>b")])));
        assert_eq!(read("<a =x=y z=>"), Some(("a", vec![("=x", "y"), ("z", "")])));
        assert_eq!(read("<o:p>"), Some(("o:p", vec![])));
        for none in ["< a>", "</a>", "<!-- -->", "<a", "<a b", "<a b=\"c>", "a"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn links_keep_their_text_and_images_are_removed() {
        let rule = PublicUrls::default();
        let html = "<p>a <a href=\"http://10.0.0.1/x\" rel=\"noopener\">b</a> <img src=\"http://localhost/p.png\" alt=\"c\"> \
                    <a href=\"https://news.example/\">d</a> <a href=\"http://ann:x@news.example/\">e</a></p>";
        let (clean, removed) = without_forbidden_urls(html, &rule);
        assert_eq!(
            clean,
            "<p>a <a rel=\"noopener\">b</a>  <a href=\"https://news.example/\">d</a> <a>e</a></p>"
        );
        assert_eq!(removed, 3);
        let kept = "<a href=\"/x\">a</a><a href=\"mailto:a@b.example\">b</a> 1 < 2 &amp; <b>c</b>";
        assert!(matches!(without_forbidden_urls(kept, &rule), (Cow::Borrowed(_), 0)));
        assert_eq!(without_forbidden_urls("<a href=\"//10.0.0.1/\">x</a>", &rule).1, 1);
        assert_eq!(without_forbidden_urls("<a href=\"http&#58;//127.0.0.1/\">x</a>", &rule).1, 1);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_bad_is_left(html in "[<>a-c/=\"' :.0-9hrefsimgpt\\n&;#]{0,80}") {
            let rule = PublicUrls::default();
            let (clean, _) = without_forbidden_urls(&html, &rule);
            prop_assert!(clean.len() <= html.len());
        }
    }
}
