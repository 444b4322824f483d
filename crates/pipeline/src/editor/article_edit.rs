//! The editor's word on one article: published, held, or taken back. It is what a hand edit of the record would be.

use anyhow::{Context as _, bail};
use courant_model::{ArticleId, Override, Timestamp, Value};
use serde::{Deserialize, Serialize};

use crate::{context::Context, editor::story_edit, stories::overrides};

/// The field of a record that says whether readers see it.
const PUBLISHED: &str = "published";

/// An article as an editor sees it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArticleShown {
    pub article: ArticleId,
    pub title: String,
    pub url: String,
    pub provider: String,
    pub quality: i32,
    pub heat: i32,
    pub published: bool,
    /// The rule that decided, and what it saw.
    pub rule: String,
    pub because: String,
    /// What editors have said about it.
    pub words: Vec<OverrideShown>,
}

/// An editor's word.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OverrideShown {
    pub field: String,
    pub value: Value,
    pub by: String,
    pub at: Timestamp,
}

/// An article with its verdict as last weighed.
pub(crate) async fn shown(context: &Context, article: ArticleId) -> anyhow::Result<ArticleShown> {
    let row = context.store.article(article).await?.context("the article is not in the store")?.row;
    let words = context.store.overrides_of(&[article]).await?;
    let words =
        words.into_iter().map(|Override { field, value, by, at, .. }| OverrideShown { field, value, by, at });
    Ok(ArticleShown {
        article,
        title: row.article.title,
        url: row.article.web_url.to_string(),
        provider: row.article.provider.domain,
        quality: row.judgement.quality.points(),
        heat: row.heat.degrees(),
        published: row.verdict.published,
        rule: row.verdict.rule,
        because: row.verdict.because,
        words: words.collect(),
    })
}

/// Publishes or holds an article, whatever the gate says, from now on.
pub(crate) async fn decide(
    context: &Context,
    article: ArticleId,
    published: bool,
    by: &str,
) -> anyhow::Result<()> {
    let value = Value::Bool(published);
    let at = context.clock.now();
    let word = Override { article, field: PUBLISHED.to_owned(), value, by: by.to_owned(), at };
    context.store.put_override(&word).await?;
    story_edit::weigh(context, article).await
}

/// Takes back what an editor has said about a field of an article's record: the machine's value holds again.
pub(crate) async fn unset(context: &Context, article: ArticleId, field: &str) -> anyhow::Result<()> {
    if overrides::FIELDS.contains(&field) {
        bail!(
            "{field:?} is no field of a record; what was said about a story is taken back by `courant story`"
        );
    }
    if !context.store.remove_override(article, field).await? {
        let said = context.store.overrides_of(&[article]).await?;
        let fields: Vec<String> = said
            .into_iter()
            .map(|word| word.field)
            .filter(|field| !overrides::FIELDS.contains(&field.as_str()))
            .collect();
        let there = if fields.is_empty() { "nothing".to_owned() } else { fields.join(", ") };
        bail!("no editor has said anything about {field:?} of this article; set by editors: {there}");
    }
    story_edit::weigh(context, article).await
}
