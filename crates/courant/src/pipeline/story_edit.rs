//! The editor's word on stories: made one, divided, given a lead. It survives every later run: merges are kept as
//! redirects, a division and a choice of lead as overrides, which the grouping and the standing read.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, bail};
use courant_analysis::identity;
use courant_model::{ArticleId, Override, Reason, StoryId, Timestamp, Value};
use courant_store::{ArticleRow, Batch, SnapshotRow, Store};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Desk, boost, place};

/// The field of an override that makes an article the lead of its story.
pub(super) const LEAD: &str = "lead";
/// The field of an override that says in which story an editor has put an article when dividing one.
const STORY: &str = "story";
/// The field of an override that pins the story of an article to the top of the front page.
pub(super) const PIN: &str = "pin";
/// Fields of overrides that speak of stories and not of records.
pub(super) const FIELDS: [&str; 4] = [LEAD, STORY, PIN, boost::BOOST];

/// The stories that editors have divided from others, by their present names.
pub(super) async fn divided(store: &Store) -> anyhow::Result<BTreeSet<StoryId>> {
    let mut stories = BTreeSet::new();
    for word in store.overrides().await?.iter().filter(|word| word.field == STORY) {
        if let Some(story) = word.value.as_str().and_then(|text| text.parse().ok()) {
            stories.insert(store.current_story(story).await?);
        }
    }
    Ok(stories)
}

/// A story as an editor sees it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoryShown {
    pub(crate) story: StoryId,
    /// An editor has pinned it to the top of the front page.
    pub(crate) pinned: bool,
    /// The degrees that an editor has given it, while they hold.
    pub(crate) boost: Option<BoostShown>,
    /// Of the lead, as last weighed.
    pub(crate) heat: i32,
    pub(crate) members: Vec<MemberShown>,
}

/// An editor's boost in force.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BoostShown {
    pub(crate) degrees: i32,
    pub(crate) by: String,
    pub(crate) until: Timestamp,
}

/// An article of a story.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberShown {
    pub(crate) article: ArticleId,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) provider: String,
    pub(crate) quality: i32,
    pub(crate) leads: bool,
    /// An editor has chosen it for the lead.
    pub(crate) chosen: bool,
    pub(crate) copy_of: Option<ArticleId>,
    pub(crate) because: Vec<Reason>,
}

/// The story of an article: the lead first, the others as they arrived.
pub(super) async fn shown(desk: &Desk, article: ArticleId) -> anyhow::Result<StoryShown> {
    let rows = story_of(desk, article).await?;
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article.id).collect();
    let said = desk.store.overrides_of(&ids).await?;
    let words = super::standing::Words::of(&said);
    let mut members: Vec<MemberShown> = rows
        .iter()
        .map(|row| MemberShown {
            article: row.article.id,
            title: row.article.title.clone(),
            url: row.article.web_url.to_string(),
            provider: row.article.provider.domain.clone(),
            quality: row.judgement.quality.points(),
            leads: row.heat != courant_model::Heat::NOT_LEAD,
            chosen: words.leads(row.article.id),
            copy_of: row.member.copy_of,
            because: row.member.because.clone(),
        })
        .collect();
    members.sort_by_key(|member| !member.leads);
    let story = rows.first().map(|row| row.member.story).context("the story has no articles")?;
    let pinned = ids.iter().any(|&id| words.pins(id));
    let boost = boost::in_force(&said, |_| Some(story), desk.clock.now()).remove(&story);
    let boost = boost.map(|boost| BoostShown { degrees: boost.degrees, by: boost.by, until: boost.until });
    let heat = rows.iter().map(|row| row.heat.degrees()).max().unwrap_or_default();
    Ok(StoryShown { story, pinned, boost, heat, members })
}

/// Makes the stories of these articles one, that of the first; gives its name.
pub(super) async fn merge(desk: &Desk, articles: &[ArticleId]) -> anyhow::Result<StoryId> {
    let mut stories = Vec::new();
    for &article in articles {
        let story = row(desk, article).await?.row.member.story;
        if !stories.contains(&story) {
            stories.push(story);
        }
    }
    let Some((&into, others)) = stories.split_first() else { bail!("name two articles at the least") };
    if others.is_empty() {
        bail!("these articles are in one story already: {into}");
    }
    let batch = Batch { merged: others.iter().map(|&from| (from, into)).collect(), ..Batch::default() };
    commit(desk, batch).await?;
    Ok(into)
}

/// Takes articles out of their story, with the copies of each, into a new one; gives its name. The two stories are never
/// made one again but by an editor.
pub(super) async fn split(desk: &Desk, articles: &[ArticleId], by: &str) -> anyhow::Result<StoryId> {
    let Some(&first) = articles.first() else { bail!("name an article at the least") };
    let members = story_of(desk, first).await?;
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
            bail!("{} is a copy of {original}; divide the story at that one", member.article.web_url);
        }
    }
    let Some(stays) = members.iter().find(|row| !leaves(row)) else {
        bail!("nothing would be left of the story");
    };
    let old = stays.member.story;
    // A name that no article opens and no earlier story has had.
    let new = StoryId::opened_by(identity::article_id(&format!("divided {old} {first}")));
    let mut batch = Batch::default();
    let mut words = vec![word(desk, stays.article.id, STORY, Value::Text(old.to_string()), by)];
    for member in members.iter().filter(|row| leaves(row)) {
        let mut stored = place::stored_again(row(desk, member.article.id).await?);
        stored.member.story = new;
        stored.member.because = vec![Reason::new("editor", format!("{by} took it out of the story {old}"))];
        words.push(word(desk, member.article.id, STORY, Value::Text(new.to_string()), by));
        batch.articles.push(stored);
    }
    // First the words: a division that is half done is done again, one that is forgotten would be undone.
    desk.store.put_overrides(&words).await?;
    commit(desk, batch).await?;
    Ok(new)
}

/// Makes an article the lead of its story, or with `undo` lets the machine choose again.
pub(super) async fn choose_lead(desk: &Desk, article: ArticleId, undo: bool, by: &str) -> anyhow::Result<()> {
    mark_one(desk, article, LEAD, (!undo).then_some(Value::Bool(true)), by).await
}

/// Pins the story of an article to the top of the front page, or with `undo` takes the pin out.
pub(super) async fn pin(desk: &Desk, article: ArticleId, undo: bool, by: &str) -> anyhow::Result<()> {
    mark_one(desk, article, PIN, (!undo).then_some(Value::Bool(true)), by).await
}

/// Gives the story of an article so many degrees for so many hours from now, in place of what editors gave it before; no
/// degrees take that back.
pub(super) async fn boost(
    desk: &Desk,
    article: ArticleId,
    degrees: i32,
    hours: u32,
    by: &str,
) -> anyhow::Result<()> {
    let until = desk.clock.now().checked_add(SignedDuration::from_hours(hours.into()))?;
    let value = (degrees != 0).then(|| boost::value(degrees, until));
    mark_one(desk, article, boost::BOOST, value, by).await
}

/// Takes a mark from all articles of a story and gives it to one, where it has a value.
async fn mark_one(
    desk: &Desk,
    article: ArticleId,
    field: &str,
    value: Option<Value>,
    by: &str,
) -> anyhow::Result<()> {
    for member in story_of(desk, article).await? {
        desk.store.remove_override(member.article.id, field).await?;
    }
    if let Some(value) = value {
        desk.store.put_override(&word(desk, article, field, value, by)).await?;
    }
    weigh(desk, article).await
}

fn word(desk: &Desk, article: ArticleId, field: &str, value: Value, by: &str) -> Override {
    Override { article, field: field.to_owned(), value, by: by.to_owned(), at: desk.clock.now() }
}

async fn row(desk: &Desk, article: ArticleId) -> anyhow::Result<ArticleRow> {
    desk.store.article(article).await?.with_context(|| format!("{article} is not in the store"))
}

/// The articles of the story that an article is in, as they arrived.
async fn story_of(desk: &Desk, article: ArticleId) -> anyhow::Result<Vec<SnapshotRow>> {
    let story = row(desk, article).await?.row.member.story;
    let members = desk.store.story_members(&[story]).await?;
    let ids: Vec<ArticleId> = members.into_iter().map(|member| member.article).collect();
    let mut rows = desk.store.snapshot_rows_of(&ids).await?;
    rows.sort_by_key(|row| row.arrival);
    Ok(rows)
}

/// Weighs the story of an article at once, so that an editor sees what a word has led to.
pub(super) async fn weigh(desk: &Desk, article: ArticleId) -> anyhow::Result<()> {
    // Nothing may be placed in between.
    let _placing = desk.grouper.lock().await;
    let story = row(desk, article).await?.row.member.story;
    let mut batch = Batch::default();
    place::stand(desk, &mut batch, &HashMap::new(), &[story]).await?;
    desk.store.commit(&batch, desk.clock.now()).await?;
    Ok(())
}

/// Weighs what a change touches and commits it; the index of stories is built anew at the next article.
async fn commit(desk: &Desk, mut batch: Batch) -> anyhow::Result<()> {
    let mut index = desk.grouper.lock().await;
    place::stand(desk, &mut batch, &HashMap::new(), &[]).await?;
    desk.store.commit(&batch, desk.clock.now()).await?;
    *index = None;
    Ok(())
}
