//! The canonical key that identifies an article, and its hash.

use std::fmt::Write as _;

use courant_model::ArticleId;
use sha2::{Digest, Sha256};
use url::{Host, Url};

/// File names that mean the folder itself.
const INDEX_FILES: [&str; 8] = [
    "index.html",
    "index.htm",
    "index.php",
    "index.asp",
    "index.aspx",
    "index.jsp",
    "default.asp",
    "default.aspx",
];

/// The canonical key of a URL: host and path without scheme, `www.`, default port, user, doubled or
/// trailing slashes, a default index file and fragment; percent-encoding normalised (RFC 3986
/// §6.2.2); query parameters sorted and without duplicates.
///
/// Parameters are sorted in the key only: URLs keep the order of their query, which some sites
/// need. A fragment that begins with `!` is kept, because it identifies articles on some sites. The
/// key of a key (with `https://` before it) is the same. A URL that is not HTTP is its own key.
pub fn canonical_key(url: &Url) -> String {
    let Some(host) = url.host().filter(|_| matches!(url.scheme(), "http" | "https")) else {
        return url.as_str().to_owned();
    };
    let mut key = key_host(&host);
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        let _ = write!(key, ":{port}");
    }
    key.push_str(&key_path(url.path()));
    if let Some(query) = url.query() {
        let mut pairs: Vec<String> =
            query.split('&').filter(|pair| !pair.is_empty()).map(normal_encoding).collect();
        pairs.sort_unstable();
        pairs.dedup();
        if !pairs.is_empty() {
            if !key.contains('/') {
                key.push('/');
            }
            key.push('?');
            key.push_str(&pairs.join("&"));
        }
    }
    if let Some(route) = url.fragment().filter(|fragment| fragment.starts_with('!')) {
        key.push('#');
        key.push_str(route);
    }
    key
}

/// The id of the article with this canonical key: the first 16 bytes of the key's SHA-256.
pub fn article_id(key: &str) -> ArticleId {
    let digest = Sha256::digest(key.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ArticleId::from_bytes(bytes)
}

/// The host without `www.`, as long as a name with a dot remains.
fn key_host(host: &Host<&str>) -> String {
    let Host::Domain(name) = host else { return host.to_string() };
    let mut name = name.trim_end_matches('.');
    while let Some(rest) = name.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        name = rest;
    }
    name.to_owned()
}

fn key_path(path: &str) -> String {
    let path = normal_encoding(path);
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    while parts.last().is_some_and(|last| INDEX_FILES.iter().any(|index| last.eq_ignore_ascii_case(index))) {
        parts.pop();
    }
    parts.iter().fold(String::with_capacity(path.len()), |key, part| key + "/" + part)
}

/// RFC 3986 §6.2.2.1–2: hexadecimal digits in upper case, unreserved characters unescaped.
fn normal_encoding(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        normal.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                normal.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            Some(byte) => {
                let _ = write!(normal, "%{byte:02X}");
                rest = &rest[at + 3..];
            }
            None => {
                normal.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    normal.push_str(rest);
    normal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        canonical_key(&Url::parse(text).unwrap())
    }

    #[test]
    fn variants_of_one_url_share_a_key() {
        for (variants, expected) in [
            (
                &[
                    "https://www.news.example/a/b/",
                    "http://news.example/a/b",
                    "https://news.example:443//a/b/index.html#top",
                    "https://NEWS.example/%61/b?",
                ][..],
                "news.example/a/b",
            ),
            (&["https://x.example/p?b=2&a=1", "https://x.example/p/?a=1&b=2&a=1"][..], "x.example/p?a=1&b=2"),
            (&["https://x.example", "http://www.x.example/index.php"][..], "x.example"),
            (&["https://x.example/?p=12", "https://x.example/index.php?p=12"][..], "x.example/?p=12"),
            (&["https://x.example/%c3%a9", "https://x.example/é"][..], "x.example/%C3%A9"),
        ] {
            for variant in variants {
                assert_eq!(key(variant), expected, "{variant}");
            }
        }
    }

    #[test]
    fn different_urls_have_different_keys() {
        assert_ne!(key("https://x.example/A"), key("https://x.example/a"));
        assert_ne!(key("https://x.example/?id=1"), key("https://x.example/?id=2"));
        assert_ne!(key("https://x.example/#!/one"), key("https://x.example/#!/two"));
        assert_eq!(key("https://www.com/a"), "www.com/a");
        assert_eq!(key("mailto:desk@news.example"), "mailto:desk@news.example");
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(path in "[a-zA-Z0-9/%._?&=#!é -]{0,60}", host in "(www\\.){0,3}[a-z]{1,8}\\.example") {
            if let Ok(url) = Url::parse(&format!("https://{host}/{path}")) {
                let once = canonical_key(&url);
                let again = Url::parse(&format!("https://{once}")).unwrap();
                prop_assert_eq!(canonical_key(&again), once);
            }
        }
    }
}
