//! Articles as rows, and the queries that belong to no single stage.

use std::cmp::Ordering;

use courant_model::{
    Article, ArticleId, ArticleKind, DateOrigin, Heat, Image, Judgement, Map, Member, Provider, Reason,
    RecordPath, StoryId, Timestamp, Verdict,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row, sqlite::SqliteRow};
use url::Url;

use crate::{
    Result, Store, StoreError,
    codec::{self, Columns},
};

/// An article as the snapshot needs it: everything but its text and HTML, which are empty here.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotRow {
    /// The article, without text and HTML.
    pub article: Article,
    /// Topics and quality.
    pub judgement: Judgement,
    /// Its place in its story, under the story's current id, also after merges.
    pub member: Member,
    /// Its heat as last committed; `None` if it does not lead its story.
    pub heat: Option<Heat>,
    /// Published or held.
    pub verdict: Verdict,
    /// The path of its record; it never changes.
    pub path: RecordPath,
    /// Whether its publisher shows it to subscribers only.
    pub paywalled: bool,
    /// Unknown fields of the record from which it was imported.
    pub extra: Map,
    /// Its sealed private payload.
    pub secured: Option<String>,
    /// When Courant first saw it; the same as in the article.
    pub first_seen: Timestamp,
    /// Arrival number: the order in which articles came in.
    pub arrival: i64,
}

impl SnapshotRow {
    /// The order of a snapshot: newest publication first, ties by id.
    pub fn newest_first(&self, other: &Self) -> Ordering {
        let (this, that) = (&self.article, &other.article);
        that.published.cmp(&this.published).then_with(|| this.id.cmp(&that.id))
    }
}

/// Everything that is stored about one article.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleRow {
    /// The article with its text and HTML, and every decision about it.
    pub row: SnapshotRow,
    /// The slug from which the path of its record was made.
    pub slug: String,
    /// How its identity was found, step by step.
    pub identity_steps: Vec<String>,
    /// Whether its record has to be written.
    pub dirty: bool,
    /// The hash of the record's bytes as last written.
    pub record_hash: Option<[u8; 32]>,
}

/// What the pipeline needs to know about an article that it sees again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownArticle {
    /// The article.
    pub article: ArticleId,
    /// Arrival number.
    pub arrival: i64,
    /// Its current story.
    pub story: StoryId,
    /// The path of its record.
    pub path: RecordPath,
    /// When it was published.
    pub published: Timestamp,
    /// Where that time was found.
    pub published_from: DateOrigin,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
}

/// The fields of an article that no query filters by, as one JSON column.
#[derive(Serialize, Deserialize)]
pub(crate) struct Detail {
    kind: ArticleKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated: Option<Timestamp>,
    original_url: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amp_web_url: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cdn_amp_web_url: Option<Url>,
    provider_name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    provider_images: Vec<Image>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<Image>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    featured_content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<Reason>,
}

impl Detail {
    pub(crate) fn of(article: &Article) -> Self {
        Self {
            kind: article.kind,
            updated: article.updated,
            original_url: article.original_url.clone(),
            amp_web_url: article.amp_web_url.clone(),
            cdn_amp_web_url: article.cdn_amp_web_url.clone(),
            provider_name: article.provider.name.clone(),
            provider_images: article.provider.images.clone(),
            authors: article.authors.clone(),
            tags: article.tags.clone(),
            locale: article.locale.clone(),
            images: article.images.clone(),
            featured_content: article.featured_content.clone(),
            source: article.source.clone(),
            remarks: article.remarks.clone(),
        }
    }
}

/// The columns of a [`SnapshotRow`].
const SNAPSHOT_COLUMNS: &str = "SELECT a.seq, a.id, a.path, a.published, a.published_from, a.first_seen,
        a.provider, a.language, a.story, a.copy_of, a.heat, a.is_published, a.rule, a.verdict_because,
        a.is_dropped, a.effects, d.title, d.excerpt, d.web_url, d.detail, d.judgement, d.topics_from, d.paywalled,
        d.because, d.extra, d.secured";

/// The start of every statement that reads a [`SnapshotRow`].
pub(crate) const SNAPSHOT_SELECT: &str =
    sql!(SNAPSHOT_COLUMNS, " FROM articles a JOIN article_details d ON d.seq = a.seq");

pub(crate) fn snapshot_row(row: &SqliteRow) -> Result<SnapshotRow> {
    let id: ArticleId = row.parsed("id")?;
    row_of(id, row).map_err(|error| match error {
        StoreError::Corrupt(what) => StoreError::Corrupt(format!("article {id}: {what}")),
        other => other,
    })
}

fn row_of(id: ArticleId, row: &SqliteRow) -> Result<SnapshotRow> {
    let detail: Detail = row.json("detail")?;
    let first_seen = row.timestamp("first_seen")?;
    let article = Article {
        id,
        kind: detail.kind,
        title: row.try_get("title")?,
        excerpt: row.try_get("excerpt")?,
        text: String::new(),
        html: String::new(),
        published: row.timestamp("published")?,
        published_from: codec::enum_from_text("published_from", row.try_get("published_from")?)?,
        updated: detail.updated,
        first_seen,
        original_url: detail.original_url,
        web_url: row.parsed("web_url")?,
        amp_web_url: detail.amp_web_url,
        cdn_amp_web_url: detail.cdn_amp_web_url,
        provider: Provider {
            name: detail.provider_name,
            domain: row.try_get("provider")?,
            images: detail.provider_images,
        },
        authors: detail.authors,
        tags: detail.tags,
        language: row.try_get("language")?,
        locale: detail.locale,
        images: detail.images,
        featured_content: detail.featured_content,
        source: detail.source,
        remarks: detail.remarks,
    };
    Ok(SnapshotRow {
        article,
        judgement: Judgement { topics_from: row.parsed("topics_from")?, ..row.json("judgement")? },
        member: Member {
            article: id,
            story: row.parsed("story")?,
            copy_of: row.optional_parsed("copy_of")?,
            because: row.json("because")?,
        },
        heat: heat(row)?,
        verdict: verdict(row)?,
        path: path(row.try_get("path")?)?,
        paywalled: row.try_get("paywalled")?,
        extra: row.json("extra")?,
        secured: row.try_get("secured")?,
        first_seen,
        arrival: row.try_get("seq")?,
    })
}

pub(crate) fn heat(row: &SqliteRow) -> Result<Option<Heat>> {
    Ok(row.try_get::<Option<i32>, _>("heat")?.map(Heat::from_degrees))
}

pub(crate) fn verdict(row: &SqliteRow) -> Result<Verdict> {
    Ok(Verdict {
        published: row.try_get("is_published")?,
        rule: row.try_get::<&str, _>("rule")?.into(),
        because: row.try_get("verdict_because")?,
        dropped: row.try_get("is_dropped")?,
        effects: row.json("effects")?,
    })
}

pub(crate) fn path(text: &str) -> Result<RecordPath> {
    RecordPath::parse(text).ok_or_else(|| StoreError::Corrupt(format!("{text} is not a record path")))
}

pub(crate) fn hash(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Corrupt(format!("expected a hash of 32 bytes, found {}", bytes.len())))
}

statements! {
    ARTICLE = SNAPSHOT_COLUMNS, ", d.slug, d.identity_steps, a.dirty, a.record_hash, t.text, t.html
        FROM articles a JOIN article_details d ON d.seq = a.seq JOIN article_texts t ON t.seq = a.seq
        WHERE a.id = ?";
    TEXT_OF_ARTICLE = "SELECT t.text, t.html FROM article_texts t JOIN articles a ON a.seq = t.seq WHERE a.id = ?";
    TEXT_IS_REMOVED = "SELECT EXISTS (SELECT 1 FROM article_texts t JOIN articles a ON a.seq = t.seq
        WHERE a.id = ? AND t.removed IS NOT NULL)";
    KNOWN_ARTICLES = "SELECT id, seq, story, path, published, published_from, first_seen FROM articles
        WHERE id IN (SELECT value FROM json_each(?)) ORDER BY seq";
}

impl Store {
    /// Everything about one article; `None` if it is not in the store.
    pub async fn article(&self, id: ArticleId) -> Result<Option<ArticleRow>> {
        let row = sqlx::query(ARTICLE).bind(id.to_string()).fetch_optional(self.readers()).await?;
        let Some(row) = row else { return Ok(None) };
        let mut whole = snapshot_row(&row)?;
        whole.article.text = row.try_get("text")?;
        whole.article.html = row.try_get("html")?;
        Ok(Some(ArticleRow {
            row: whole,
            slug: row.try_get("slug")?,
            identity_steps: row.json("identity_steps")?,
            dirty: row.try_get::<Option<i64>, _>("dirty")?.is_some(),
            record_hash: row.try_get::<Option<&[u8]>, _>("record_hash")?.map(hash).transpose()?,
        }))
    }

    /// Text and HTML of one article; `None` if it is not in the store.
    pub async fn article_text(&self, id: ArticleId) -> Result<Option<(String, String)>> {
        Ok(sqlx::query_as(TEXT_OF_ARTICLE).bind(id.to_string()).fetch_optional(self.readers()).await?)
    }

    /// Whether the text of an article was removed ([`Store::sweep`]); false if it was not, or if
    /// there was none.
    pub async fn text_is_removed(&self, id: ArticleId) -> Result<bool> {
        Ok(sqlx::query_scalar(TEXT_IS_REMOVED).bind(id.to_string()).fetch_one(self.readers()).await?)
    }

    /// The given articles that are in the store, in order of arrival.
    pub async fn known_articles(&self, ids: &[ArticleId]) -> Result<Vec<KnownArticle>> {
        let rows = sqlx::query(KNOWN_ARTICLES).bind(codec::texts(ids)).fetch_all(self.readers()).await?;
        self.damage().readable("articles", "id", &rows, known)
    }
}

fn known(row: &SqliteRow) -> Result<KnownArticle> {
    Ok(KnownArticle {
        article: row.parsed("id")?,
        arrival: row.try_get("seq")?,
        story: row.parsed("story")?,
        path: path(row.try_get("path")?)?,
        published: row.timestamp("published")?,
        published_from: codec::enum_from_text("published_from", row.try_get("published_from")?)?,
        first_seen: row.timestamp("first_seen")?,
    })
}
