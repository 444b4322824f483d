//! An article on its way into the store, and what is found out about each in the same way, whatever it comes from.

use courant_analysis::{
    group::{GroupDoc, Prepared, prepare_with},
    identity,
    judge::JudgeInput,
};
use courant_model::{Article, ArticleId, DateOrigin, Judgement, KnownProvider, Map, Provider, RecordPath};
use url::Url;

use crate::rules::Rules;

/// An article that was understood, with what the later steps need.
#[derive(Debug, Clone)]
pub struct ParsedArticle {
    pub article: Article,
    pub judgement: Judgement,
    /// The canonical key behind the article's id.
    pub key: String,
    pub identity_steps: Vec<String>,
    pub paywalled: bool,
    /// Imported records only: where the record stood, its topics and its unknown fields.
    pub path: Option<RecordPath>,
    pub given_topics: Option<Vec<String>>,
    pub extra: Map,
    /// The articles of other providers to which its text links.
    pub links: Vec<ArticleId>,
    /// Where a version with the whole text may stand, if this page holds only the beginning.
    pub fuller: Option<Url>,
    /// This is such a version: its text counts, and the rest only if nothing else is known.
    pub version: bool,
}

/// What was made of one capture before it is placed.
pub(crate) struct Candidate {
    pub(crate) number: i64,
    pub(crate) understood: ParsedArticle,
    pub(crate) prepared: Prepared,
}

/// The article made ready for grouping.
pub(crate) fn prepared(understood: &ParsedArticle, rules: &Rules) -> Prepared {
    let article = &understood.article;
    let text = if article.text.is_empty() { &article.excerpt } else { &article.text };
    let doc = GroupDoc {
        id: article.id,
        title: &article.title,
        text,
        time: (article.published_from != DateOrigin::FirstSeen).then_some(article.published),
        seen: Some(article.first_seen),
        url: Some(article.web_url.as_str()),
        source: Some(&article.provider.domain),
        authors: &article.authors,
        language: article.language.as_deref(),
    };
    prepare_with(&doc, &rules.dictionary)
}

/// The articles of other providers to which an article's text links.
pub(crate) fn links_of(article: &Article, rules: &Rules) -> Vec<ArticleId> {
    identity::outbound(&article.html, &article.provider.domain, &rules.urls)
}

/// The topics and the quality of an article. `is_copy` and `given_topics` are known only later, or from an
/// imported record.
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

/// The provider of an address: as the site's owner describes it, else named after what its pages say.
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
            // A page may call itself what it likes, but not by the name of a provider that the site knows.
            !name.is_empty() && name.chars().count() <= 60 && !is_of_another(name)
        });
        Provider { name: name.unwrap_or(&domain).to_owned(), domain, images: Vec::new() }
    })
}
