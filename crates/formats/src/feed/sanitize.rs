//! HTML of feeds made harmless: what runs, frames, styles or submits goes, the text stays.

use std::borrow::Cow;

use ammonia::{Builder, UrlRelative, UrlRelativeEvaluate};

use super::resolve::resolve;

/// HTML that opens more elements at once is read as text: tree builders take the square of the depth.
const DEEPEST: usize = 400;
/// Longer HTML is read as text (bytes).
const LONGEST: usize = 8 * 1024 * 1024;

/// The HTML without anything dangerous: scripts, styles, frames, forms, SVG and MathML, event handlers and
/// addresses with other schemes than the harmless ones. Relative addresses become absolute where `base` is known.
pub fn sanitized(html: &str, base: Option<&str>) -> String {
    if html.len() > LONGEST || depth(html) > DEEPEST {
        return text_only(html);
    }
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
    if let Some(base) = base {
        let base = base.to_owned();
        builder.url_relative(UrlRelative::Custom(Box::new(Absolute(base))));
    }
    builder.clean(&mended(html)).to_string()
}

/// The HTML with what a page parser would drop to its end although people wrote it to be read: comments that
/// never end stop at the next `>`, other declarations and CDATA marks that are none in HTML are text, and so
/// is a tag without end that has no value yet (`a link begins with <a href=`). One CDATA section around the
/// whole is taken off: the feed was escaped twice.
fn mended(html: &str) -> Cow<'_, str> {
    let mut rest = html;
    let mut out = String::new();
    let inner = html.trim().strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>"));
    if let Some(inner) = inner
        && !inner.contains("<![CDATA[")
        && has_text(inner)
    {
        rest = inner;
    }
    let whole = rest;
    let last_close = memchr::memrchr(b'>', whole.as_bytes());
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let place = whole.len() - rest.len() + at;
        let mark = &rest[at..];
        let closed = last_close.is_some_and(|close| close > place);
        let taken = if mark.starts_with("<!--") {
            if mark[4..].contains("-->") {
                // Sound comments go with all that is in them.
                4 + mark[4..].find("-->").unwrap_or(0) + 3
            } else {
                mark.find('>').map_or(mark.len(), |end| end + 1)
            }
        } else {
            0
        };
        if taken > 0 {
            out.push_str(&rest[..at]);
            rest = &mark[taken..];
            continue;
        }
        let is_text = mark.starts_with("<![") || !closed && (mark.starts_with("<!") || is_bare_tag(mark));
        out.push_str(&rest[..at]);
        out.push_str(if is_text { "&lt;" } else { "<" });
        rest = &mark[1..];
    }
    if out.is_empty() && rest.len() == html.len() {
        return Cow::Borrowed(html);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether an unfinished tag gives no value in quotation marks, so that it is prose about HTML rather than
/// HTML that was cut.
fn is_bare_tag(mark: &str) -> bool {
    mark[1..].starts_with(|c: char| c.is_ascii_alphabetic()) && !mark.contains(['"', '\''])
}

/// Whether there is something to read outside of tags.
fn has_text(html: &str) -> bool {
    let text = ammonia::Builder::empty().clean(html).to_string();
    !text.trim().is_empty() || html.contains("<img")
}

/// Makes addresses absolute.
struct Absolute(String);

impl UrlRelativeEvaluate<'_> for Absolute {
    fn evaluate<'url>(&self, url: &'url str) -> Option<Cow<'url, str>> {
        Some(Cow::Owned(resolve(Some(&self.0), url)))
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
        let clean = sanitized(html, Some("https://lake.example/n/"));
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
            assert_eq!(sanitized(html, None), clean, "{html}");
        }
    }

    #[test]
    fn depth_is_harmless() {
        let html = format!("{}x", "<div>".repeat(50_000));
        assert_eq!(sanitized(&html, None).trim(), "x");
    }
}
