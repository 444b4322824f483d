//! The decisions of editors, by article: on fields of records, and on stories.

use std::collections::{BTreeSet, HashMap};

use courant_formats::record;
use courant_model::{
    ArticleId, EditorDecision, Judgement, Override, Quality, Record, StoryId, Timestamp, Value,
};
use courant_store::Store;

/// The overrides of editors, by article.
#[derive(Debug, Default)]
pub(crate) struct Overrides<'a>(HashMap<ArticleId, Vec<&'a Override>>);

impl<'a> Overrides<'a> {
    pub(crate) fn of(overrides: &'a [Override]) -> Self {
        let mut by_article: HashMap<ArticleId, Vec<&Override>> = HashMap::new();
        for stored in overrides {
            by_article.entry(stored.article).or_default().push(stored);
        }
        Self(by_article)
    }

    /// The overrides of one article.
    pub(crate) fn about(&self, article: ArticleId) -> &[&'a Override] {
        self.0.get(&article).map_or(&[], Vec::as_slice)
    }

    fn value(&self, article: ArticleId, field: &str) -> Option<&'a Value> {
        self.about(article).iter().find_map(|stored| match &stored.decision {
            EditorDecision::Field { name, value } if name == field => Some(value),
            _ => None,
        })
    }

    /// The text that an editor set for a field of the article's record.
    pub(crate) fn text(&self, article: ArticleId, field: &str) -> Option<&'a str> {
        self.value(article, field)?.as_str()
    }

    /// Whether an editor has published or held the article.
    pub(crate) fn published(&self, article: ArticleId) -> Option<bool> {
        self.value(article, "published").and_then(Value::as_bool)
    }

    /// The quality that an editor set.
    pub(crate) fn quality(&self, article: ArticleId) -> Option<Quality> {
        let points = self.value(article, "quality").and_then(Value::as_int)?;
        i32::try_from(points).ok().map(Quality::from_points)
    }

    /// The time of publication that an editor set.
    pub(crate) fn published_at(&self, article: ArticleId) -> Option<Timestamp> {
        self.text(article, "publishedDateTime")?.parse().ok()
    }

    /// The domain of the provider that an editor set.
    pub(crate) fn provider_domain(&self, article: ArticleId) -> Option<&'a str> {
        self.value(article, "provider")?.get("domain")?.as_str()
    }

    /// Whether an editor has made the article the lead of its story.
    pub(crate) fn leads(&self, article: ArticleId) -> bool {
        self.has(article, &EditorDecision::Lead(true))
    }

    /// Whether an editor has pinned the article's story to the top of the front page.
    pub(crate) fn pins(&self, article: ArticleId) -> bool {
        self.has(article, &EditorDecision::Pin(true))
    }

    fn has(&self, article: ArticleId, decision: &EditorDecision) -> bool {
        self.about(article).iter().any(|stored| stored.decision == *decision)
    }

    /// The topics that an editor set, by name.
    pub(crate) fn topics(&self, article: ArticleId) -> Option<Vec<&'a str>> {
        let value = self.value(article, "topics")?;
        Some(value.as_list().into_iter().flatten().filter_map(Value::as_str).collect())
    }

    /// Whether the article belongs on a site with topics: it has a topic, set by an editor or
    /// otherwise found by Courant, or an editor has published it.
    pub(crate) fn belongs(&self, article: ArticleId, judgement: &Judgement) -> bool {
        let has_topic =
            || self.topics(article).map_or(!judgement.topics.is_empty(), |topics| !topics.is_empty());
        self.published(article) == Some(true) || has_topic()
    }
}

/// The fields of a record with their values, as in its JSON form.
pub(crate) fn fields(record: &Record) -> Vec<(String, Value)> {
    match serde_json::from_value::<Value>(record::to_json(record)) {
        Ok(Value::Map(fields)) => fields,
        _ => Vec::new(),
    }
}

/// The record with the values of overrides. If an override does not fit its field, none is applied
/// and this is logged: it can only come from a file that an older version read differently.
pub(crate) fn with_overrides(record: Record, overrides: &[&Override]) -> Record {
    if !overrides.iter().any(|stored| stored.decision.is_about_record()) {
        return record;
    }
    let mut values = fields(&record);
    for stored in overrides {
        let EditorDecision::Field { name, value } = &stored.decision else { continue };
        values.retain(|(field, _)| field != name);
        if *value != Value::Null {
            values.push((name.clone(), value.clone()));
        }
    }
    match serde_json::to_value(Value::Map(values)).map(|json| record::from_json(&json)) {
        Ok(Ok(overridden)) => overridden,
        Ok(Err(error)) => {
            tracing::warn!(title = record.title, %error, "overrides do not fit their record");
            record
        }
        Err(error) => {
            tracing::warn!(title = record.title, %error, "overrides cannot be read");
            record
        }
    }
}

/// The stories that editors have split off, by their current ids.
pub(crate) async fn split_stories(store: &Store) -> anyhow::Result<BTreeSet<StoryId>> {
    let mut stories = BTreeSet::new();
    for stored in store.overrides().await? {
        if let EditorDecision::Split(story) = stored.decision {
            stories.insert(store.current_story(story).await?);
        }
    }
    Ok(stories)
}
