//! Conversion between publishers' URLs and URLs on AMP caches.
//!
//! The rules are those of the AMP project (`ampproject/amp-toolbox` `packages/cache-url`,
//! `ampproject/amphtml` `src/url.js`); Google's cache is `cdn.ampproject.org`. For a publisher's
//! own AMP page see [`super::identify`].

use data_encoding::BASE32_NOPAD;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use url::Url;

/// Google's AMP cache, which serves all publishers.
pub const GOOGLE_CACHE: &str = "cdn.ampproject.org";

/// Bing's AMP cache.
const BING_CACHE: &str = "www.bing-amp.com";

/// Maximum length of a DNS label (RFC 1035 §2.3.4).
const MAX_LABEL_BYTES: usize = 63;

const IMAGE_ENDINGS: [&str; 15] = [
    "apng", "bmp", "cur", "gif", "ico", "jfif", "jpeg", "jpg", "pjp", "pjpeg", "png", "svg", "tif", "tiff",
    "webp",
];
const FONT_ENDINGS: [&str; 5] = ["eot", "otf", "ttf", "woff", "woff2"];

/// For whom a cached document is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Serving {
    /// For any reader.
    #[default]
    Content,
    /// For a viewer, such as a search engine's carousel.
    Viewer,
}

/// The URL of a publisher's page on the AMP cache at `cache`, or `None` if `source` is not a web
/// URL. It is returned as text because an empty path stays empty, which a parsed URL can't
/// represent.
pub fn cache_url(source: &str, cache: &str, serving: Serving) -> Option<String> {
    let source = source.trim();
    let parsed = Url::parse(source).ok()?;
    let secure = match parsed.scheme() {
        "https" => "s/",
        "http" => "",
        _ => return None,
    };
    let label = subdomain(parsed.host_str()?);
    let rest = source.split_once("://")?.1;
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest[..host_end].rsplit('@').next()?;
    let tail = &rest[host_end..];
    let path_end = tail.find(['?', '#']).unwrap_or(tail.len());
    let kind = match tail[..path_end].rsplit_once('.').map(|(_, ending)| ending) {
        Some(ending) if IMAGE_ENDINGS.contains(&ending) => 'i',
        Some(ending) if FONT_ENDINGS.contains(&ending) => 'r',
        _ if serving == Serving::Viewer => 'v',
        _ => 'c',
    };
    Some(format!("https://{label}.{cache}/{kind}/{secure}{authority}{tail}"))
}

/// The label of a host on the cache: readable if the rules allow it, else the host's SHA-256
/// in Base32.
pub fn subdomain(host: &str) -> String {
    let host = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_ascii_lowercase());
    readable_label(&host).unwrap_or_else(|| hashed_label(&host))
}

fn readable_label(host: &str) -> Option<String> {
    if host.len() > MAX_LABEL_BYTES || !host.contains('.') || has_dashes_at_3_and_4(host) {
        return None;
    }
    let (unicode, _) = idna::domain_to_unicode(host);
    if unicode.chars().any(is_left_to_right) && unicode.chars().any(is_right_to_left) {
        return None;
    }
    let label = label_to_ascii(&unicode.replace('-', "--").replace('.', "-").to_lowercase())?;
    let label = if has_dashes_at_3_and_4(&label) { format!("0-{label}-0") } else { label };
    (label.len() <= MAX_LABEL_BYTES).then_some(label)
}

/// Punycode without the checks of IDNA, which the doubled hyphens of a readable label would not
/// pass.
fn label_to_ascii(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    idna::punycode::encode_str(label).map(|encoded| format!("xn--{encoded}"))
}

fn hashed_label(host: &str) -> String {
    BASE32_NOPAD.encode(&Sha256::digest(host.as_bytes())).to_ascii_lowercase()
}

fn has_dashes_at_3_and_4(label: &str) -> bool {
    label.get(2..4) == Some("--") && !label.starts_with("xn")
}

const fn is_left_to_right(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2B8}'
        | '\u{300}'..='\u{590}' | '\u{800}'..='\u{1FFF}' | '\u{200E}' | '\u{2C00}'..='\u{FB1C}'
        | '\u{FE00}'..='\u{FE6F}' | '\u{FEFD}'..='\u{FFFF}')
}

const fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{591}'..='\u{6EF}' | '\u{6FA}'..='\u{7FF}' | '\u{200F}' | '\u{FB1D}'..='\u{FDFF}'
        | '\u{FE70}'..='\u{FEFC}')
}

/// The publisher's URL behind a URL on an AMP cache, without the parameters that AMP adds. A URL
/// that is not on a cache, or whose path does not have a cache's form, is returned unchanged.
pub fn source_url(url: &Url) -> Url {
    cached_source(url).unwrap_or_else(|| url.clone())
}

/// The publisher's URL, if this is the URL of a document on a cache.
pub(super) fn cached_source(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    if ![GOOGLE_CACHE, BING_CACHE].iter().any(|cache| is_at_cache(host, cache)) {
        return None;
    }
    let path = url.path().strip_prefix('/')?;
    let (kind, rest) = path.split_once('/')?;
    if !["c", "v", "a", "ad", "action"].contains(&kind) {
        return None;
    }
    let (scheme, rest) = rest.strip_prefix("s/").map_or(("http", rest), |rest| ("https", rest));
    let (authority, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = percent_decode_str(authority).decode_utf8().ok()?;
    if !authority.contains('.') || authority.contains(['@', '\\', '?', '#', '/']) {
        return None;
    }
    let mut source = Url::parse(&format!("{scheme}://{authority}{tail}")).ok()?;
    source.set_query(url.query());
    source.set_fragment(url.fragment());
    Some(strip_params(&source))
}

/// Whether a host is the cache or a label directly below it.
fn is_at_cache(host: &str, cache: &str) -> bool {
    host.strip_suffix(cache).is_some_and(|before| {
        before.is_empty()
            || before.strip_suffix('.').is_some_and(|label| !label.is_empty() && !label.contains('.'))
    })
}

/// The URL without the parameters that AMP's runtime and viewers add: `amp_js*`, `amp_gsa`,
/// `amp_r`, `amp_kit`, `usqp`, each up to a word boundary.
pub fn strip_params(url: &Url) -> Url {
    let mut url = url.clone();
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_amp_param(pair)).collect();
        if kept.len() < query.split('&').count() {
            let kept = kept.join("&");
            url.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
        }
    }
    url
}

fn is_amp_param(pair: &str) -> bool {
    let ends_word = |rest: &str| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    pair.starts_with("amp_js")
        || ["amp_gsa", "amp_r", "amp_kit", "usqp"]
            .iter()
            .any(|name| pair.strip_prefix(name).is_some_and(ends_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_on_the_cache_follow_the_rules() {
        for (source, expected) in [
            ("https://news.example", "https://news-example.cdn.ampproject.org/c/s/news.example"),
            ("http://a-b.example/x?q=1#f", "https://a--b-example.cdn.ampproject.org/c/a-b.example/x?q=1#f"),
            (
                "https://news.example/pic.png?w=9",
                "https://news-example.cdn.ampproject.org/i/s/news.example/pic.png?w=9",
            ),
            (
                "https://news.example/pic.JPG",
                "https://news-example.cdn.ampproject.org/c/s/news.example/pic.JPG",
            ),
            (
                "https://news.example/f.woff2",
                "https://news-example.cdn.ampproject.org/r/s/news.example/f.woff2",
            ),
        ] {
            assert_eq!(cache_url(source, GOOGLE_CACHE, Serving::Content).as_deref(), Some(expected));
        }
        assert_eq!(
            cache_url("https://news.example/", GOOGLE_CACHE, Serving::Viewer).as_deref(),
            Some("https://news-example.cdn.ampproject.org/v/s/news.example/")
        );
        for refused in ["", "news.example/x", "mailto:desk@news.example", "ftp://news.example/"] {
            assert_eq!(cache_url(refused, GOOGLE_CACHE, Serving::Content), None, "{refused}");
        }
    }

    #[test]
    fn labels_are_readable_if_allowed() {
        assert_eq!(subdomain("en-us.news.example"), "0-en--us-news-example-0");
        assert_eq!(subdomain("nodots").len(), 52);
        assert_eq!(subdomain(&format!("{}.example", "long".repeat(14))).len(), 52);
        assert_eq!(subdomain("zeitung-für.example"), subdomain("xn--zeitung-fr-ieb.example"));
    }

    #[test]
    fn the_source_url_has_the_host_of_the_path() {
        for (cached, expected) in [
            (
                "https://x.cdn.ampproject.org/c/s/a.example/y?z=1&amp_js_v=2&f_usqp=3#h",
                "https://a.example/y?z=1&f_usqp=3#h",
            ),
            ("https://cdn.ampproject.org/v/a.example%3A81/y?usqp=mq", "http://a.example:81/y"),
            ("https://a.www.bing-amp.com/c/s/a.example/y", "https://a.example/y"),
            ("https://x.cdn.ampproject.org/c/s/nodot/y", "https://x.cdn.ampproject.org/c/s/nodot/y"),
            (
                "https://x.cdn.ampproject.org/i/s/a.example/y.png",
                "https://x.cdn.ampproject.org/i/s/a.example/y.png",
            ),
            (
                "https://a.b.cdn.ampproject.org/c/s/a.example/y",
                "https://a.b.cdn.ampproject.org/c/s/a.example/y",
            ),
            (
                "https://evilcdn.ampproject.org/c/s/a.example/y",
                "https://evilcdn.ampproject.org/c/s/a.example/y",
            ),
        ] {
            assert_eq!(source_url(&Url::parse(cached).unwrap()).as_str(), expected);
        }
    }
}
