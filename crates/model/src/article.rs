//! The article: what was extracted from a capture and identified.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::{ArticleId, Provider, Reason};

/// The name of the remark on an article whose URL belongs to another provider and whose page was
/// not read. Only its source's entry is known, and it is credited to that source: see
/// [`Article::is_unread`].
pub const UNREAD: &str = "unread";

/// What an article is. Written in records and in the API as `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArticleKind {
    /// A text, perhaps with images.
    #[default]
    Article,
    /// A page whose main content is a video.
    Video,
    /// A page whose main content is an audio recording.
    Podcast,
    /// A page that collects others (a gallery, a round-up with parts of its own).
    Collection,
}

impl ArticleKind {
    /// The name used in records and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Video => "video",
            Self::Podcast => "podcast",
            Self::Collection => "collection",
        }
    }

    /// The kind of this name; `None` for any other.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Article, Self::Video, Self::Podcast, Self::Collection]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// The origin of an article's time of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrigin {
    /// In the page's own metadata or text.
    Page,
    /// In the feed or sitemap entry.
    Entry,
    /// In a record that was imported.
    Record,
    /// Not found: it is the time at which Courant first saw the article.
    #[default]
    FirstSeen,
}

/// An image. Sizes are measured, or as declared by the page, never guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// Its URL; absolute, or starting with `/` in records that another program wrote.
    #[schema(format = "uri-reference")]
    pub url: String,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height: Option<u32>,
    /// Whether this site holds a copy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub is_cached: Option<bool>,
    /// Caption or alternative text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attribution: Option<String>,
}

impl Image {
    /// An image of which only the URL is known.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

/// What was extracted from one page (or from an entry or a record alone) and identified.
///
/// Title, excerpt and text are plain text in NFC with entities and mojibake repaired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Article {
    /// Hash of the canonical key.
    pub id: ArticleId,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ArticleKind,
    /// The headline, without the name of the site.
    pub title: String,
    /// At most 320 characters; empty if there is none.
    pub excerpt: String,
    /// The main text; paragraphs are separated by a blank line. Empty if only an entry is known.
    pub text: String,
    /// The main text as sanitised HTML with absolute links. Empty if only an entry is known.
    pub html: String,
    /// When it was published.
    pub published: Timestamp,
    /// The origin of that time.
    pub published_from: DateOrigin,
    /// When it was last changed by its publisher.
    pub updated: Option<Timestamp>,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
    /// The URL as the source gave it, trackers removed.
    pub original_url: Url,
    /// Where a reader should go: canonical, after redirects.
    pub web_url: Url,
    /// The AMP page.
    pub amp_web_url: Option<Url>,
    /// The AMP page's URL in the AMP cache.
    pub cdn_amp_web_url: Option<Url>,
    /// Who published it.
    pub provider: Provider,
    /// People, not organisations, in the order of the page.
    pub authors: Vec<String>,
    /// The publisher's own keywords.
    pub tags: Vec<String>,
    /// Language of the text: an ISO 639-1 code (639-3 where there is none), lower case.
    pub language: Option<String>,
    /// Language and region as the page states it (BCP 47), lower case: `en-us`.
    pub locale: Option<String>,
    /// Images, the lead image first.
    pub images: Vec<Image>,
    /// Embed of a video or podcast, sanitised.
    pub featured_content: Option<String>,
    /// The URL of the source that named the article first.
    pub source: Option<String>,
    /// What was cut, removed or not believed when it came in, and whether its page was read; for
    /// editors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Reason>,
}

impl Article {
    /// Why the page was not read, if the article's URL belongs to another provider than its source
    /// and it is therefore credited to the source.
    pub fn unread(&self) -> Option<&str> {
        self.remarks.iter().find(|remark| remark.what == UNREAD).map(|remark| remark.detail.as_str())
    }

    /// Whether [`Article::unread`] gives a reason.
    pub fn is_unread(&self) -> bool {
        self.unread().is_some()
    }
}
