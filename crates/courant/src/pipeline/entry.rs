//! What an entry says about its article: the part of a feed entry that travels with the capture.

use courant_analysis::extract;
use courant_formats::feed::Entry;
use courant_model::{ArticleKind, Image, Timestamp};
use url::Url;

/// What a source said about one article, cleaned.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct EntryFacts {
    pub(super) title: String,
    pub(super) excerpt: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) published: Option<Timestamp>,
    pub(super) updated: Option<Timestamp>,
    pub(super) authors: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) language: Option<String>,
    pub(super) images: Vec<Image>,
    pub(super) kind: ArticleKind,
}

/// The most tags that are taken from one entry.
const MAX_TAGS: usize = 20;

impl EntryFacts {
    /// The facts in the JSON that [`super::poll`] stored beside the page; nothing where it cannot be read.
    pub(super) fn from_json(json: &str, base: &Url) -> Self {
        serde_json::from_str::<Entry>(json).map(|entry| Self::of(&entry, base)).unwrap_or_default()
    }

    /// The facts in an entry.
    pub(super) fn of(entry: &Entry, base: &Url) -> Self {
        let summary = entry.summary.as_ref().map(|text| extract::clean_fragment(&text.to_html(), base));
        let content = entry
            .content
            .iter()
            .map(|text| extract::clean_fragment(&text.to_html(), base))
            .max_by_key(|fragment| fragment.text.len());
        let longest = match (&content, &summary) {
            (Some(content), Some(summary)) if summary.text.len() > content.text.len() => Some(summary.clone()),
            (Some(content), _) => Some(content.clone()),
            (None, summary) => summary.clone(),
        };
        let lead = summary.or_else(|| content.clone()).map(|fragment| fragment.text).unwrap_or_default();
        let mut images = pictures(entry);
        if images.is_empty() {
            images.extend(longest.as_ref().and_then(|fragment| fragment.first_image.clone()));
        }
        let (text, html) = longest.map(|fragment| (fragment.text, fragment.html)).unwrap_or_default();
        Self {
            title: entry.title.as_ref().map(|title| extract::plain_text(&title.to_plain())).unwrap_or_default(),
            excerpt: extract::excerpt(&lead),
            text,
            html,
            published: entry.published,
            updated: entry.updated,
            authors: entry.authors.iter().filter_map(|person| person.name.clone()).collect(),
            tags: tags(entry),
            language: entry.language.clone(),
            images,
            kind: kind(entry),
        }
    }
}

fn pictures(_: &Entry) -> Vec<Image> { Vec::new() }
fn tags(_: &Entry) -> Vec<String> { Vec::new() }
fn kind(_: &Entry) -> ArticleKind { ArticleKind::Article }
