//! HTML that is safe to show: sanitized, with absolute links and images.

use ammonia::{Builder, UrlRelative};
use url::Url;

use crate::extract::text::prefix;

/// Maximum bytes of sanitized HTML of one article.
pub(in crate::extract) const MAX_HTML: usize = 2 << 20;

/// The `rel` of every link.
pub(in crate::extract) const LINK_REL: &str = "noopener noreferrer";
/// Allowed URL schemes.
const SCHEMES: &[&str] = &["http", "https", "mailto"];

/// Elements that an article needs, sorted: text structure, lists, tables, quotes, code, figures,
/// images, links.
const ALLOWED_TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];
/// Elements that are removed with their content. Past advisories for HTML sanitizers were about
/// SVG, `MathML` and styles; frames are kept separately as featured content.
const REMOVED_WITH_CONTENT: &[&str] = &[
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "object",
    "embed",
    "template",
    "noscript",
    "form",
    "button",
    "select",
    "textarea",
    "input",
    "video",
    "audio",
    "canvas",
    "title",
    "head",
    "xmp",
    "noembed",
    "noframes",
    "plaintext",
    "dialog",
    "nav",
];
/// Sites whose players may be embedded.
const PLAYERS: &[&str] = &[
    "www.youtube.com",
    "youtube.com",
    "www.youtube-nocookie.com",
    "player.vimeo.com",
    "www.dailymotion.com",
    "geo.dailymotion.com",
    "open.spotify.com",
    "w.soundcloud.com",
    "embed.podcasts.apple.com",
    "embed.ted.com",
    "players.brightcove.net",
    "fast.wistia.net",
    "player.twitch.tv",
    "www.arte.tv",
    "podcasters.spotify.com",
    "anchor.fm",
    "player.captivate.fm",
    "www.buzzsprout.com",
    "html5-player.libsyn.com",
    "share.transistor.fm",
    "player.simplecast.com",
    "bandcamp.com",
    "archive.org",
    "peertube.tv",
    "rumble.com",
];

/// Attributes allowed on every element.
const EVERYWHERE: &[&str] = &["lang", "dir", "title"];
/// Attributes allowed on some elements.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href", "hreflang"]),
    ("img", &["src", "alt", "width", "height"]),
    ("td", &["colspan", "rowspan"]),
    ("th", &["colspan", "rowspan", "scope"]),
    ("ol", &["start"]),
    ("time", &["datetime"]),
    ("blockquote", &["cite"]),
];

/// The element's name, if it is allowed in an article.
pub(in crate::extract) fn allowed_element(name: &str) -> Option<&'static str> {
    ALLOWED_TAGS.binary_search(&name).ok().map(|index| ALLOWED_TAGS[index])
}

/// Whether an element is removed with its content.
pub(in crate::extract) fn is_removed_with_content(name: &str) -> bool {
    allowed_element(name).is_none() && REMOVED_WITH_CONTENT.contains(&name)
}

/// Whether an element may have an attribute.
pub(in crate::extract) fn is_allowed_attribute(element: &str, name: &str) -> bool {
    EVERYWHERE.contains(&name)
        || ATTRIBUTES.iter().any(|(known, names)| *known == element && names.contains(&name))
}

/// Whether URLs with this scheme are allowed.
pub(in crate::extract) fn is_allowed_scheme(scheme: &str) -> bool {
    SCHEMES.contains(&scheme)
}

fn rules<'a>() -> Builder<'a> {
    let mut rules = Builder::default();
    rules
        .tags(ALLOWED_TAGS.iter().copied().collect())
        .clean_content_tags(REMOVED_WITH_CONTENT.iter().copied().collect())
        .generic_attributes(EVERYWHERE.iter().copied().collect())
        .tag_attributes(
            ATTRIBUTES.iter().map(|(element, names)| (*element, names.iter().copied().collect())).collect(),
        )
        .url_schemes(SCHEMES.iter().copied().collect())
        .link_rel(Some(LINK_REL))
        .strip_comments(true);
    rules
}

/// The HTML with all active content removed and every URL absolute. Elements that are not allowed
/// lose their tags but keep their text, unless their content is not text.
pub(in crate::extract) fn sanitized(html: &str, base: &Url) -> String {
    let html = prefix(html, MAX_HTML);
    let mut rules = rules();
    rules.url_relative(UrlRelative::RewriteWithBase(base.clone()));
    rules.clean(html).to_string().trim().to_owned()
}

/// An embed of the player at this URL, if it belongs to a known site.
pub(in crate::extract) fn player(url_text: &str, base: &Url) -> Option<String> {
    let mut url = base.join(url_text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    if let Some(id) = youtube_id(&url) {
        url = Url::parse(&format!("https://www.youtube-nocookie.com/embed/{id}")).ok()?;
    } else if let Some(id) = vimeo_id(&url) {
        url = Url::parse(&format!("https://player.vimeo.com/video/{id}")).ok()?;
    }
    let known = url.host_str().is_some_and(|host| PLAYERS.contains(&host));
    let is_player = ["/embed", "/video", "/player", "/e/", "/tracks", "/show", "/episode"]
        .iter()
        .any(|part| url.path().contains(part))
        || url.host_str().is_some_and(|host| {
            host.starts_with("player.") || host.starts_with("embed.") || host.starts_with("w.")
        });
    if !known || !is_player || url.set_scheme("https").is_err() {
        return None;
    }
    // A serialised URL contains no quotation marks, but `&` must be escaped.
    let source = url.as_str().replace('&', "&amp;").replace('\'', "&#39;").replace('<', "&lt;");
    Some(format!(
        "<iframe src=\"{source}\" width=\"640\" height=\"360\" loading=\"lazy\" allowfullscreen sandbox=\"allow-scripts allow-same-origin allow-presentation\" \
         referrerpolicy=\"strict-origin-when-cross-origin\"></iframe>"
    ))
}

fn youtube_id(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_start_matches("www.").trim_start_matches("m.");
    let id = match host {
        "youtu.be" => url.path_segments()?.next().map(str::to_owned),
        "youtube.com" | "youtube-nocookie.com" => {
            let mut segments = url.path_segments()?;
            match segments.next()? {
                "watch" => url.query_pairs().find(|(key, _)| key == "v").map(|(_, id)| id.into_owned()),
                "embed" | "v" | "shorts" | "live" => segments.next().map(str::to_owned),
                _ => None,
            }
        }
        _ => None,
    }?;
    let fits =
        id.len() == 11 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then_some(id)
}

fn vimeo_id(url: &Url) -> Option<String> {
    let id = match url.host_str()? {
        "vimeo.com" | "www.vimeo.com" => url.path_segments()?.next()?.to_owned(),
        _ => return None,
    };
    (id.len() >= 5 && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://a.example/n/x.html").unwrap()
    }

    #[test]
    fn active_content_is_removed_and_urls_are_absolute() {
        let html = "<p onclick=x()>Text <a href='../y' target=_blank>link</a><script>bad()</script><style>p{}</style></p>\
            <svg><text>s</text></svg><math><mi>m</mi></math><iframe src=//evil.example></iframe><img src=/p.jpg onerror=x>\
            <a href='javascript:x()'>js</a><custom-tag>kept</custom-tag>";
        assert_eq!(
            sanitized(html, &base()),
            "<p>Text <a href=\"https://a.example/y\" rel=\"noopener noreferrer\">link</a></p><img src=\"https://a.example/p.jpg\">\
             <a rel=\"noopener noreferrer\">js</a>kept"
        );
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(ALLOWED_TAGS.is_sorted());
    }

    #[test]
    fn players_of_known_sites_are_embedded() {
        for url_text in [
            "https://www.youtube.com/watch?v=abcdefghijk&t=3",
            "//youtu.be/abcdefghijk",
            "https://www.youtube.com/embed/abcdefghijk?autoplay=1",
        ] {
            assert!(
                player(url_text, &base())
                    .unwrap()
                    .contains("src=\"https://www.youtube-nocookie.com/embed/abcdefghijk\""),
                "{url_text}"
            );
        }
        assert!(
            player("https://vimeo.com/12345678", &base())
                .unwrap()
                .contains("https://player.vimeo.com/video/12345678")
        );
        for url_text in [
            "https://evil.example/embed/1",
            "javascript:alert(1)",
            "https://www.youtube.com/user/x",
            "\"><script>",
        ] {
            assert_eq!(player(url_text, &base()), None, "{url_text}");
        }
    }
}
