//! An editor's decision on one article: publish, hold, or remove an override. The same as an edit
//! of its record file.

use anyhow::{Context as _, bail};
use courant_model::{ArticleId, EditorDecision, GateRule, Heat, Override, StoryDecision, Timestamp, Value};
use serde::{Deserialize, Serialize};

use crate::{context::Context, editor::story_edit};

/// The field of a record that states whether it is published.
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
    /// The rule that decided, and its reason.
    pub rule: GateRule,
    pub because: String,
    /// The editors' overrides of its fields.
    pub words: Vec<OverrideShown>,
}

/// An override by an editor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OverrideShown {
    pub field: String,
    pub value: Value,
    pub by: String,
    pub at: Timestamp,
}

/// An article with its stored verdict and overrides.
pub(crate) async fn shown(context: &Context, article: ArticleId) -> anyhow::Result<ArticleShown> {
    let row = context.store.article(article).await?.context("the article is not in the store")?.row;
    let overrides = context.store.overrides_of(&[article]).await?;
    let words = overrides.into_iter().map(|Override { decision, by, at, .. }| OverrideShown {
        field: decision.name().to_owned(),
        value: decision.value(),
        by,
        at,
    });
    Ok(ArticleShown {
        article,
        title: row.article.title,
        url: row.article.web_url.to_string(),
        provider: row.article.provider.domain,
        quality: row.judgement.quality.points(),
        heat: Heat::published_number(row.heat),
        published: row.verdict.published,
        rule: row.verdict.rule,
        because: row.verdict.because,
        words: words.collect(),
    })
}

/// Publishes or holds an article from now on, regardless of the gate.
pub(crate) async fn decide(
    context: &Context,
    article: ArticleId,
    published: bool,
    by: &str,
) -> anyhow::Result<()> {
    let decision = EditorDecision::Field { name: PUBLISHED.to_owned(), value: Value::Bool(published) };
    let at = context.clock.now();
    context.store.put_override(&Override { article, decision, by: by.to_owned(), at }).await?;
    story_edit::rescore_story(context, article).await
}

/// Removes the override of a field of an article's record, so that the computed value applies
/// again.
pub(crate) async fn unset(context: &Context, article: ArticleId, field: &str) -> anyhow::Result<()> {
    if field.parse::<StoryDecision>().is_ok() {
        bail!("{field:?} is not a field of a record; to undo a decision about a story, use `courant story`");
    }
    if !context.store.remove_override(article, field).await? {
        let overrides = context.store.overrides_of(&[article]).await?;
        let fields: Vec<String> = overrides
            .into_iter()
            .filter(|one| one.decision.is_about_record())
            .map(|one| one.decision.name().to_owned())
            .collect();
        let overridden = if fields.is_empty() { "none".to_owned() } else { fields.join(", ") };
        bail!("{field:?} of this article has no override; fields with an override: {overridden}");
    }
    story_edit::rescore_story(context, article).await
}
