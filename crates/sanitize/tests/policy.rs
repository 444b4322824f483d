//! Sanitised HTML, read by the parser of browsers, holds nothing outside of the policy.

use courant_sanitize::{policy, sanitize_html};
use dom_query::{Document, NodeRef};
use proptest::prelude::*;

const BASE: Option<&str> = Some("https://lake.example/n/");

/// Attributes that hold a URL in some element (HTML standard, "Attributes"; the obsolete ones with
/// them).
const URL_ATTRIBUTES: [&str; 17] = [
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "dynsrc",
    "formaction",
    "href",
    "longdesc",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "src",
    "xlink:href",
];

/// What the parser of a page adds by itself.
const PAGE_ELEMENTS: [&str; 3] = ["html", "head", "body"];

/// What HTML holds outside of the policy: elements, attributes, URLs, comments.
fn violations(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for document in [Document::from(html), Document::fragment(html)] {
        let mut open = vec![document.root()];
        while let Some(node) = open.pop() {
            check(&node, &mut found);
            open.extend(node.children());
        }
    }
    found
}

fn check(node: &NodeRef<'_>, found: &mut Vec<String>) {
    if node.is_comment() {
        found.push(format!("comment {:?}", node.text()));
    }
    let Some(name) = node.node_name() else { return };
    if !node.is_element() || PAGE_ELEMENTS.contains(&&*name) && node.attrs().is_empty() {
        return;
    }
    if !policy::allows_element(&name) {
        found.push(format!("element {name}"));
    }
    for attribute in node.attrs() {
        let attribute_name = attribute.name.local.to_string();
        let value = attribute.value.to_string();
        if !policy::allows_attribute(&name, &attribute_name) {
            found.push(format!("attribute {attribute_name} of {name}"));
        }
        let scheme = policy::scheme(&value).filter(|_| URL_ATTRIBUTES.contains(&&*attribute_name));
        if let Some(scheme) = scheme.filter(|scheme| !policy::allows_scheme(scheme)) {
            found.push(format!("scheme {scheme} in {attribute_name}"));
        }
    }
}

#[test]
fn the_policy_allows_nothing_that_acts() {
    for element in [
        "applet",
        "base",
        "body",
        "button",
        "dialog",
        "embed",
        "form",
        "frame",
        "frameset",
        "head",
        "html",
        "iframe",
        "input",
        "link",
        "math",
        "meta",
        "noscript",
        "object",
        "plaintext",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "xmp",
    ] {
        assert!(!policy::allows_element(element), "{element}");
    }
    for attribute in
        ["action", "formaction", "onclick", "onerror", "onload", "ping", "srcdoc", "srcset", "style"]
    {
        assert!(
            policy::ELEMENTS.iter().all(|element| !policy::allows_attribute(element, attribute)),
            "{attribute}"
        );
    }
    for scheme in ["blob", "data", "file", "javascript", "vbscript", "view-source"] {
        assert!(!policy::allows_scheme(scheme), "{scheme}");
    }
}

/// The check that the others rely on.
#[test]
fn a_violation_is_seen() {
    for (html, violation) in [
        ("<p onclick=x>a</p>", "attribute onclick of p"),
        ("<p><script>x</script></p>", "element script"),
        ("<iframe src=/x></iframe>", "element iframe"),
        ("<a href='java&#10;script:x'>a</a>", "scheme javascript in href"),
        ("<img src='data:image/svg+xml,x'>", "scheme data in src"),
        ("<q cite=javascript:x>a</q>", "scheme javascript in cite"),
        ("<p>a<!-- b --></p>", "comment"),
        ("<svg><a href=x>a</a></svg>", "element svg"),
        ("<template><b>a</b></template>", "element template"),
    ] {
        let found = violations(html);
        assert!(found.iter().any(|found| found.starts_with(violation)), "{html}: {found:?}");
    }
    assert_eq!(violations("<p class=a>b<a href=/x>c</a></p>"), Vec::<String>::new());
}

/// Pieces of HTML from which tests are put together: sound, broken and hostile.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(str::to_owned),
        2 => (prop::sample::select(NAMES), attributes()).prop_map(|(name, attributes)| format!("<{name}{attributes}>")),
        2 => prop::sample::select(NAMES).prop_map(|name| format!("</{name}>")),
        1 => "[<>&;/!\"'= a-c\\-\\[\\]\n\t\u{0}]{0,8}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn attributes() -> impl Strategy<Value = String> {
    let names = prop::sample::select(ATTRIBUTE_NAMES);
    let values = prop::sample::select(VALUES);
    let quotes = prop::sample::select(&["\"", "'", ""][..]);
    let attribute =
        (names, values, quotes).prop_map(|(name, value, quote)| format!(" {name}={quote}{value}{quote}"));
    prop::collection::vec(attribute, 0..3).prop_map(|attributes| attributes.concat())
}

const NAMES: &[&str] = &[
    "a",
    "b",
    "i",
    "p",
    "div",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "tbody",
    "tr",
    "td",
    "th",
    "caption",
    "colgroup",
    "col",
    "h2",
    "h3",
    "pre",
    "blockquote",
    "q",
    "img",
    "video",
    "source",
    "picture",
    "ruby",
    "rt",
    "rtc",
    "font",
    "nobr",
    "span",
    "em",
    "script",
    "style",
    "svg",
    "math",
    "mi",
    "mtext",
    "mglyph",
    "annotation-xml",
    "foreignObject",
    "desc",
    "title",
    "iframe",
    "noscript",
    "noembed",
    "noframes",
    "template",
    "textarea",
    "select",
    "option",
    "form",
    "input",
    "button",
    "object",
    "embed",
    "base",
    "link",
    "meta",
    "body",
    "html",
    "head",
    "frameset",
    "plaintext",
    "xmp",
    "listing",
    "marquee",
    "details",
    "summary",
    "x-y",
    "SCRIPT",
    "br",
    "hr",
    "image",
    "main",
    "center",
];

const ATTRIBUTE_NAMES: &[&str] = &[
    "href",
    "src",
    "cite",
    "poster",
    "data",
    "action",
    "style",
    "class",
    "id",
    "title",
    "onclick",
    "ONERROR",
    "onload",
    "srcset",
    "srcdoc",
    "xlink:href",
    "xmlns",
    "background",
    "formaction",
    "ping",
    "name",
    "is",
    "dir",
];

const VALUES: &[&str] = &[
    "x",
    "/x",
    "//x.example/y",
    "https://x.example/?a&amp;b",
    "javascript:x()",
    " JaVa\nScript:x()",
    "java&#9;script:x",
    "&#106;avascript:x",
    "javascript&colon;x",
    "vbscript:x",
    "data:text/html,<script>x</script>",
    "mailto:a@b.example",
    "x:y",
    "",
    "\u{1}javascript:x",
    "><script>x</script>",
    "--><img src=x onerror=x>",
    "</style><script>x</script>",
    "color:red",
    "#x",
    "file:///etc/passwd",
];

const PIECES: &[&str] = &[
    "text",
    " ",
    "\n",
    "1 < 2",
    "&lt;",
    "&amp;lt;",
    "&#8217;",
    "&nbsp;",
    "<!-- c -->",
    "<!--",
    "-->",
    "<!-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE html>",
    "<?x y?>",
    "<",
    ">",
    "</",
    "</br>",
    "</p>",
    "</img>",
    "<p/>",
    "<a/b=c>",
    "<img src=\"i.png\" alt=\"&quot;><script>\"/>",
    "<a href=\"y/z\">",
    "<script>a</script>",
    "<script>",
    "</script>",
    "<style><!--</style><img title=\"--></style><script>x</script>\">",
    "<svg></p><style><a id=\"</style><img src=1 onerror=x>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=x&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=x>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=x>",
    "<table><tr><td>a</td></tr></table>",
    "<ul><li>a<li>b</ul>",
    "<pre>\n\na</pre>",
    "<b><p>a</b>b</p>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sanitised_html_holds_nothing_outside_of_the_policy(html in pieces(), has_base in any::<bool>()) {
        let clean = sanitize_html(&html, BASE.filter(|_| has_base));
        prop_assert_eq!(violations(&clean), Vec::<String>::new(), "{}", clean);
    }

    #[test]
    fn sanitised_html_stays_as_it_is(html in pieces(), has_base in any::<bool>()) {
        let base = BASE.filter(|_| has_base);
        let clean = sanitize_html(&html, base);
        prop_assert_eq!(sanitize_html(&clean, base), clean);
    }
}
