//! The fields of a feed entry that describe its article; the entry is stored with the capture.

use std::borrow::Cow;

use courant_analysis::extract::{self, Fragment};
use courant_formats::feed::{Entry, MediaFile, Text, TextKind};
use courant_model::{ArticleKind, Image, Timestamp};
use url::Url;

/// The cleaned fields of an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct EntryFacts {
    pub(crate) title: String,
    pub(crate) excerpt: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) published: Option<Timestamp>,
    pub(crate) updated: Option<Timestamp>,
    pub(crate) authors: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) language: Option<String>,
    pub(crate) images: Vec<Image>,
    pub(crate) kind: ArticleKind,
}

impl EntryFacts {
    /// The facts in the JSON that `poll` stored beside the page; empty if it cannot be parsed.
    pub(crate) fn from_json(json: &str, base: &Url) -> Self {
        serde_json::from_str::<Entry>(json).map(|entry| Self::of(&entry, base)).unwrap_or_default()
    }

    /// Only the times of publication and update: all that a source may state about another
    /// provider's page.
    pub(crate) fn times_alone(&self) -> Self {
        Self { published: self.published, updated: self.updated, ..Self::default() }
    }

    /// The facts in an entry; `base` resolves relative links.
    pub(crate) fn of(entry: &Entry, base: &Url) -> Self {
        let fragment = |text: &Text| extract::clean_fragment(&html(text), base);
        let summary = entry.summary.as_ref().map(fragment).unwrap_or_default();
        let content =
            entry.content.iter().map(fragment).max_by_key(|content| content.text.len()).unwrap_or_default();
        let excerpt = extract::excerpt(if summary.text.is_empty() { &content.text } else { &summary.text });
        let Fragment { text, html, first_image } =
            if summary.text.len() > content.text.len() { summary } else { content };
        let mut images = images(entry);
        if images.is_empty() {
            images.extend(first_image);
        }
        Self {
            title: entry.title.as_ref().map(plain).unwrap_or_default(),
            excerpt,
            text,
            html,
            published: entry.published,
            updated: entry.updated,
            authors: entry.authors.iter().filter_map(|person| person.name.clone()).collect(),
            tags: entry
                .categories
                .iter()
                .map(|category| category.label.clone().unwrap_or_else(|| category.term.clone()))
                .collect(),
            language: entry.language.as_deref().map(base_language),
            images,
            kind: kind(entry),
        }
    }
}

/// The text as HTML.
fn html(text: &Text) -> Cow<'_, str> {
    match text.kind {
        TextKind::Html => Cow::Borrowed(&text.value),
        TextKind::Plain => Cow::Owned(text.value.replace('&', "&amp;").replace('<', "&lt;")),
    }
}

/// The text without markup, on one line.
pub(crate) fn plain(text: &Text) -> String {
    match text.kind {
        TextKind::Plain => extract::plain_text(&text.value),
        TextKind::Html => {
            // Titles have no links, so any base URL will do.
            let base = Url::parse("http://title.invalid/").expect("a constant URL");
            extract::plain_text(&extract::clean_fragment(&text.value, &base).text)
        }
    }
}

/// `en` of `en-GB`.
fn base_language(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase()
}

/// The entry's main image: its own image, else the largest image among its media files, else its
/// largest thumbnail.
fn images(entry: &Entry) -> Vec<Image> {
    let own = entry.image.iter().map(Image::at).next();
    let is_image = |file: &&MediaFile| {
        file.medium.as_deref() == Some("image")
            || file.mime.as_deref().is_some_and(|mime| mime.starts_with("image/"))
    };
    let largest = entry
        .media
        .iter()
        .chain(&entry.enclosures)
        .filter(is_image)
        .map(image)
        .max_by_key(|image| image.width);
    let thumbnail = || entry.thumbnails.iter().map(image).max_by_key(|image| image.width);
    own.or(largest).or_else(thumbnail).into_iter().collect()
}

fn image(file: &MediaFile) -> Image {
    let pixels = |size: &Option<String>| size.as_deref().and_then(|size| size.trim().parse().ok());
    Image { width: pixels(&file.width), height: pixels(&file.height), ..Image::at(file.url.clone()) }
}

/// An entry with an audio enclosure is a podcast, one with a video enclosure is a video.
fn kind(entry: &Entry) -> ArticleKind {
    let encloses = |kind: &str| {
        entry.enclosures.iter().any(|file| file.mime.as_deref().is_some_and(|mime| mime.starts_with(kind)))
    };
    if encloses("audio/") {
        ArticleKind::Podcast
    } else if encloses("video/") {
        ArticleKind::Video
    } else {
        ArticleKind::Article
    }
}
