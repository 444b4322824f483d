//! Where the articles of a story stand: lead, heat, verdict.

use std::collections::HashMap;

use courant_analysis::{
    gate::GateInput,
    story::{self, StoryArticle},
};
use courant_model::{
    Article, ArticleId, Heat, Judgement, Member, Override, Quality, Record, StoryId, Timestamp, Value,
    Verdict,
};
use courant_store::{SnapshotRow, Standing, StoredArticle};

use super::{attention::Attention, desk::Rules, hand_edits, story_edit};

/// The words of editors, by article.
#[derive(Debug, Default)]
pub(super) struct Words<'a>(HashMap<ArticleId, Vec<&'a Override>>);

impl<'a> Words<'a> {
    pub(super) fn of(overrides: &'a [Override]) -> Self {
        let mut words: HashMap<ArticleId, Vec<&Override>> = HashMap::new();
        for word in overrides {
            words.entry(word.article).or_default().push(word);
        }
        Self(words)
    }

    /// What was said about one article.
    pub(super) fn about(&self, article: ArticleId) -> &[&'a Override] {
        self.0.get(&article).map_or(&[], Vec::as_slice)
    }

    fn value(&self, article: ArticleId, field: &str) -> Option<&'a Value> {
        self.about(article).iter().find(|word| word.field == field).map(|word| &word.value)
    }

    /// The text that an editor gave a field of the article's record.
    pub(super) fn text(&self, article: ArticleId, field: &str) -> Option<&'a str> {
        self.value(article, field)?.as_str()
    }

    /// Whether an editor has published or held the article.
    pub(super) fn published(&self, article: ArticleId) -> Option<bool> {
        self.value(article, "published").and_then(Value::as_bool)
    }

    /// The quality that an editor gave the article.
    pub(super) fn quality(&self, article: ArticleId) -> Option<Quality> {
        let points = self.value(article, "quality").and_then(Value::as_int)?;
        i32::try_from(points).ok().map(Quality::from_points)
    }

    /// Whether an editor has made the article the lead of its story.
    pub(super) fn leads(&self, article: ArticleId) -> bool {
        self.is_marked(article, story_edit::LEAD)
    }

    /// Whether an editor has pinned the article's story to the top of the front page.
    pub(super) fn pins(&self, article: ArticleId) -> bool {
        self.is_marked(article, story_edit::PIN)
    }

    fn is_marked(&self, article: ArticleId, field: &str) -> bool {
        self.value(article, field).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The topics that an editor gave the article, by name.
    pub(super) fn topics(&self, article: ArticleId) -> Option<Vec<&'a str>> {
        let value = self.value(article, "topics")?;
        Some(value.as_list().into_iter().flatten().filter_map(Value::as_str).collect())
    }

    /// Whether the article has a place on a site with topics: it has one of them, by an editor's word where there is one,
    /// else by the machine's; or an editor has published it.
    pub(super) fn belongs(&self, article: ArticleId, judgement: &Judgement) -> bool {
        let has_topic =
            || self.topics(article).map_or(!judgement.topics.is_empty(), |topics| !topics.is_empty());
        self.published(article) == Some(true) || has_topic()
    }
}

/// An article whose standing is to be found.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    article: &'a Article,
    judgement: &'a Judgement,
    pub(super) story: StoryId,
    copy_of: Option<ArticleId>,
    first_seen: Timestamp,
    heat: Heat,
    verdict: &'a Verdict,
}

impl<'a> Placed<'a> {
    /// A stored article; its story is named by `story`, which may be newer than the row.
    pub(super) fn row(row: &'a SnapshotRow, story: StoryId) -> Self {
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
    pub(super) fn fresh(stored: &'a StoredArticle, first_seen: Option<Timestamp>) -> Self {
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

    pub(super) const fn id(&self) -> ArticleId {
        self.article.id
    }

    /// Whether heat or verdict differ from what is stored.
    pub(super) fn differs_from(&self, standing: &Standing) -> bool {
        standing.heat != self.heat || &standing.verdict != self.verdict
    }
}

/// The standing of every member of one story at this moment. Only articles with a topic can lead or be
/// related; on a site that `takes_every_article` all can. What a rule drops neither leads nor heats the story: the
/// others are weighed without it, until no more is dropped.
pub(super) fn standings(
    members: &[Placed<'_>],
    now: Timestamp,
    rules: &Rules,
    takes_every_article: bool,
    words: &Words<'_>,
    attention: &Attention,
) -> Vec<Standing> {
    let Some(story) = members.first().map(|member| member.story) else { return Vec::new() };
    let on_topic = |member: &Placed<'_>| takes_every_article || words.belongs(member.id(), member.judgement);
    let mut dropped: HashMap<ArticleId, Standing> = HashMap::new();
    loop {
        let stands = |member: &&Placed<'_>| on_topic(member) && !dropped.contains_key(&member.id());
        let articles: Vec<StoryArticle> =
            members.iter().filter(stands).map(|member| story_article(member, words)).collect();
        let heated = attention.of_story(story, articles.iter().map(|article| article.id));
        let lead = story::rank(&articles, &heated, now, &rules.heat);
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
    member: &Placed<'_>,
    lead_heat: Option<Heat>,
    has_topic: bool,
    story_size: usize,
    rules: &Rules,
    words: &Words<'_>,
) -> Standing {
    let id = member.id();
    let heat = lead_heat.unwrap_or(Heat::NOT_LEAD);
    // What rules gave before is no condition of what they give now.
    let before = Verdict { effects: Vec::new(), ..member.verdict.clone() };
    let record = Record::of(member.article, member.judgement, heat, &before);
    let verdict = rules.gate.decide(&GateInput {
        record: &hand_edits::with_overrides(record, words.about(id)),
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

fn story_article(member: &Placed<'_>, words: &Words<'_>) -> StoryArticle {
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
