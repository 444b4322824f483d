//! Which articles of other providers a text links to.

use courant_model::ArticleId;
use rustc_hash::FxHashSet;
use url::Url;

use super::{UrlRules, article_id, canonical_key, provider_domain, shape};

/// The most articles to which one text links, as far as anybody counts: a list of links is no attention.
const MAX_LINKS: usize = 64;
/// The most links that are looked at.
const MAX_LOOKED_AT: usize = 1_000;

/// The articles of other providers to which an article's HTML links, as ids of the cleaned addresses: distinct, in the
/// order of the text, at most 64. Whether they are stored is not known here. Home pages are no articles, and
/// `provider`, the domain of the article's own, is left out.
///
/// The HTML is that of [`Extracted::html`](crate::extract::Extracted::html) or
/// [`clean_fragment`](crate::extract::clean_fragment): sanitised, so that each address stands whole, escaped and in
/// double quotes, and without the navigation around the text.
pub fn outbound(html: &str, provider: &str, rules: &UrlRules) -> Vec<ArticleId> {
    let mut seen = FxHashSet::default();
    addresses(html)
        .take(MAX_LOOKED_AT)
        .filter_map(|address| Url::parse(&address).ok())
        .map(|url| rules.clean(&url).url)
        .filter(|url| matches!(url.scheme(), "http" | "https") && !shape::is_home(url))
        .filter(|url| provider_domain(url) != provider)
        .map(|url| article_id(&canonical_key(&url)))
        .filter(|id| seen.insert(*id))
        .take(MAX_LINKS)
        .collect()
}

/// The addresses of the links in sanitised HTML, unescaped.
fn addresses(html: &str) -> impl Iterator<Item = String> {
    html.split("<a ").skip(1).filter_map(|rest| {
        let tag = &rest[..rest.find('>')?];
        let start = match tag.strip_prefix("href=\"") {
            Some(value) => value,
            None => tag.split_once(" href=\"")?.1,
        };
        let (address, _) = start.split_once('"')?;
        Some(html_escape::decode_html_entities(address).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::clean_fragment;

    fn ids(html: &str) -> Vec<ArticleId> {
        let base = Url::parse("https://www.paper.example/2026/a-story").unwrap();
        outbound(&clean_fragment(html, &base).html, "paper.example", &UrlRules::builtin())
    }

    fn id(address: &str) -> ArticleId {
        article_id(&canonical_key(&Url::parse(address).unwrap()))
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
    fn a_list_of_links_is_cut() {
        let list: String =
            (0..3_000).map(|number| format!("<a href='https://n{number}.example/x'>{number}</a> ")).collect();
        assert_eq!(ids(&list).len(), 64);
        assert!(
            ids("").is_empty() && outbound("<a href=\"https://cut", "x", &UrlRules::builtin()).is_empty()
        );
    }
}
