//! An article that is not stored yet, and the functions that all kinds of captures share.

use courant_analysis::{
    group::{GroupDoc, Prepared, prepare_with},
    identity,
    judge::JudgeInput,
};
use courant_model::{Article, ArticleId, DateOrigin, Judgement, KnownProvider, Map, Provider, RecordPath};
use url::Url;

use crate::rules::Rules;

/// A parsed article, with what the later steps need.
#[derive(Debug, Clone)]
pub struct ParsedArticle {
    pub article: Article,
    pub judgement: Judgement,
    /// The canonical key whose hash is the article's id.
    pub key: String,
    pub identity_steps: Vec<String>,
    pub paywalled: bool,
    /// Imported records only: the path of the record, its topics and its unknown fields.
    pub path: Option<RecordPath>,
    pub given_topics: Option<Vec<String>>,
    pub extra: Map,
    /// The articles of other providers to which its text links.
    pub links: Vec<ArticleId>,
    /// The URL of a page that may have the full text, if this page has only the beginning.
    pub full_text_url: Option<Url>,
    /// Whether this was parsed from such a page: then only its text is used, unless nothing else is
    /// known of the article.
    pub is_full_text: bool,
}

/// A parsed capture before it is placed in a story.
pub(crate) struct Candidate {
    pub(crate) number: i64,
    pub(crate) parsed: ParsedArticle,
    pub(crate) prepared: Prepared,
}

/// Prepares an article for grouping.
pub(crate) fn prepared(parsed: &ParsedArticle, rules: &Rules) -> Prepared {
    let article = &parsed.article;
    let text = if article.text.is_empty() { &article.excerpt } else { &article.text };
    let doc = GroupDoc {
        id: article.id,
        title: &article.title,
        text,
        time: (article.published_from != DateOrigin::FirstSeen).then_some(article.published),
        first_seen: Some(article.first_seen),
        url: Some(article.web_url.as_str()),
        source: Some(&article.provider.domain),
        authors: &article.authors,
        language: article.language.as_deref(),
    };
    prepare_with(&doc, &rules.dictionary)
}

/// The articles of other providers to which an article's text links.
pub(crate) fn links_of(article: &Article, rules: &Rules) -> Vec<ArticleId> {
    identity::outbound_links(&article.html, &article.provider.domain, &rules.urls)
}

/// Judges the topics and the quality of an article. `is_copy` becomes known only later;
/// `given_topics` are those of an imported record.
pub(crate) fn judged(
    article: &Article,
    rules: &Rules,
    paywalled: bool,
    is_copy: bool,
    given_topics: Option<&[String]>,
) -> Judgement {
    let input = JudgeInput::of_article(article, &article.text);
    rules.judge.judge(&JudgeInput { paywalled, is_copy, topics: given_topics, ..input })
}

/// The provider of a URL: as the site's owner describes it, or else with the name that its pages
/// state.
pub fn provider(url: &Url, site_name: Option<&str>, known: &[KnownProvider]) -> Provider {
    let domain = identity::provider_domain(url);
    let described = known
        .iter()
        .find(|known| known.provider.domain == domain || known.aliases.contains(&domain))
        .map(|known| known.provider.clone());
    described.unwrap_or_else(|| {
        let is_of_another =
            |name: &str| known.iter().any(|known| known.provider.name.eq_ignore_ascii_case(name));
        let name = site_name.map(str::trim).filter(|name| {
            // A page may state any name except that of a provider known to the site.
            !name.is_empty() && name.chars().count() <= 60 && !is_of_another(name)
        });
        Provider { name: name.unwrap_or(&domain).to_owned(), domain, images: Vec::new() }
    })
}
