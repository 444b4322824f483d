//! Sanitising HTML by way of a tree (`ammonia` on `html5ever`).

use std::{borrow::Cow, cell::RefCell, sync::LazyLock};

use ammonia::{Builder, UrlRelative, UrlRelativeEvaluate};
use courant_model::resolve_reference;

use super::{
    policy::{self, ATTRIBUTES, ELEMENTS, GENERIC_ATTRIBUTES, REMOVED_WITH_CONTENT, URL_SCHEMES},
    repair::repaired,
};

/// HTML that opens more elements at once is read as text: tree builders take the square of the
/// depth.
const MAX_DEPTH: usize = 400;
/// Longer HTML is read as text (bytes).
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// HTML that still changes after this many passes is read as text.
const MAX_PASSES: usize = 4;

/// The HTML with the elements, attributes and URL schemes of the [`policy`] alone: no scripts,
/// styles, frames, forms, SVG, `MathML` or event handlers. Relative URLs become absolute if `base`
/// is known.
///
/// Sanitising the result again changes nothing, so that every parser sees the tree that was checked
/// here.
pub fn sanitize_html(html: &str, base: Option<&str>) -> String {
    BASE.with_borrow_mut(|known| *known = base.map(str::to_owned));
    if is_too_large(html) {
        return text_only(html);
    }
    let mut clean = cleaned(&repaired(html));
    // Where an element was removed that kept two others apart (`<a><button><a>`), the tree that is
    // read from the result is another one.
    for _ in 1..MAX_PASSES {
        if is_too_large(&clean) {
            break;
        }
        let again = cleaned(&clean);
        if again == clean {
            return clean;
        }
        clean = again;
    }
    text_only(&clean)
}

fn is_too_large(html: &str) -> bool {
    html.len() > MAX_BYTES || depth(html) > MAX_DEPTH
}

fn cleaned(html: &str) -> String {
    with_first_line_breaks(CLEANER.clean(html).to_string())
}

thread_local! {
    /// The base of the relative URLs in the HTML that this thread is cleaning. The cleaner is
    /// shared, because building its tables costs more than cleaning most texts, and it takes no
    /// further arguments.
    static BASE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    let attributes = ATTRIBUTES.iter().map(|(element, names)| (*element, names.iter().copied().collect()));
    cleaner
        .tags(ELEMENTS.iter().copied().collect())
        .clean_content_tags(REMOVED_WITH_CONTENT.iter().copied().collect())
        .generic_attributes(GENERIC_ATTRIBUTES.iter().copied().collect())
        .tag_attributes(attributes.collect())
        .url_schemes(URL_SCHEMES.iter().copied().collect())
        .url_relative(UrlRelative::Custom(Box::new(Absolute)))
        .attribute_filter(without_bad_citation)
        .link_rel(None);
    cleaner
});

/// `ammonia` does not take `cite` for a URL, because browsers do not follow it; readers' programs
/// may.
fn without_bad_citation<'u>(_element: &str, attribute: &str, value: &'u str) -> Option<Cow<'u, str>> {
    if attribute != "cite" {
        return Some(Cow::Borrowed(value));
    }
    match policy::scheme(value) {
        Some(scheme) => policy::allows_scheme(&scheme).then_some(Cow::Borrowed(value)),
        None => Some(absolute(value)),
    }
}

/// Makes relative URLs absolute.
struct Absolute;

impl UrlRelativeEvaluate<'_> for Absolute {
    fn evaluate<'url>(&self, url: &'url str) -> Option<Cow<'url, str>> {
        Some(absolute(url))
    }
}

/// The URL, absolute if the base is known.
fn absolute(url: &str) -> Cow<'_, str> {
    BASE.with_borrow(|base| match base {
        Some(base) => Cow::Owned(resolve_reference(Some(base), url)),
        None => Cow::Borrowed(url),
    })
}

/// The HTML with a second line break where `pre` begins with one: parsers drop the first (HTML
/// standard, section 13.2.6.4.7), and `html5ever` does not write it.
fn with_first_line_breaks(html: String) -> String {
    if !html.contains("<pre") {
        return html;
    }
    let mut out = String::with_capacity(html.len() + 8);
    let mut rest = html.as_str();
    while let Some(at) = rest.find("<pre") {
        let mut is_quoted = false;
        let tag_end = rest[at..].bytes().position(|byte| {
            is_quoted ^= byte == b'"';
            byte == b'>' && !is_quoted
        });
        let (tag, after) = rest.split_at(tag_end.map_or(rest.len(), |end| at + end + 1));
        out.push_str(tag);
        if after.starts_with('\n') {
            out.push('\n');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// How many elements are open at once at most, roughly: opening tags less closing ones.
fn depth(html: &str) -> usize {
    const VOID: [&str; 8] = ["br", "hr", "img", "wbr", "input", "meta", "link", "p"];
    let (mut open, mut deepest) = (0_usize, 0_usize);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        if rest.starts_with('/') {
            open = open.saturating_sub(1);
        } else if !name.is_empty() && !VOID.iter().any(|void| void.eq_ignore_ascii_case(name)) {
            open += 1;
            deepest = deepest.max(open);
        }
    }
    deepest
}

/// The text between the tags, escaped.
fn text_only(html: &str) -> String {
    let mut out = String::new();
    let mut is_inside = false;
    for c in html.chars().take(MAX_BYTES) {
        match c {
            '<' => is_inside = true,
            '>' if is_inside => {
                is_inside = false;
                out.push(' ');
            }
            '>' => out.push_str("&gt;"),
            _ if is_inside => {}
            c => out.push(c),
        }
    }
    cleaned(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_parts_are_removed_and_the_text_stays() {
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
    fn prose_about_html_is_text() {
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
    fn ordinary_html_keeps_its_meaning() {
        for (html, clean) in [
            (r#"<P STYLE="x" class="c">a &amp; b<br/>c</P>"#, r#"<p class="c">a &amp; b<br>c</p>"#),
            (
                r#"<a href='x?y=1&amp;z' onclick="z()">a</a>"#,
                r#"<a href="https://lake.example/n/x?y=1&amp;z">a</a>"#,
            ),
            (
                r#"<img src="HTTPS://x.example/y" controls>1 < 2"#,
                r#"<img src="HTTPS://x.example/y">1 &lt; 2"#,
            ),
            ("<p>a<p>b<ul><li>c<li><p>d</ul>", "<p>a</p><p>b</p><ul><li>c</li><li><p>d</p></li></ul>"),
            (
                "<table><tbody><td>a<tr><td>b</table>",
                "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
            ),
            ("a<script src='x'>b</script><style>c</STYLE>d</img>", "ad"),
            ("<a href='tel:1'>a</a><a href='odd:1'>b</a>", "<a href=\"tel:1\">a</a><a>b</a>"),
            ("<a href=javascript:x class=y>a</a>", "<a class=\"y\">a</a>"),
            ("<pre class='>'>\n\na</pre><pre>\nb</pre>", "<pre class=\"&gt;\">\n\na</pre><pre>b</pre>"),
            (r#"a<iframe src="https://x.example/"></iframe>b<b>c"#, "ab<b>c</b>"),
            ("<q cite='a'>b</q>", "<q cite=\"https://lake.example/n/a\">b</q>"),
            ("<q cite=' java\nscript:a'>b</q><q cite='ftp:a'>c</q>", "<q>b</q><q cite=\"ftp:a\">c</q>"),
        ] {
            assert_eq!(sanitize_html(html, Some("https://lake.example/n/")), clean, "{html}");
        }
    }

    #[test]
    fn deep_nesting_is_harmless() {
        let html = format!("{}x", "<div>".repeat(50_000));
        assert_eq!(sanitize_html(&html, None).trim(), "x");
        let html = format!("{}a&nbsp;b &copy; &amp;lt; \"c\" d > e", "<div>".repeat(50_000));
        let text = sanitize_html(&html, None);
        assert_eq!(text.trim(), "a&nbsp;b © &amp;lt; \"c\" d &gt; e");
        assert_eq!(sanitize_html(&text, None), text);
    }

    #[test]
    fn elements_that_kept_others_apart_leave_no_other_tree() {
        for html in ["<a href=/x>b<button><a href=/y>c", "<h2>b<svg><foreignObject><h2>c", "<p>b<object><p>c"]
        {
            let clean = sanitize_html(html, None);
            assert_eq!(sanitize_html(&clean, None), clean, "{html}");
        }
    }
}
