//! HTML of feeds made harmless: what runs, frames, styles or submits goes, the text stays.

use std::{borrow::Cow, cell::RefCell, sync::LazyLock};

use ammonia::{Builder, UrlRelative, UrlRelativeEvaluate};

use courant_model::resolve_reference;

/// HTML that opens more elements at once is read as text: tree builders take the square of the depth.
const DEEPEST: usize = 400;
/// Longer HTML is read as text (bytes).
const LONGEST: usize = 8 * 1024 * 1024;

/// The HTML without anything dangerous: scripts, styles, frames, forms, SVG and `MathML`, event handlers and
/// addresses with other schemes than the harmless ones. Relative addresses become absolute where `base` is known.
pub fn sanitize_html(html: &str, base: Option<&str>) -> String {
    if html.len() > LONGEST || depth(html) > DEEPEST {
        return text_only(html);
    }
    BASE.with_borrow_mut(|known| *known = base.map(str::to_owned));
    RULES.clean(&mended(html)).to_string()
}

/// The HTML with what a page parser would drop to its end although people wrote it to be read: comments that
/// never end stop at the next `>`, other declarations and CDATA marks that are none in HTML are text, and so
/// is a tag without end that has no value yet (`a link begins with <a href=`). One CDATA section around the
/// whole is taken off: the feed was escaped twice.
fn mended(html: &str) -> Cow<'_, str> {
    let last_close = memchr::memrchr(b'>', html.as_bytes());
    let last_open = memchr::memrchr(b'<', html.as_bytes());
    if last_open <= last_close && memchr::memmem::find(html.as_bytes(), b"<!").is_none() {
        return Cow::Borrowed(html);
    }
    let html = without_section(html);
    let last_close = memchr::memrchr(b'>', html.as_bytes());
    let last_comment_end = memchr::memmem::rfind(html.as_bytes(), b"-->");
    let last_quote = memchr::memrchr2(b'"', b'\'', html.as_bytes());
    let mut out = String::with_capacity(html.len() + 8);
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let place = html.len() - rest.len() + at;
        let mark = &rest[at..];
        out.push_str(&rest[..at]);
        if mark.starts_with("<!--") {
            let may_end = last_comment_end.is_some_and(|end| end >= place + 4);
            rest = after_comment(mark, may_end);
            continue;
        }
        let is_closed = last_close.is_some_and(|close| close > place);
        // A tag that gives no value in quotation marks is prose about HTML rather than HTML that was cut.
        let is_bare = mark[1..].starts_with(|c: char| c.is_ascii_alphabetic())
            && last_quote.is_none_or(|quote| quote < place);
        let is_text = mark.starts_with("<![") || !is_closed && (mark.starts_with("<!") || is_bare);
        out.push_str(if is_text { "&lt;" } else { "<" });
        rest = &mark[1..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The inside of a CDATA section that is all there is, where there is something to read in it.
fn without_section(html: &str) -> &str {
    let inner = html.trim().strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>"));
    inner.filter(|inner| !inner.contains("<![CDATA[") && has_text(inner)).unwrap_or(html)
}

/// What follows the comment at the start of the text. `may_end` says that an end may follow at all: it is not
/// sought in vain again and again.
fn after_comment(mark: &str, may_end: bool) -> &str {
    let bytes = mark.as_bytes();
    let end = may_end.then(|| memchr::memmem::find(&bytes[4..], b"-->")).flatten().map(|end| end + 7);
    let end = end.or_else(|| memchr::memchr(b'>', bytes).map(|end| end + 1));
    &mark[end.unwrap_or(mark.len())..]
}

/// Whether there is something to read outside of tags.
fn has_text(html: &str) -> bool {
    let text = ammonia::Builder::empty().clean(html).to_string();
    !text.trim().is_empty() || html.contains("<img")
}

thread_local! {
    /// The address against which the HTML that is being read right now gives its own.
    static BASE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What may stay. Built once: the tables cost more than most texts.
static RULES: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder.link_rel(None);
    builder.add_tags([
        "tfoot", "audio", "video", "source", "track", "picture", "big", "font", "address", "section", "main",
    ]);
    builder.add_tag_attributes("audio", ["src", "controls"]);
    builder.add_tag_attributes("video", ["src", "controls", "poster", "width", "height"]);
    builder.add_tag_attributes("source", ["src", "type"]);
    builder.add_tag_attributes("time", ["datetime"]);
    builder.add_tag_attributes("a", ["name", "rel"]);
    builder.add_tag_attributes("img", ["border", "hspace", "vspace"]);
    builder.add_tag_attributes("font", ["color", "face", "size"]);
    builder.add_tag_attributes("p", ["align"]);
    builder.add_tag_attributes("div", ["align"]);
    builder.add_generic_attributes(["class", "dir", "id"]);
    builder.rm_tags(["svg", "math"]);
    builder.url_relative(UrlRelative::Custom(Box::new(Absolute)));
    builder
});

/// Makes addresses absolute, where there is a base.
struct Absolute;

impl UrlRelativeEvaluate<'_> for Absolute {
    fn evaluate<'url>(&self, url: &'url str) -> Option<Cow<'url, str>> {
        BASE.with_borrow(|base| match base {
            Some(base) => Some(Cow::Owned(resolve_reference(Some(base), url))),
            None => Some(Cow::Borrowed(url)),
        })
    }
}

/// How many elements are open at once at most, roughly: opening tags less closing ones.
fn depth(html: &str) -> usize {
    const VOID: [&str; 8] = ["br", "hr", "img", "wbr", "input", "meta", "link", "p"];
    let (mut open, mut most) = (0_usize, 0_usize);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        if rest.starts_with('/') {
            open = open.saturating_sub(1);
        } else if !name.is_empty() && !VOID.iter().any(|void| void.eq_ignore_ascii_case(name)) {
            open += 1;
            most = most.max(open);
        }
    }
    most
}

/// The text between the tags, escaped.
fn text_only(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars().take(LONGEST) {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            '>' => out.push_str("&gt;"),
            _ if inside => {}
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dangerous_goes_and_the_text_stays() {
        let html = r#"<p onclick="x()">a<script>b</script><iframe src="//x"></iframe><svg><a href="javascript:x">c</a></svg>
            <a href="java&#x0A;script:x">d</a><img src=x onerror=y><form><input value=e>f</form><style>g</style></p>"#;
        let clean = sanitize_html(html, Some("https://lake.example/n/"));
        for bad in ["script", "iframe", "svg", "onclick", "onerror", "form", "input", "style"] {
            assert!(!clean.contains(bad), "{bad} in {clean}");
        }
        for kept in ["a", "c", "d", "f", "https://lake.example/n/x"] {
            assert!(clean.contains(kept), "{kept} not in {clean}");
        }
    }

    #[test]
    fn what_people_wrote_about_html_is_text() {
        for (html, clean) in [
            ("sa<!-- -- nonwhitespace >fe<script>alert(1)</script>", "safe"),
            ("a<!-- b > c -->d", "ad"),
            ("<!DOCTYPE ~", "&lt;!DOCTYPE ~"),
            ("<![CDATA[<script>x</script>]]&gt;", "&lt;![CDATA[]]&gt;"),
            ("<![CDATA[<b>a</b>]]>", "<b>a</b>"),
            ("it begins with <a href=\n", "it begins with &lt;a href=\n"),
            ("cut in <a href=\"https://lake.ex", "cut in "),
            ("<p>a</p>", "<p>a</p>"),
        ] {
            assert_eq!(sanitize_html(html, None), clean, "{html}");
        }
    }

    #[test]
    fn depth_is_harmless() {
        let html = format!("{}x", "<div>".repeat(50_000));
        assert_eq!(sanitize_html(&html, None).trim(), "x");
    }
}
