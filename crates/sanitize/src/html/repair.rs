//! Repairs before parsing: what people wrote to be read, and what a page parser would drop.

use std::borrow::Cow;

use memchr::{memchr, memmem, memrchr, memrchr2};

/// The HTML with what a page parser would drop to its end although people wrote it to be read.
///
/// - A comment that never ends stops at the next `>`.
/// - Other declarations, and CDATA marks (HTML has none), are text.
/// - A tag without end that has no value yet (`a link begins with <a href=`) is text.
/// - One CDATA section around everything is taken off: the feed was escaped twice.
pub(super) fn repaired(html: &str) -> Cow<'_, str> {
    let last_close = memrchr(b'>', html.as_bytes());
    let last_open = memrchr(b'<', html.as_bytes());
    if last_open <= last_close && memmem::find(html.as_bytes(), b"<!").is_none() {
        return Cow::Borrowed(html);
    }
    let html = without_section(html);
    let last_close = memrchr(b'>', html.as_bytes());
    let last_comment_end = memmem::rfind(html.as_bytes(), b"-->");
    let last_quote = memrchr2(b'"', b'\'', html.as_bytes());
    let mut out = String::with_capacity(html.len() + 8);
    let mut rest = html;
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        let position = html.len() - rest.len() + at;
        let tag = &rest[at..];
        out.push_str(&rest[..at]);
        if tag.starts_with("<!--") {
            let may_end = last_comment_end.is_some_and(|end| end >= position + 4);
            rest = after_comment(tag, may_end);
            continue;
        }
        let is_closed = last_close.is_some_and(|close| close > position);
        // A tag without a quoted value is prose about HTML rather than HTML that was cut.
        let is_bare = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic())
            && last_quote.is_none_or(|quote| quote < position);
        let is_text = tag.starts_with("<![") || !is_closed && (tag.starts_with("<!") || is_bare);
        out.push_str(if is_text { "&lt;" } else { "<" });
        rest = &tag[1..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The content of a CDATA section that is the whole text, if there is something to read in it.
fn without_section(html: &str) -> &str {
    let inner = html.trim().strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>"));
    inner.filter(|inner| !inner.contains("<![CDATA[") && has_text(inner)).unwrap_or(html)
}

/// What follows the comment at the start of the text. `may_end` tells that an end may follow at
/// all, so that a text of many open comments is not searched again for each.
fn after_comment(comment: &str, may_end: bool) -> &str {
    let bytes = comment.as_bytes();
    let end = may_end.then(|| memmem::find(&bytes[4..], b"-->")).flatten().map(|end| end + 7);
    let end = end.or_else(|| memchr(b'>', bytes).map(|end| end + 1));
    &comment[end.unwrap_or(comment.len())..]
}

/// Whether there is something to read outside of tags, or an image.
fn has_text(html: &str) -> bool {
    let text = ammonia::Builder::empty().clean(html).to_string();
    !text.trim().is_empty() || html.contains("<img")
}
