//! The record: the public file of an article, and the site's contract with those who read it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Article, Heat, Image, Judgement, Map, Provider, Verdict};

/// The public fields of an article, in the order in which they are written. A field without a value
/// is left out; fields that Courant does not know are kept in [`Record::extra`].
///
/// URLs are texts here and not [`url::Url`], because records that other programs wrote contain
/// relative ones and must survive unchanged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// Kind of record: `news`, `learning`, `people` …
    pub category: String,
    /// The headline.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// At most 320 characters in records that Courant writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// When the article was published; whole seconds in files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_date_time: Option<Timestamp>,
    /// When its publisher last changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_date_time: Option<Timestamp>,
    /// The URL as the source gave it, trackers removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_url: Option<String>,
    /// Where a reader should go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_url: Option<String>,
    /// The AMP page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amp_web_url: Option<String>,
    /// The AMP page's URL in the AMP cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdn_amp_web_url: Option<String>,
    /// `article`, `video`, `podcast`, `collection`, or a name that another program wrote.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// See [`crate::Quality`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<i64>,
    /// See [`Heat`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heat: Option<i64>,
    /// Whether readers see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<bool>,
    /// Embed of a video or podcast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured_content: Option<String>,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Names of topics, by relevance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// The publisher's own keywords.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// People.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Language of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Language and region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Images, the lead image first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// The other articles of the story, best quality first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// Sealed private payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secured: Option<String>,
    /// Fields that Courant does not know, or whose value does not have the known shape, in their
    /// order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Map,
    /// What follows the front matter; empty in news.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// Another article of the same story, as a record lists it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Related {
    /// The headline.
    pub title: String,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_date_time: Option<Timestamp>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_url: Option<String>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amp_web_url: Option<String>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdn_amp_web_url: Option<String>,
    /// As in its own record.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<i64>,
    /// As in its own record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Fields that Courant does not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Map,
}

/// The publisher's tags and those that rules added, each once.
fn with_given(tags: &[String], verdict: &Verdict) -> Vec<String> {
    let mut all = tags.to_vec();
    for tag in verdict.tags() {
        if !all.iter().any(|other| other == tag) {
            all.push(tag.to_owned());
        }
    }
    all
}

impl Record {
    /// The record of an article, without `related` and `secured`, which need the story and the
    /// site's key.
    pub fn of(article: &Article, judgement: &Judgement, heat: Option<Heat>, verdict: &Verdict) -> Self {
        Self {
            category: "news".to_owned(),
            title: article.title.clone(),
            excerpt: some_text(&article.excerpt),
            published_date_time: Some(article.published),
            updated_date_time: article.updated,
            original_url: Some(article.original_url.to_string()),
            web_url: Some(article.web_url.to_string()),
            amp_web_url: article.amp_web_url.as_ref().map(ToString::to_string),
            cdn_amp_web_url: article.cdn_amp_web_url.as_ref().map(ToString::to_string),
            kind: Some(article.kind.as_str().to_owned()),
            quality: Some(judgement.quality.points().into()),
            heat: Some(Heat::published_number(heat).into()),
            published: Some(verdict.published),
            featured_content: article.featured_content.clone(),
            provider: Some(article.provider.clone()),
            topics: judgement.topics.iter().map(|topic| topic.name.clone()).collect(),
            tags: with_given(&article.tags, verdict),
            authors: article.authors.clone(),
            language: article.language.clone(),
            locale: article.locale.clone(),
            images: article.images.clone(),
            ..Self::default()
        }
    }

    /// The form in which another article's record lists this one.
    pub fn as_related(&self) -> Related {
        Related {
            title: self.title.clone(),
            excerpt: self.excerpt.clone(),
            published_date_time: self.published_date_time,
            web_url: self.web_url.clone(),
            amp_web_url: self.amp_web_url.clone(),
            cdn_amp_web_url: self.cdn_amp_web_url.clone(),
            kind: self.kind.clone(),
            provider: self.provider.clone(),
            quality: self.quality,
            images: self.images.clone(),
            extra: Map::new(),
        }
    }
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The path of a record below `records/`: `news/2023-02-16-a-headline.md`. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordPath(String);

impl RecordPath {
    /// The path of a news record: the UTC date of publication, the slug of the title, and for the
    /// second and later ones of the same name a number from 2.
    pub fn news(published: Timestamp, slug: &str, ordinal: u32) -> Self {
        let date = published.strftime("%Y-%m-%d");
        let slug = if slug.is_empty() { "untitled" } else { slug };
        Self(if ordinal < 2 {
            format!("news/{date}-{slug}.md")
        } else {
            format!("news/{date}-{slug}-{ordinal}.md")
        })
    }

    /// Parses a path. It must stay below its folder: no empty, `.` or `..` parts, no backslash, no
    /// leading slash; and it must end in `.md`.
    pub fn parse(path: &str) -> Option<Self> {
        let sound =
            |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
        (path.strip_suffix(".md").is_some_and(|stem| !stem.ends_with('/')) && path.split('/').all(sound))
            .then(|| Self(path.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file's name without folder and extension: `2023-02-16-a-headline`.
    pub fn stem(&self) -> &str {
        let name = self.0.rsplit('/').next().unwrap_or(&self.0);
        name.strip_suffix(".md").unwrap_or(name)
    }
}

impl fmt::Display for RecordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_by_ordinal() {
        let at = "2023-02-16T23:59:59Z".parse().unwrap();
        assert_eq!(RecordPath::news(at, "a-b", 1).as_str(), "news/2023-02-16-a-b.md");
        assert_eq!(RecordPath::news(at, "a-b", 2).as_str(), "news/2023-02-16-a-b-2.md");
        assert_eq!(RecordPath::news(at, "", 1).stem(), "2023-02-16-untitled");
    }

    #[test]
    fn a_path_stays_below_its_folder() {
        for bad in
            ["", "/a.md", "../a.md", "news/../../a.md", "news//a.md", "news/.md/", "a.txt", "news\\a.md"]
        {
            assert_eq!(RecordPath::parse(bad), None, "{bad}");
        }
        assert!(RecordPath::parse("news/a.md").is_some());
    }
}
