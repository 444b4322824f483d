//! The types of the JSON documents. Their doc comments are the texts of the description of the API
//! (`/api/v1/openapi.json`), so they speak to its users.

use courant_model::{ArticleId, Image, Provider, Reason, Signal, StoryId, TopicMatch, Value};
use serde::Serialize;
use utoipa::ToSchema;

/// Stories, newest first.
#[derive(Serialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct StoryList<'a> {
    /// All public stories; in the first document of a static site only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<usize>,
    /// This page, counted from the oldest; in numbered pages only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub(crate) page: Option<usize>,
    /// The number of numbered pages; in the first document of a static site only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pages: Option<usize>,
    /// The URL of the next newer page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) previous: Option<String>,
    /// The URL of the next part of the list; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) next: Option<String>,
    /// The cursor of that part, for the parameter `after`; in lists with parameters only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    pub(crate) stories: Vec<Story<'a>>,
}

/// Articles, newest first.
#[derive(Serialize, ToSchema)]
pub struct ArticleList<'a> {
    /// The URL of the next part of the list; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) next: Option<String>,
    /// The cursor of that part, for the parameter `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    pub(crate) articles: Vec<Article<'a>>,
}

/// The articles about one event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Story<'a> {
    pub(crate) id: StoryId,
    /// Its page.
    #[schema(format = "uri")]
    pub(crate) url: String,
    /// How much attention the story gets now.
    pub(crate) heat: i32,
    /// The number of providers that report it in their own words.
    pub(crate) sources: usize,
    /// The number of public articles, the lead and copies included.
    #[schema(minimum = 1)]
    pub(crate) articles: usize,
    pub(crate) lead: Article<'a>,
    /// The other articles, best quality first, copies after their originals.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) related: Vec<Article<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<StoryReasons<'a>>,
}

/// The reasons of the place of a story.
#[derive(Serialize, ToSchema)]
pub struct StoryReasons<'a> {
    /// The terms of its heat.
    pub(crate) heat: &'a [Reason],
}

/// One article of one provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Article<'a> {
    pub(crate) id: ArticleId,
    pub(crate) story: StoryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) copy_of: Option<ArticleId>,
    /// `article`, `video`, `podcast` or `collection`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<&'a str>,
    /// Plain text.
    pub(crate) title: &'a str,
    /// Plain text, at most 320 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excerpt: Option<&'a str>,
    /// When it was published.
    #[schema(format = DateTime)]
    pub(crate) published_date_time: String,
    /// When its publisher last changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) updated_date_time: Option<String>,
    /// As the source gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) original_url: Option<String>,
    /// The URL for readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) web_url: Option<String>,
    /// Its AMP page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) amp_web_url: Option<String>,
    /// The AMP page in the AMP cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) cdn_amp_web_url: Option<String>,
    /// How good the article is by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quality: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<&'a Provider>,
    /// Names, most relevant first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) topics: &'a [String],
    /// The publisher's own keywords.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) tags: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) authors: &'a [String],
    /// An ISO 639 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<&'a str>,
    /// Language and region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<ArticleReasons<'a>>,
}

/// The reasons of the quality, topics and story of an article.
#[derive(Serialize, ToSchema)]
pub struct ArticleReasons<'a> {
    /// The signals; their points add up to the quality.
    pub(crate) quality: &'a [Signal],
    /// The terms behind its topics.
    pub(crate) topics: &'a [TopicMatch],
    /// Why it is in its story.
    pub(crate) story: &'a [Reason],
}

/// The taxonomy.
#[derive(Serialize, ToSchema)]
pub struct TopicList<'a> {
    pub(crate) topics: Vec<Topic<'a>>,
}

/// A node of the taxonomy.
#[derive(Serialize, ToSchema)]
pub struct Topic<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shortname: Option<&'a str>,
    /// The id of the parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<&'a str>,
    /// Its page.
    #[schema(format = "uri")]
    pub(crate) url: String,
    /// The number of public stories about it and the topics below it.
    pub(crate) stories: usize,
}

/// The providers.
#[derive(Serialize, ToSchema)]
pub struct ProviderList<'a> {
    pub(crate) providers: Vec<ProviderEntry<'a>>,
}

/// A provider with public articles.
#[derive(Serialize, ToSchema)]
pub struct ProviderEntry<'a> {
    pub(crate) domain: &'a str,
    pub(crate) name: &'a str,
    /// Its page.
    #[schema(format = "uri")]
    pub(crate) url: String,
    #[schema(minimum = 1)]
    pub(crate) articles: usize,
}

/// The results of a search.
#[derive(Serialize, ToSchema)]
pub struct SearchAnswer<'a> {
    /// The query as it was read.
    pub(crate) query: &'a str,
    /// The topic that was searched in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<&'a str>,
    /// The number of articles found, at most a thousand.
    pub(crate) total: usize,
    #[schema(minimum = 1)]
    pub(crate) page: usize,
    #[schema(minimum = 1)]
    pub(crate) pages: usize,
    pub(crate) hits: Vec<Hit<'a>>,
}

/// One result.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hit<'a> {
    pub(crate) article: Article<'a>,
    /// Escaped HTML with `mark` elements around the found words.
    pub(crate) snippet_html: String,
}

/// The kinds of records other than news.
#[derive(Serialize, ToSchema)]
pub struct CollectionList<'a> {
    pub(crate) collections: Vec<Collection<'a>>,
}

/// A kind of records.
#[derive(Serialize, ToSchema)]
pub struct Collection<'a> {
    pub(crate) kind: &'a str,
    pub(crate) title: String,
    /// Its list.
    #[schema(format = "uri")]
    pub(crate) url: String,
    #[schema(minimum = 1)]
    pub(crate) records: usize,
}

/// Records of one kind, newest publication first.
#[derive(Serialize, ToSchema)]
pub struct RecordList<'a> {
    pub(crate) kind: &'a str,
    pub(crate) title: String,
    /// The number of records of this kind.
    #[schema(minimum = 1)]
    pub(crate) total: usize,
    /// The URL of the next part of the list; absent at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub(crate) next: Option<String>,
    /// The cursor of that part, for the parameter `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
    pub(crate) records: Vec<CollectionRecord<'a>>,
}

/// A record other than news.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionRecord<'a> {
    /// The path of its file below the folder of its kind, without extension.
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    /// Its document.
    #[schema(format = "uri")]
    pub(crate) url: String,
    /// Its title or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) published_date_time: Option<String>,
    /// Its fields, which depend on its kind. Markup in texts is sanitized.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub(crate) record: Option<Value>,
    /// Its content besides its fields, if that is HTML; sanitized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_html: Option<&'a str>,
}

/// The story into which a story was merged.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    pub(crate) moved_to: StoryId,
    /// The URL of the present story in the API.
    #[schema(format = "uri")]
    pub(crate) url: String,
}
