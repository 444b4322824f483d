//! What a judge looks at.

use courant_model::{Article, ArticleKind, Image, Timestamp};
use url::Url;

/// An article as the judge sees it.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about an article")]
pub struct JudgeInput<'a> {
    /// The headline.
    pub title: &'a str,
    /// The lead; may be empty.
    pub excerpt: &'a str,
    /// The main text; empty where only an entry is known.
    pub text: &'a str,
    /// Its canonical address.
    pub url: &'a Url,
    /// Its provider, as [`crate::identity::provider_domain`] gives it.
    pub provider_domain: &'a str,
    /// Language of the text: an ISO 639-1 code.
    pub language: Option<&'a str>,
    /// Its pictures, the lead picture first.
    pub images: &'a [Image],
    /// Whether an AMP page is known.
    pub has_amp: bool,
    /// Whether a video or podcast is embedded.
    pub has_featured_content: bool,
    /// What it is.
    pub kind: ArticleKind,
    /// People who wrote it.
    pub authors: &'a [String],
    /// Whether the publisher shows it to subscribers only.
    pub paywalled: bool,
    /// Whether its text is another article's.
    pub is_copy: bool,
    /// Whether its page was not read and its source speaks for another provider: see [`Article::is_unread`].
    pub unread: bool,
    /// When it was published, where that is known and not only when it was first seen.
    pub published: Option<Timestamp>,
    /// When Courant first saw it.
    pub first_seen: Option<Timestamp>,
    /// Names of the topics that it already has (an imported record); they are used as they are.
    pub topics: Option<&'a [String]>,
}

impl<'a> JudgeInput<'a> {
    /// An article with this text, as a judge sees it: open to all readers, no copy, its topics to be found.
    pub fn of_article(article: &'a Article, text: &'a str) -> Self {
        Self {
            title: &article.title,
            excerpt: &article.excerpt,
            text,
            url: &article.web_url,
            provider_domain: &article.provider.domain,
            language: article.language.as_deref(),
            images: &article.images,
            has_amp: article.amp_web_url.is_some(),
            has_featured_content: article.featured_content.is_some(),
            kind: article.kind,
            authors: &article.authors,
            paywalled: false,
            is_copy: false,
            unread: article.is_unread(),
            published: Some(article.published),
            first_seen: Some(article.first_seen),
            topics: None,
        }
    }

    /// An article of which only words and address are known: no pictures, authors, times or language.
    pub const fn of_words(
        title: &'a str,
        excerpt: &'a str,
        text: &'a str,
        url: &'a Url,
        provider_domain: &'a str,
    ) -> Self {
        Self {
            title,
            excerpt,
            text,
            url,
            provider_domain,
            language: None,
            images: &[],
            has_amp: false,
            has_featured_content: false,
            kind: ArticleKind::Article,
            authors: &[],
            paywalled: false,
            is_copy: false,
            unread: false,
            published: None,
            first_seen: None,
            topics: None,
        }
    }
}
