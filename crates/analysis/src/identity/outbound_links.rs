//! Which articles of other providers a text links to.

use courant_model::ArticleId;
use rustc_hash::FxHashSet;
use url::Url;

use super::{UrlRules, article_id, canonical_key, provider_domain, shape};

/// Maximum number of articles that one text links to; a longer list of links does not indicate
/// attention.
const MAX_LINKS: usize = 64;
/// Maximum number of links that are read.
const MAX_LINKS_READ: usize = 1_000;

/// The articles of other providers that an article's HTML links to, as ids of the cleaned URLs:
/// distinct, in the order of the text, at most 64. They may or may not be stored. Home pages are
/// not articles, and links to `provider`, the article's own domain, are left out.
///
/// The HTML is that of [`Extracted::html`](crate::extract::Extracted::html) or
/// [`clean_fragment`](crate::extract::clean_fragment): sanitized, so that each URL is complete,
/// escaped and in double quotes, and without the navigation around the text.
pub fn outbound_links(html: &str, provider: &str, rules: &UrlRules) -> Vec<ArticleId> {
    let mut seen = FxHashSet::default();
    link_urls(html)
        .take(MAX_LINKS_READ)
        .filter_map(|href| Url::parse(&href).ok())
        .map(|url| rules.clean(&url).url)
        .filter(|url| matches!(url.scheme(), "http" | "https") && !shape::is_home(url))
        .filter(|url| provider_domain(url) != provider)
        .map(|url| article_id(&canonical_key(&url)))
        .filter(|id| seen.insert(*id))
        .take(MAX_LINKS)
        .collect()
}

/// The URLs of the links in sanitized HTML, unescaped.
fn link_urls(html: &str) -> impl Iterator<Item = String> {
    html.split("<a ").skip(1).filter_map(|rest| {
        let tag = &rest[..rest.find('>')?];
        let start = match tag.strip_prefix("href=\"") {
            Some(value) => value,
            None => tag.split_once(" href=\"")?.1,
        };
        let (href, _) = start.split_once('"')?;
        Some(html_escape::decode_html_entities(href).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::clean_fragment;

    fn ids(html: &str) -> Vec<ArticleId> {
        let base = Url::parse("https://www.paper.example/2026/a-story").unwrap();
        outbound_links(&clean_fragment(html, &base).html, "paper.example", &UrlRules::builtin())
    }

    fn id(href: &str) -> ArticleId {
        article_id(&canonical_key(&Url::parse(href).unwrap()))
    }

    #[test]
    fn links_are_cleaned_counted_once_and_only_those_of_others() {
        let found = ids(
            "<p>As <a title='x > y' href='https://www.one.example/a?utm_source=x&amp;id=7'>One</a> said, \
             and <a href='http://one.example/a/?id=7#top'>again</a>, \
             <a href='/2025/own'>we</a> and <a href='https://blog.paper.example/x'>our blog</a>, \
             <a href='https://two.example/'>Two</a>, <a href='mailto:a@two.example'>write</a>, <a name='here'>here</a>, \
             <a href='https://three.example/c'>Three</a>.</p>",
        );
        assert_eq!(found, [id("https://one.example/a?id=7"), id("https://three.example/c")]);
    }

    #[test]
    fn a_long_list_of_links_is_cut() {
        let list: String =
            (0..3_000).map(|number| format!("<a href='https://n{number}.example/x'>{number}</a> ")).collect();
        assert_eq!(ids(&list).len(), 64);
        assert!(
            ids("").is_empty()
                && outbound_links("<a href=\"https://cut", "x", &UrlRules::builtin()).is_empty()
        );
    }
}
