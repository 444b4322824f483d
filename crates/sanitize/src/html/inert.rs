//! Whether HTML or Markdown is inert: it runs nothing, and all its URLs may be published.
//!
//! This decides about texts that are passed on byte for byte, so it does not rely on any parser's
//! idea of where tags can be. Every `<` is read as if a tag began there, even in comments and
//! within other tags: each tag that some program may see is among them. A text that looks dangerous
//! and is not is sanitised, and loses nothing but its exact bytes.

use std::ops::Range;

use courant_model::PublicUrls;

use super::{
    embed,
    policy::scheme,
    tags::{Attribute, Tag, URL_ATTRIBUTES, may_be_published, tag_at, url_in},
};

/// Maximum number of bytes read for each byte of a text: unterminated tags are read again and
/// again.
const MAX_WORK_PER_BYTE: usize = 64;

/// Elements that run, frame or submit something, or change how the following HTML is parsed.
const ACTIVE: [&str; 27] = [
    "script",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "base",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "svg",
    "math",
    "template",
    "noscript",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
    "listing",
    "portal",
    "isindex",
    "keygen",
    "marquee",
    "dialog",
    "fencedframe",
];

/// Active content of styles in old browsers.
const ACTIVE_STYLES: [&str; 5] = ["expression(", "javascript:", "vbscript:", "-moz-binding", "behavior:url"];

/// Whether HTML contains no active content and only URLs that may be published.
pub fn is_inert(html: &str, rule: &PublicUrls) -> bool {
    let mut work = 0;
    let mut has_style = false;
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        if work > html.len().saturating_mul(MAX_WORK_PER_BYTE) {
            return false;
        }
        let Some(tag) = tag_at(&html[at..]) else {
            // An unterminated tag is not a tag, but the rest of the text was searched for its end.
            work += html.len() - at;
            if begins_active(&html[at..]) {
                return false;
            }
            continue;
        };
        work += tag.length;
        has_style |= tag.name.eq_ignore_ascii_case("style");
        if !is_inert_tag(&tag, rule) {
            return false;
        }
    }
    !has_style || !has_active_style(html)
}

/// Whether an active element begins here although its tag has no end: a page into which the text is
/// inserted may end it.
fn begins_active(text: &str) -> bool {
    let name = text[1..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ACTIVE.iter().chain(["iframe"].iter()).any(|active| name.eq_ignore_ascii_case(active))
        || (!name.is_empty() && text.len() < 4096 && text.to_ascii_lowercase().contains("on"))
}

fn is_inert_tag(tag: &Tag<'_>, rule: &PublicUrls) -> bool {
    let is = |name: &str| tag.name.eq_ignore_ascii_case(name);
    if ACTIVE.iter().any(|active| is(active)) {
        return false;
    }
    if is("iframe") {
        return tag.attributes.iter().all(|found| embed::is_harmless(found, rule));
    }
    if is("meta") {
        let equivalent = value_of(tag, "http-equiv");
        return equivalent.is_none_or(|name| {
            ["content-type", "x-ua-compatible", "content-language"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        });
    }
    if is("link") && value_of(tag, "rel").is_none_or(|rel| !rel.trim().eq_ignore_ascii_case("stylesheet")) {
        return false;
    }
    tag.attributes.iter().all(|attribute| is_inert_attribute(attribute, rule))
}

fn value_of<'a>(tag: &Tag<'a>, name: &str) -> Option<&'a str> {
    tag.attributes.iter().find(|found| found.name.eq_ignore_ascii_case(name)).map(|found| found.value)
}

fn is_inert_attribute(attribute: &Attribute<'_>, rule: &PublicUrls) -> bool {
    let name = attribute.name.to_ascii_lowercase();
    if name.starts_with("on") || matches!(&*name, "srcdoc" | "autofocus") {
        return false;
    }
    let value = url_in(attribute.value);
    if name == "style" {
        return !has_active_style(&value);
    }
    if name == "srcset" || name == "imagesrcset" {
        return value
            .split(',')
            .filter_map(|part| part.split_whitespace().next())
            .all(|part| may_be_published(part, rule));
    }
    if URL_ATTRIBUTES.contains(&&*name) {
        return may_be_published(&value, rule);
    }
    !matches!(scheme(&value).as_deref(), Some("javascript" | "vbscript"))
}

fn has_active_style(text: &str) -> bool {
    let plain: String = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_ascii_lowercase())
        .collect();
    ACTIVE_STYLES.iter().any(|active| plain.contains(active))
}

/// The same for Markdown, which contains HTML and its own form of links: `[text](url)`,
/// `[name]: url`.
pub fn is_markdown_inert(text: &str, rule: &PublicUrls) -> bool {
    // `<javascript:x>` is a link too (CommonMark §6.5).
    let links = text.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(link, _)| link);
    destinations(text).all(|span| is_inert_destination(&text[span], rule))
        && links
            .filter(|link| {
                let scheme = scheme(link).unwrap_or_default();
                scheme.len() >= 2
                    && link.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(&scheme))
            })
            .all(|link| may_be_published(link, rule))
        && is_inert(text, rule)
}

/// Markdown without the URLs of its links that may not be published; the text of the links stays.
/// HTML in it is not changed.
pub fn without_forbidden_destinations(text: &str, rule: &PublicUrls) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in destinations(text).filter(|span| !is_inert_destination(&text[span.clone()], rule)) {
        out.push_str(&text[done..span.start]);
        done = span.end;
    }
    out.push_str(&text[done..]);
    out
}

/// The positions of the URLs of Markdown links: after `](` and `]:`, up to a blank, a closing
/// parenthesis or `>`.
fn destinations(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    memchr::memchr_iter(b']', text.as_bytes()).filter_map(|at| {
        let rest = &text[at + 1..];
        let inner = rest.strip_prefix(['(', ':'])?;
        let url = inner.trim_start_matches(|c: char| c.is_whitespace() || c == '<');
        let end = url.find(|c: char| c.is_whitespace() || matches!(c, ')' | '>')).unwrap_or(url.len());
        let start = text.len() - url.len();
        Some(start..start + end)
    })
}

/// A backslash escapes the character after it and is not part of the URL (`CommonMark` §2.4).
fn is_inert_destination(url: &str, rule: &PublicUrls) -> bool {
    may_be_published(&url_in(&url.replace('\\', "")), rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inert(html: &str) -> bool {
        is_inert(html, &PublicUrls::default())
    }

    #[test]
    fn active_content_is_found_everywhere() {
        for bad in [
            "<script>alert(1)</script>",
            "<SCRIPT src=//evil.example>",
            "<p>a<script",
            "<img src=x onerror=alert(1)>",
            "<img src=x\nonerror\n=\nalert(1)>",
            "<body onload=x>",
            "<td onclick=x>",
            "<svg/onload=alert(1)>",
            "<math><mi xlink:href='javascript:x'>",
            "<a href='javascript:alert(1)'>",
            "<a href=' JaVa\tScript:alert(1)'>",
            "<a href='java&#x0A;script:alert(1)'>",
            "<a href=&#106;avascript:alert(1)>",
            "<a href='&#106avascript:alert(1)'>",
            "<a href='javascript&colon;alert(1)'>",
            "<a href='java&Tab;script:alert(1)'>",
            "<a href='vbscript:x'>",
            "<a href='data:text/html,x'>",
            "<a href='ftp://news.example/'>",
            "<a href='http://10.0.0.1/'>",
            "<a href='//127.0.0.1/'>",
            "<img src='http://localhost/x.png'>",
            "<img srcset='https://a.example/1.png 1x, http://10.0.0.1/2.png 2x'>",
            "<iframe src='https://a.example/' srcdoc='<script>'></iframe>",
            "<iframe src='javascript:x'></iframe>",
            "<iframe src='http://a.example/'></iframe>",
            "<object data='x'>",
            "<embed src='x'>",
            "<base href='https://evil.example/'>",
            "<form action='https://evil.example/'>",
            "<meta http-equiv=refresh content='0;url=https://evil.example'>",
            "<link rel=import href=x>",
            "<!-- <img src=x onerror=alert(1)> -->",
            "<a title=\"<img src=x onerror=alert(1)>\">",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<style>p{background:url(javascript:x)}</style>",
            "<p style='width: expression(alert(1))'>",
            "<frameset onload=x>",
            "<video poster='javascript:x'>",
        ] {
            assert!(!inert(bad), "{bad}");
        }
    }

    #[test]
    fn passive_content_is_inert() {
        for good in [
            "",
            "AT&T <b>bold</b> & 1 < 2 <3",
            "<p class=\"a\" style=\"color: red; background: url('https://a.example/b.png')\">on and on</p>",
            "<!doctype html><html><head><meta charset=utf-8><title>A</title><style>p { color: red }</style></head><body>x</body></html>",
            "<!--[if mso]><xml><o:OfficeDocumentSettings></o:OfficeDocumentSettings></xml><![endif]-->",
            "<table background=\"https://a.example/x.png\"><tr><td width=1><img src=\"/a.png\" alt=\"x\"></td></tr></table>",
            "<a href=\"mailto:desk@news.example\">m</a><a href=\"#top\">t</a><a href=\"?page=2\">n</a>",
            "<iframe width=\"800\" src=\"https://www.video.example/embed/1\" frameborder=\"0\" allowfullscreen></iframe>",
        ] {
            assert!(inert(good), "{good}");
        }
    }

    #[test]
    fn markdown_has_links_of_its_own() {
        let rule = PublicUrls::default();
        for bad in [
            "[x](javascript:alert(1))",
            "[x]( <javascript:alert(1)>)",
            "[x](java&#115;cript:alert(1))",
            "![x](http://10.0.0.1/p.png)",
            "[x][y]\n\n[y]: javascript:alert(1)",
            "<javascript:alert(1)>",
            "text\n<script>x</script>",
        ] {
            assert!(!is_markdown_inert(bad, &rule), "{bad}");
        }
        let clean = without_forbidden_destinations(
            "a [x](javascript:alert(1)) [y](/b) ![z](<http://10.0.0.1/p.png> 't')",
            &rule,
        );
        assert_eq!(clean, "a [x]()) [y](/b) ![z](<> 't')");
        for good in [
            "[x](https://a.example/ \"t\")",
            "a [1]: b",
            "> quote\n\n- a [b](/c)",
            "<https://a.example/>",
            "[x](#y)",
        ] {
            assert!(is_markdown_inert(good, &rule), "{good}");
        }
    }

    #[test]
    fn the_work_is_bounded() {
        let html = "<a \"".repeat(20_000);
        assert!(!inert(&html));
    }
}
