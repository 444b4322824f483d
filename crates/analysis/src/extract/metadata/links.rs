//! The URLs that a page declares for itself, absolute.

use url::Url;

use crate::extract::page::{facts::Facts, json_ld::LinkedData};

/// Declared URLs.
#[derive(Debug, Default)]
pub(in crate::extract) struct DeclaredUrls {
    pub(in crate::extract) canonical: Option<Url>,
    pub(in crate::extract) og_url: Option<Url>,
    pub(in crate::extract) json_ld_url: Option<Url>,
    pub(in crate::extract) amp_url: Option<Url>,
    pub(in crate::extract) print_url: Option<Url>,
}

/// The base for relative URLs: `base href` resolved against the page's own URL (HTML standard
/// §4.2.3).
pub(in crate::extract) fn base(facts: &Facts, url: &Url) -> Url {
    let declared = facts.base.as_deref().and_then(|href| url.join(href).ok());
    declared.filter(|base| matches!(base.scheme(), "http" | "https")).unwrap_or_else(|| url.clone())
}

/// Reads the declared URLs. Which of them to believe is decided by the `identity` module.
pub(in crate::extract) fn links(facts: &Facts, linked: &LinkedData, base: &Url) -> DeclaredUrls {
    let rel = |wanted: &str| {
        facts
            .links
            .iter()
            .filter(|link| link.rel.split_whitespace().any(|rel| rel == wanted) && link.hreflang.is_none())
            .find_map(|link| absolute(&link.href, base))
    };
    DeclaredUrls {
        canonical: rel("canonical"),
        og_url: facts.meta(&["og:url"]).and_then(|href| absolute(href, base)),
        json_ld_url: linked.url.as_deref().and_then(|href| absolute(href, base)),
        amp_url: rel("amphtml"),
        print_url: print_version(facts, base),
    }
}

/// The print version: `rel=alternate` with `media=print` (HTML standard §4.6.7.1), on the same
/// host.
fn print_version(facts: &Facts, base: &Url) -> Option<Url> {
    facts
        .links
        .iter()
        .filter(|link| link.media.as_deref() == Some("print"))
        .filter(|link| link.rel.split_whitespace().any(|rel| rel == "alternate"))
        .filter_map(|link| absolute(&link.href, base))
        .find(|url| url.host() == base.host())
}

/// An absolute `http` or `https` URL.
fn absolute(href: &str, base: &Url) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.len() > 4000 {
        return None;
    }
    let url = base.join(href).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    #[test]
    fn urls_are_resolved_against_the_base() {
        let facts = Facts::read(&Document::from(
            "<base href=/de/><link rel='canonical' href=story><link rel=amphtml href='/amp/story'><meta property=og:url content=//a.example/s>\
             <link rel=alternate media=print href='https://b.example/print'><link rel=alternate media=Print href=print>\
             <link rel=canonical href=https://a.example/second>",
        ));
        let url = Url::parse("https://a.example/x/y").unwrap();
        let base = base(&facts, &url);
        let links = links(&facts, &LinkedData::default(), &base);
        assert_eq!(links.canonical.unwrap().as_str(), "https://a.example/de/story");
        assert_eq!(links.amp_url.unwrap().as_str(), "https://a.example/amp/story");
        assert_eq!(links.og_url.unwrap().as_str(), "https://a.example/s");
        assert_eq!(links.print_url.unwrap().as_str(), "https://a.example/de/print");
        assert_eq!(links.json_ld_url, None);
    }

    #[test]
    fn other_schemes_are_ignored() {
        let facts = Facts::read(&Document::from(
            "<base href='javascript:x'><link rel=canonical href='mailto:a@a.example'>",
        ));
        let url = Url::parse("https://a.example/x").unwrap();
        assert_eq!(base(&facts, &url), url);
        assert!(links(&facts, &LinkedData::default(), &url).canonical.is_none());
    }
}
