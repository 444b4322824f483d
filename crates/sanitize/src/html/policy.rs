//! What sanitised HTML may hold. Everything else is removed.

/// Elements that stay. Of all others only the content stays, except [`REMOVED_WITH_CONTENT`].
pub const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "map",
    "mark",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Elements that are removed with all they contain.
pub const REMOVED_WITH_CONTENT: &[&str] = &["script", "style"];

/// Attributes that every element may have.
pub const GENERIC_ATTRIBUTES: &[&str] = &["class", "dir", "id", "lang", "title"];

/// Attributes that certain elements may have.
pub const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "hreflang", "name", "rel"]),
    ("audio", &["controls", "src"]),
    ("blockquote", &["cite"]),
    ("col", &["align", "char", "charoff", "span"]),
    ("colgroup", &["align", "char", "charoff", "span"]),
    ("del", &["cite", "datetime"]),
    ("div", &["align"]),
    ("font", &["color", "face", "size"]),
    ("hr", &["align", "size", "width"]),
    ("img", &["align", "alt", "border", "height", "hspace", "src", "vspace", "width"]),
    ("ins", &["cite", "datetime"]),
    ("ol", &["start"]),
    ("p", &["align"]),
    ("q", &["cite"]),
    ("source", &["src", "type"]),
    ("table", &["align", "char", "charoff", "summary"]),
    ("tbody", &["align", "char", "charoff"]),
    ("td", &["align", "char", "charoff", "colspan", "headers", "rowspan"]),
    ("tfoot", &["align", "char", "charoff"]),
    ("th", &["align", "char", "charoff", "colspan", "headers", "rowspan", "scope"]),
    ("thead", &["align", "char", "charoff"]),
    ("time", &["datetime"]),
    ("tr", &["align", "char", "charoff"]),
    ("video", &["controls", "height", "poster", "src", "width"]),
];

/// Schemes of URLs. What a site publishes is limited further to those of
/// [`PublicUrls`](courant_model::PublicUrls).
pub const URL_SCHEMES: &[&str] = &[
    "bitcoin",
    "ftp",
    "ftps",
    "geo",
    "http",
    "https",
    "im",
    "irc",
    "ircs",
    "magnet",
    "mailto",
    "mms",
    "mx",
    "news",
    "nntp",
    "openpgp4fpr",
    "sip",
    "sms",
    "smsto",
    "ssh",
    "tel",
    "url",
    "webcal",
    "wtai",
    "xmpp",
];

/// Whether an element stays; `name` in lower case.
pub fn allows_element(name: &str) -> bool {
    ELEMENTS.binary_search(&name).is_ok()
}

/// Whether an element may have an attribute; both names in lower case.
pub fn allows_attribute(element: &str, name: &str) -> bool {
    GENERIC_ATTRIBUTES.contains(&name)
        || ATTRIBUTES.iter().any(|(known, names)| *known == element && names.contains(&name))
}

/// Whether a URL may have this scheme; `scheme` in lower case.
pub fn allows_scheme(scheme: &str) -> bool {
    URL_SCHEMES.binary_search(&scheme).is_ok()
}

/// The scheme of a URL as browsers read it (WHATWG URL, section 4.4: tabs and line breaks are
/// ignored everywhere, as are blanks around the URL), in lower case; `None` for a relative URL.
pub fn scheme(url: &str) -> Option<String> {
    let url = url.trim_start_matches(|c: char| c <= ' ');
    let (scheme, _) = url.split_once(':')?;
    let plain: String = scheme.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let is_scheme = plain.starts_with(|c: char| c.is_ascii_alphabetic())
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then(|| plain.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_for_the_search() {
        assert!(ELEMENTS.is_sorted() && URL_SCHEMES.is_sorted() && GENERIC_ATTRIBUTES.is_sorted());
        assert!(ATTRIBUTES.is_sorted() && ATTRIBUTES.iter().all(|(_, names)| names.is_sorted()));
    }

    #[test]
    fn a_scheme_is_read_as_browsers_read_it() {
        for (url, wanted) in [
            ("HTTPS://a.example/", Some("https")),
            (" \u{1}java\n\tscript:x", Some("javascript")),
            ("x+y-z.1:a", Some("x+y-z.1")),
            ("/a:b", None),
            ("1a:b", None),
            ("a b:c", None),
            ("a", None),
            (":a", None),
        ] {
            assert_eq!(scheme(url).as_deref(), wanted, "{url:?}");
        }
    }
}
