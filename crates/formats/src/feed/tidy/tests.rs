//! What is copied, what is refused, and that both ways to harmless HTML agree.

use super::*;

fn quick(html: &str) -> Option<String> {
    tidied(html, Some("https://lake.example/n/"), &ELEMENTS)
}

#[test]
fn sound_html_is_copied() {
    for (html, copy) in [
        (r#"<P STYLE="x" class="c">a &amp; b<br/>c</P>"#, r#"<p class="c">a &amp; b<br>c</p>"#),
        (
            r#"<a href='x?y=1&amp;z' onclick="z()">a</a>"#,
            r#"<a href="https://lake.example/n/x?y=1&amp;z">a</a>"#,
        ),
        (r#"<img src="HTTPS://x.example/y" controls>1 < 2"#, r#"<img src="HTTPS://x.example/y">1 &lt; 2"#),
        ("a<!-- b --><ul><li>c<ul><li>d</li></ul></li></ul>", "a<ul><li>c<ul><li>d</li></ul></li></ul>"),
        ("<p>a<p>b<ul><li>c<li><p>d</ul>", "<p>a</p><p>b</p><ul><li>c</li><li><p>d</p></li></ul>"),
        (
            "<table><tr><td>a<td><p>b</td></tr></table>x",
            "<table><tr><td>a</td><td><p>b</p></td></tr></table>x",
        ),
        ("a<script src='x'>b</script><style>c</STYLE>d</img>", "ad"),
        ("<p>a<div>b</div></p>", "<p>a</p><div>b</div><p></p>"),
        ("a</p><meta x='y'>", "a<p></p>"),
        ("<a href='tel:1'>a</a><a href='odd:1'>b</a>", "<a href=\"tel:1\">a</a><a>b</a>"),
        (
            "<table><tbody><td>a<tr><td>b</table>",
            "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
        ),
        ("<a href=javascript:x class=y>a</a>", "<a class=\"y\">a</a>"),
        (r#"a<iframe src="https://x.example/"></iframe>b<b>c"#, "ab<b>c</b>"),
    ] {
        assert_eq!(quick(html).as_deref(), Some(copy), "{html}");
    }
}

#[test]
fn whatever_is_in_doubt_is_refused() {
    for html in [
        "<script><!-- <script>x</script>",
        "<b><i>a</b></i>",
        "<p><b>a<p>b",
        "<a href=x\">a</a>",
        "<a href=>a</a>",
        "<table>a<tr><td>b</td></tr></table>",
        "<table><tr><td>a</td></tr><b>c</b></table>",
        "<a href='java&#x0A;script:x'>a</a>",
        "<a href='ja&#x76;ascript:y'>a</a>",
        "<a href='&#106;avascript:x'>a</a>",
        "<a href='x' \"y>a</a>",
        "<a title='\"><script>'>a</a>",
        "<a href = 'x'>a</a>",
        "<svg><a>b</a></svg>",
        "<!-- a",
        "<!--> b -->",
        "<iframe>a</iframe>",
        "<iframe title='</iframe>'></iframe>",
        "<p/>a",
        "a\0b",
        "a <",
        "<a\u{c}b",
    ] {
        assert_eq!(quick(html), None, "{html}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4000))]

    #[test]
    fn both_ways_agree(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "<p>", "</p>", "<b>", "</b>", "<i class=\"x\">", "</i>", "<div>", "</div>", "<ul>", "</ul>", "<li>",
        "</li>", "<a href=\"y/z\">", "</a>", "<a href='https://x.example/?a&amp;b'>", "<img src=\"i.png\" alt=\"\"/>",
        "<br>", "<hr />", "<h2>", "</h2>", "<blockquote>", "</blockquote>", "<!-- c -->", "text", " ", "&lt;",
        "&#8217;", "<span style=\"x\" onclick=\"y\">", "</span>", "<dl>", "</dl>", "<dt>", "</dt>", "<dd>", "</dd>",
        "<iframe src=\"q\"></iframe>", "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<tbody>", "</tbody>",
        "<th class=x>", "</th>", "</img>", "<script>a</script>", "</br>", "<meta x=\"y\">", "<a href=\"x:y\">", "<a href=javascript:x>", "<pre>", "</pre>", "<em>", "</em>", "1 < 2", "<script>", "</script>",
    ]), 0..12)) {
        let html = pieces.concat();
        let base = Some("https://lake.example/n/");
        if let Some(quick) = tidied(&html, base, &ELEMENTS) {
            let long = crate::feed::sanitize::long_way(&html, base);
            // Read again, both are the same tree.
            proptest::prop_assert_eq!(crate::feed::sanitize::long_way(&quick, base), long);
        }
    }
}
