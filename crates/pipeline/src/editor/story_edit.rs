//! Editors' decisions on stories: merge, split, choose a lead, pin, boost. They survive every later
//! run: merges are stored as redirects, the others as overrides, which grouping and scoring read.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context as _, bail};
use courant_analysis::identity;
use courant_model::{ArticleId, EditorDecision, Heat, Override, Reason, StoryDecision, StoryId, Timestamp};
use courant_store::{ArticleRow, Batch, SnapshotRow};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::{
    context::Context,
    stories::{boost, rescore},
};

/// A story as an editor sees it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoryShown {
    pub story: StoryId,
    /// Whether an editor has pinned it to the top of the front page.
    pub pinned: bool,
    /// An editor's boost, while it lasts.
    pub boost: Option<BoostShown>,
    /// The stored heat of the lead.
    pub heat: i32,
    pub members: Vec<MemberShown>,
}

/// An editor's boost that has not expired.
#[derive(Debug, Serialize, Deserialize)]
pub struct BoostShown {
    pub degrees: i32,
    pub by: String,
    pub until: Timestamp,
}

/// An article of a story.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberShown {
    pub article: ArticleId,
    pub title: String,
    pub url: String,
    pub provider: String,
    pub quality: i32,
    pub leads: bool,
    /// Whether an editor has chosen it as the lead.
    pub chosen: bool,
    pub copy_of: Option<ArticleId>,
    pub because: Vec<Reason>,
}

/// The story of an article: the lead first, the others in the order of arrival.
pub(crate) async fn shown(context: &Context, article: ArticleId) -> anyhow::Result<StoryShown> {
    let rows = story_of(context, article).await?;
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article.id).collect();
    let stored = context.store.overrides_of(&ids).await?;
    let overrides = crate::stories::overrides::Overrides::of(&stored);
    let mut members: Vec<MemberShown> = rows
        .iter()
        .map(|row| MemberShown {
            article: row.article.id,
            title: row.article.title.clone(),
            url: row.article.web_url.to_string(),
            provider: row.article.provider.domain.clone(),
            quality: row.judgement.quality.points(),
            leads: row.heat.is_some(),
            chosen: overrides.leads(row.article.id),
            copy_of: row.member.copy_of,
            because: row.member.because.clone(),
        })
        .collect();
    members.sort_by_key(|member| !member.leads);
    let story = rows.first().map(|row| row.member.story).context("the story has no articles")?;
    let pinned = ids.iter().any(|&id| overrides.pins(id));
    let boost = boost::in_force(&stored, |_| Some(story), context.clock.now()).remove(&story);
    let boost = boost.map(|boost| BoostShown { degrees: boost.degrees, by: boost.by, until: boost.until });
    let heat = Heat::published_number(rows.iter().filter_map(|row| row.heat).max());
    Ok(StoryShown { story, pinned, boost, heat, members })
}

/// Merges the stories of these articles into that of the first, and returns its id.
pub(crate) async fn merge(context: &Context, articles: &[ArticleId]) -> anyhow::Result<StoryId> {
    let mut stories = Vec::new();
    for &article in articles {
        let story = row(context, article).await?.row.member.story;
        if !stories.contains(&story) {
            stories.push(story);
        }
    }
    let Some((&into, others)) = stories.split_first() else { bail!("give at least two article URLs") };
    if others.is_empty() {
        bail!("these articles are already in one story: {into}");
    }
    let batch = Batch { merged: others.iter().map(|&from| (from, into)).collect(), ..Batch::default() };
    commit(context, batch).await?;
    Ok(into)
}

/// Moves articles with their copies from their story into a new one, and returns its id. Only an
/// editor can merge the two stories again.
pub(crate) async fn split(context: &Context, articles: &[ArticleId], by: &str) -> anyhow::Result<StoryId> {
    let Some(&first) = articles.first() else { bail!("give at least one article URL") };
    let members = story_of(context, first).await?;
    let named: BTreeSet<ArticleId> = articles.iter().copied().collect();
    let leaves = |row: &SnapshotRow| {
        named.contains(&row.article.id)
            || row.member.copy_of.is_some_and(|original| named.contains(&original))
    };
    for article in &named {
        let Some(member) = members.iter().find(|row| row.article.id == *article) else {
            bail!("{article} is not in the story of {first}");
        };
        if let Some(original) = member.member.copy_of.filter(|original| !named.contains(original)) {
            bail!("{} is a copy of {original}; split off the original instead", member.article.web_url);
        }
    }
    let Some(stays) = members.iter().find(|row| !leaves(row)) else {
        bail!("cannot split off all articles: nothing would be left of the story");
    };
    let old = stays.member.story;
    // An id that no article opens and no earlier story has had.
    let new = StoryId::opened_by(identity::article_id(&format!("divided {old} {first}")));
    let mut batch = Batch::default();
    let mut overrides = vec![new_override(context, stays.article.id, EditorDecision::Split(old), by)];
    for member in members.iter().filter(|row| leaves(row)) {
        let mut stored = rescore::to_stored_article(row(context, member.article.id).await?);
        stored.member.story = new;
        stored.member.because = vec![Reason::new("editor", format!("{by} took it out of the story {old}"))];
        overrides.push(new_override(context, member.article.id, EditorDecision::Split(new), by));
        batch.articles.push(stored);
    }
    // The overrides first: a half-done split is repeated, but without the overrides grouping would
    // undo it.
    context.store.put_overrides(&overrides).await?;
    commit(context, batch).await?;
    Ok(new)
}

/// Makes an article the lead of its story, or with `undo` lets the machine choose again.
pub(crate) async fn choose_lead(
    context: &Context,
    article: ArticleId,
    undo: bool,
    by: &str,
) -> anyhow::Result<()> {
    set_for_story(context, article, StoryDecision::Lead, (!undo).then_some(EditorDecision::Lead(true)), by)
        .await
}

/// Pins the story of an article to the top of the front page, or with `undo` unpins it.
pub(crate) async fn pin(context: &Context, article: ArticleId, undo: bool, by: &str) -> anyhow::Result<()> {
    set_for_story(context, article, StoryDecision::Pin, (!undo).then_some(EditorDecision::Pin(true)), by)
        .await
}

/// Boosts the story of an article by `degrees` for `hours` from now, in place of an earlier boost;
/// 0 degrees remove it.
pub(crate) async fn boost(
    context: &Context,
    article: ArticleId,
    degrees: i32,
    hours: u32,
    by: &str,
) -> anyhow::Result<()> {
    let until = context.clock.now().checked_add(SignedDuration::from_hours(hours.into()))?;
    let decision = (degrees != 0).then_some(EditorDecision::Boost { degrees, until });
    set_for_story(context, article, StoryDecision::Boost, decision, by).await
}

/// Stores a decision on one article of a story and removes those of its kind from the others;
/// `None` removes them from all.
async fn set_for_story(
    context: &Context,
    article: ArticleId,
    kind: StoryDecision,
    decision: Option<EditorDecision>,
    by: &str,
) -> anyhow::Result<()> {
    for member in story_of(context, article).await? {
        context.store.remove_override(member.article.id, kind.as_str()).await?;
    }
    if let Some(decision) = decision {
        context.store.put_override(&new_override(context, article, decision, by)).await?;
    }
    rescore_story(context, article).await
}

fn new_override(context: &Context, article: ArticleId, decision: EditorDecision, by: &str) -> Override {
    Override { article, decision, by: by.to_owned(), at: context.clock.now() }
}

async fn row(context: &Context, article: ArticleId) -> anyhow::Result<ArticleRow> {
    context.store.article(article).await?.with_context(|| format!("{article} is not in the store"))
}

/// The articles of an article's story, in the order of arrival.
async fn story_of(context: &Context, article: ArticleId) -> anyhow::Result<Vec<SnapshotRow>> {
    let story = row(context, article).await?.row.member.story;
    let members = context.store.story_members(&[story]).await?;
    let ids: Vec<ArticleId> = members.into_iter().map(|member| member.article).collect();
    let mut rows = context.store.snapshot_rows_of(&ids).await?;
    rows.sort_by_key(|row| row.arrival);
    Ok(rows)
}

/// Scores the story of an article at once, so that an editor sees the effect of a decision.
pub(crate) async fn rescore_story(context: &Context, article: ArticleId) -> anyhow::Result<()> {
    // No article may be placed in between.
    let _placing = context.grouper.lock().await;
    let story = row(context, article).await?.row.member.story;
    let mut batch = Batch::default();
    rescore::score_touched(context, &mut batch, &HashMap::new(), &[story]).await?;
    context.store.commit(&batch, context.clock.now()).await?;
    Ok(())
}

/// Scores the stories that a change affects and commits the batch. The story index is rebuilt at
/// the next article.
async fn commit(context: &Context, mut batch: Batch) -> anyhow::Result<()> {
    let mut index = context.grouper.lock().await;
    rescore::score_touched(context, &mut batch, &HashMap::new(), &[]).await?;
    context.store.commit(&batch, context.clock.now()).await?;
    *index = None;
    Ok(())
}
