//! The values that are read from feeds.

use courant_model::Timestamp;
use serde::{Deserialize, Serialize};

/// The format of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// RSS 0.91 to 2.0.
    #[default]
    Rss,
    /// RSS 0.90 and 1.0.
    Rdf,
    /// Atom 0.3 and 1.0.
    Atom,
    /// Channel Definition Format.
    Cdf,
    /// JSON Feed.
    Json,
    /// A sitemap: its URLs are the entries.
    Sitemap,
    /// A list of sitemaps: these are the entries.
    SitemapIndex,
    /// A page that marks up its articles (h-feed).
    Page,
}

impl FeedKind {
    /// The name in the neutral form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Rdf => "rdf",
            Self::Atom => "atom",
            Self::Cdf => "cdf",
            Self::Json => "json",
            Self::Sitemap => "sitemap",
            Self::SitemapIndex => "sitemapindex",
            Self::Page => "hfeed",
        }
    }
}

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// As it is.
    #[default]
    Plain,
    /// As HTML, unsanitised.
    Html,
}

/// A text of a feed, as its publisher wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text {
    /// The text; HTML is not sanitised here.
    pub value: String,
    /// How to read it.
    pub kind: TextKind,
    /// The base of relative URLs inside the HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// Someone who contributed to an entry or a feed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A page about the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What an entry is filed under.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Category {
    /// The category itself.
    pub term: String,
    /// The vocabulary that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// How to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A link with its relation (RFC 4287 §4.2.7).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Link {
    /// The URL; absolute if a base was known.
    pub href: String,
    /// The relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rel: Option<String>,
    /// The media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// The language of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hreflang: Option<String>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The size in bytes as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
}

/// An image, audio or video file of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaFile {
    /// The URL; absolute if a base was known.
    pub url: String,
    /// The media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// The size in bytes as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// `image`, `audio`, `video`, `document` or `executable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// Pixels, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<String>,
    /// Pixels, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<String>,
}

/// The feed that an entry was copied from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The URL of its site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What a source states about one article.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The id that the source gives: `guid`, `atom:id`, `rdf:about`, JSON `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The URL of the article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A short text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// The whole text, perhaps in several forms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Text>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Person>,
    /// Who helped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// When it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// What it is filed under.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// Files that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<MediaFile>,
    /// Media RSS objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaFile>,
    /// Small images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thumbnails: Vec<MediaFile>,
    /// The URL of the entry's image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The language (BCP 47, as written).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The URL of the comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// How many comments there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment_count: Option<u32>,
    /// The copyright notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<Text>,
    /// The feed that it was copied from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Origin>,
    /// All links.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// The playing time as written (`1:02:03` or seconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The season of a podcast, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<u32>,
    /// The number of a podcast's episode as written (`12`, `3.5`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode: Option<String>,
    /// Latitude and longitude in degrees; the first point of a line or an area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<(f64, f64)>,
}

/// A feed that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feed {
    /// The format.
    pub kind: FeedKind,
    /// The WHATWG name of the encoding that it was in.
    pub encoding: &'static str,
    /// The id that the feed gives itself.
    pub id: Option<String>,
    /// The title.
    pub title: Option<Text>,
    /// The URL of the site.
    pub link: Option<String>,
    /// What the feed is about.
    pub description: Option<Text>,
    /// The language (BCP 47, as written).
    pub language: Option<String>,
    /// When it last changed.
    pub updated: Option<Timestamp>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// The copyright notice.
    pub rights: Option<Text>,
    /// The program that wrote it.
    pub generator: Option<String>,
    /// The URL of an image.
    pub image: Option<String>,
    /// The URL of a small image.
    pub icon: Option<String>,
    /// Minutes for which the feed may be cached: `ttl`, else as the syndication module states.
    pub ttl: Option<u32>,
    /// Hours of the day, 0 to 23 in GMT, at which the feed should not be fetched (`skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days on which it should not be fetched, 1 for Monday to 7 for Sunday (`skipDays`).
    pub skip_days: Vec<u8>,
    /// Who writes it.
    pub authors: Vec<Person>,
    /// Who helps.
    pub contributors: Vec<Person>,
    /// What it is filed under.
    pub categories: Vec<Category>,
    /// All links: `self`, `hub`, `next` and others.
    pub links: Vec<Link>,
    /// The entries in the order of the feed.
    pub entries: Vec<Entry>,
}
