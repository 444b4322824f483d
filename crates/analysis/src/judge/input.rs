//! The input of a judge.

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
    /// The main text; empty if only an entry is known.
    pub text: &'a str,
    /// Its canonical URL.
    pub url: &'a Url,
    /// Its provider, as returned by [`crate::identity::provider_domain`].
    pub provider_domain: &'a str,
    /// Language of the text: an ISO 639-1 code.
    pub language: Option<&'a str>,
    /// Its images, the lead image first.
    pub images: &'a [Image],
    /// Whether an AMP page is known.
    pub has_amp: bool,
    /// Whether a video or podcast is embedded.
    pub has_featured_content: bool,
    /// Article, video, podcast or collection.
    pub kind: ArticleKind,
    /// Its authors.
    pub authors: &'a [String],
    /// Whether the publisher shows it to subscribers only.
    pub paywalled: bool,
    /// Whether it is a copy of another article.
    pub is_copy: bool,
    /// Whether its page was not read and its source belongs to another provider: see
    /// [`Article::is_unread`].
    pub unread: bool,
    /// Publication time, if it is known independently of when it was first seen.
    pub published: Option<Timestamp>,
    /// When Courant first saw it.
    pub first_seen: Option<Timestamp>,
    /// Names of the topics given with it (an imported record); they are used unchanged.
    pub topics: Option<&'a [String]>,
}

impl<'a> JudgeInput<'a> {
    /// An article with this text, open to all readers, not a copy, and without given topics.
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

    /// An article of which only texts and URL are known: no images, authors, times or language.
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
