//! Where the articles of a story stand: lead, heat, verdict.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use courant_analysis::{
    gate::GateInput,
    story::{self, StoryArticle},
};
use courant_model::{Article, ArticleId, Heat, Judgement, Member, Record, StoryId, Timestamp, Verdict};
use courant_store::{ArticleRow, Batch, KnownArticle, SnapshotRow, Standing, StoredArticle};

use crate::{
    context::Context,
    rules::Rules,
    stories::{
        heat_inputs::HeatInputs,
        overrides::{self, Overrides},
    },
};

/// An article whose standing is to be found.
#[derive(Debug, Clone)]
pub(crate) struct StoryMember<'a> {
    article: &'a Article,
    judgement: &'a Judgement,
    pub(crate) story: StoryId,
    copy_of: Option<ArticleId>,
    first_seen: Timestamp,
    heat: Heat,
    verdict: &'a Verdict,
}

impl<'a> StoryMember<'a> {
    /// A stored article; its story is named by `story`, which may be newer than the row.
    pub(crate) fn row(row: &'a SnapshotRow, story: StoryId) -> Self {
        Self {
            article: &row.article,
            judgement: &row.judgement,
            story,
            copy_of: row.member.copy_of,
            first_seen: row.first_seen,
            heat: row.heat,
            verdict: &row.verdict,
        }
    }

    /// An article that is about to be stored; a known one keeps the time at which it was first seen.
    pub(crate) fn fresh(stored: &'a StoredArticle, first_seen: Option<Timestamp>) -> Self {
        let Member { story, copy_of, .. } = &stored.member;
        Self {
            article: &stored.article,
            judgement: &stored.judgement,
            story: *story,
            copy_of: *copy_of,
            first_seen: first_seen.unwrap_or(stored.article.first_seen),
            heat: stored.heat,
            verdict: &stored.verdict,
        }
    }

    pub(crate) const fn id(&self) -> ArticleId {
        self.article.id
    }

    /// Whether heat or verdict differ from what is stored.
    pub(crate) fn differs_from(&self, standing: &Standing) -> bool {
        standing.heat != self.heat || &standing.verdict != self.verdict
    }
}

/// The standing of every member of one story at this moment. Only articles with a topic can lead or be
/// related; on a site that `takes_every_article` all can. What a rule drops neither leads nor heats the story: the
/// others are weighed without it, until no more is dropped.
pub(crate) fn standings(
    members: &[StoryMember<'_>],
    now: Timestamp,
    rules: &Rules,
    takes_every_article: bool,
    words: &Overrides<'_>,
    heat_inputs: &HeatInputs,
) -> Vec<Standing> {
    let Some(story) = members.first().map(|member| member.story) else { return Vec::new() };
    let on_topic =
        |member: &StoryMember<'_>| takes_every_article || words.belongs(member.id(), member.judgement);
    let mut dropped: HashMap<ArticleId, Standing> = HashMap::new();
    loop {
        let stands = |member: &&StoryMember<'_>| on_topic(member) && !dropped.contains_key(&member.id());
        let articles: Vec<StoryArticle> =
            members.iter().filter(stands).map(|member| story_article(member, words)).collect();
        let heated = heat_inputs.of_story(story, articles.iter().map(|article| article.id));
        let lead = story::standing(&articles, &heated, now, &rules.heat);
        let weighed: Vec<Standing> = members
            .iter()
            .map(|member| {
                if let Some(standing) = dropped.get(&member.id()) {
                    return standing.clone();
                }
                let lead = lead.as_ref().filter(|standing| standing.lead == member.id());
                let heat = lead.map(|standing| standing.heat);
                decided(member, heat, on_topic(member), articles.len(), rules, words)
            })
            .collect();
        let before = dropped.len();
        let fresh = weighed.iter().filter(|standing| standing.verdict.dropped);
        dropped.extend(
            fresh.map(|standing| (standing.article, Standing { heat: Heat::NOT_LEAD, ..standing.clone() })),
        );
        if dropped.len() == before {
            return weighed;
        }
    }
}

/// The standing of a member of a story with so many articles that stand; `lead_heat` is that of its lead.
fn decided(
    member: &StoryMember<'_>,
    lead_heat: Option<Heat>,
    has_topic: bool,
    story_size: usize,
    rules: &Rules,
    words: &Overrides<'_>,
) -> Standing {
    let id = member.id();
    let heat = lead_heat.unwrap_or(Heat::NOT_LEAD);
    // What rules gave before is no condition of what they give now.
    let before = Verdict { effects: Vec::new(), ..member.verdict.clone() };
    let record = Record::of(member.article, member.judgement, heat, &before);
    let verdict = rules.gate.decide(&GateInput {
        record: &overrides::with_overrides(record, words.about(id)),
        signals: &member.judgement.signals,
        is_copy: member.copy_of.is_some(),
        is_lead: lead_heat.is_some(),
        quality: words.quality(id).unwrap_or(member.judgement.quality),
        heat,
        has_topic,
        story_size,
        published: member.article.published,
        first_seen: member.first_seen,
        editor: words.published(id),
    });
    Standing { article: id, story: member.story, heat: heat.boosted(verdict.boost()), verdict }
}

fn story_article(member: &StoryMember<'_>, words: &Overrides<'_>) -> StoryArticle {
    StoryArticle {
        id: member.id(),
        quality: words.quality(member.id()).unwrap_or(member.judgement.quality),
        published: member.article.published,
        first_seen: member.first_seen,
        provider: member.article.provider.domain.clone(),
        copy_of: member.copy_of,
        chosen: words.leads(member.id()),
    }
}

/// What is stored about an article, to be stored once more.
pub(crate) fn stored_again(row: ArticleRow) -> StoredArticle {
    let ArticleRow { row, slug, identity_steps, .. } = row;
    StoredArticle {
        article: row.article,
        judgement: row.judgement,
        member: row.member,
        heat: row.heat,
        verdict: row.verdict,
        slug,
        path: None,
        identity_steps,
        extra: row.extra,
        secured: row.secured,
        links: None,
    }
}

/// Weighs every story that the batch touches, and these beside them, and writes heat and verdict into it.
pub(crate) async fn stand(
    context: &Context,
    batch: &mut Batch,
    known: &HashMap<ArticleId, KnownArticle>,
    beside: &[StoryId],
) -> anyhow::Result<()> {
    let mut touched: BTreeSet<StoryId> = batch.articles.iter().map(|stored| stored.member.story).collect();
    touched.extend(beside);
    touched.extend(batch.merged.iter().flat_map(|&(from, into)| [from, into]));
    let touched: Vec<StoryId> = touched.into_iter().collect();
    let fresh: HashMap<ArticleId, usize> =
        batch.articles.iter().enumerate().map(|(at, stored)| (stored.article.id, at)).collect();
    let members = context.store.story_members(&touched).await?;
    let others: Vec<ArticleId> =
        members.iter().map(|member| member.article).filter(|id| !fresh.contains_key(id)).collect();
    let rows = context.store.snapshot_rows_of(&others).await?;
    let mut everyone = others;
    everyone.extend(fresh.keys());
    let said = context.store.overrides_of(&everyone).await?;
    let words = Overrides::of(&said);

    let mut stories: BTreeMap<StoryId, Vec<StoryMember<'_>>> = BTreeMap::new();
    for row in &rows {
        let story = present_story(row.member.story, &batch.merged);
        stories.entry(story).or_default().push(StoryMember::row(row, story));
    }
    for stored in &batch.articles {
        let first_seen = known.get(&stored.article.id).map(|known| known.first_seen);
        stories.entry(stored.member.story).or_default().push(StoryMember::fresh(stored, first_seen));
    }
    let now = context.clock.now();
    let every = context.site.topics.is_empty();
    let story_of: HashMap<ArticleId, StoryId> =
        stories.iter().flat_map(|(&story, members)| members.iter().map(move |of| (of.id(), story))).collect();
    let mut heat_inputs = HeatInputs::of(&context.store, &context.rules.heat, now, &everyone)
        .await?
        .with_boosts(&said, |article| story_of.get(&article).copied(), now);
    heat_inputs.with_batch(&batch.articles, &context.rules.heat, |story| present_story(story, &batch.merged));
    let weighed = |heat_inputs: &HeatInputs| -> Vec<Standing> {
        let stand = |members: &Vec<_>| standings(members, now, &context.rules, every, &words, heat_inputs);
        stories.values().flat_map(stand).collect()
    };
    let mut standings = weighed(&heat_inputs);
    if heat_inputs.note_dropped(&standings) {
        standings = weighed(&heat_inputs);
    }
    for standing in standings {
        match fresh.get(&standing.article) {
            Some(&at) => {
                batch.articles[at].heat = standing.heat;
                batch.articles[at].verdict = standing.verdict;
            }
            None => batch.standings.push(standing),
        }
    }
    Ok(())
}

pub(crate) fn present_story(story: StoryId, merged: &[(StoryId, StoryId)]) -> StoryId {
    merged.iter().fold(story, |story, &(from, into)| if story == from { into } else { story })
}
