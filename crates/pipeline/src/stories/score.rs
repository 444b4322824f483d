//! The score of a story: computes from its members the lead, the related articles, the heat with
//! its reasons, and a verdict on each member. A pure function, used for placing, rounds, trials and
//! proposals alike.

use std::collections::{BTreeMap, HashMap};

use courant_analysis::{
    gate::GateInput,
    story::{self, HeatRule, StoryArticle},
};
use courant_model::{ArticleId, Heat, Record, StoryId, Timestamp, Verdict};
use courant_store::ArticleDecision;

use crate::{
    context::Context,
    rules::Rules,
    stories::{
        heat_inputs::HeatInputs,
        member::StoryMember,
        overrides::{self, Overrides},
    },
};

/// What stories are scored with, besides their members and heat inputs.
#[derive(Clone, Copy)]
pub(crate) struct Scorer<'a> {
    now: Timestamp,
    rules: &'a Rules,
    /// Whether articles without a topic can lead and be related, because the site has no topics.
    takes_every_article: bool,
    overrides: &'a Overrides<'a>,
}

/// The score of a story.
#[derive(Debug)]
pub(crate) struct ScoredStory {
    /// Heat and verdict of each member, in the order of the members.
    pub(crate) decisions: Vec<ArticleDecision>,
    /// `None` if no member can lead.
    pub(crate) outcome: Option<StoryOutcome>,
}

/// The lead, the related articles and the heat of a story.
#[derive(Debug)]
pub(crate) struct StoryOutcome {
    pub(crate) ranking: story::RankedStory,
    /// The articles that count and what heats them, if the lead is published: the input of the heat
    /// curve.
    counted: Option<(Vec<StoryArticle>, story::ExternalSignals)>,
}

impl StoryOutcome {
    /// The heat of the story over time; `None` if readers do not see the story. Takes as long as
    /// scoring two dozen stories.
    pub(crate) fn heat_curve(&self, now: Timestamp, rule: &HeatRule) -> Option<courant_model::HeatCurve> {
        let (articles, heat_inputs) = self.counted.as_ref()?;
        story::heat_curve(articles, heat_inputs, now, rule)
    }
}

impl<'a> Scorer<'a> {
    /// Scores with the rules of the site.
    pub(crate) fn new(context: &'a Context, overrides: &'a Overrides<'a>, now: Timestamp) -> Self {
        Self { now, rules: &context.rules, takes_every_article: context.takes_every_article(), overrides }
    }

    /// The same with other rules.
    pub(crate) fn with_rules(self, rules: &'a Rules) -> Self {
        Self { rules, ..self }
    }

    /// Scores one story. Only articles with a topic can lead or be related, unless the site takes
    /// every article. Articles that a rule drops neither lead nor heat the story: the others are
    /// scored without them, until no more are dropped.
    pub(crate) fn score(&self, members: &[StoryMember<'_>], heat_inputs: &HeatInputs) -> ScoredStory {
        let Some(story) = members.first().map(|member| member.story) else {
            return ScoredStory { decisions: Vec::new(), outcome: None };
        };
        let mut dropped: HashMap<ArticleId, ArticleDecision> = HashMap::new();
        loop {
            let counts =
                |member: &&StoryMember<'_>| self.is_on_topic(member) && !dropped.contains_key(&member.id());
            let articles: Vec<StoryArticle> =
                members.iter().filter(counts).map(|member| member.story_article(self.overrides)).collect();
            let external = heat_inputs.of_story(story, articles.iter().map(|article| article.id));
            let ranking = story::rank(&articles, &external, self.now, &self.rules.heat);
            let decisions: Vec<ArticleDecision> = members
                .iter()
                .map(|member| {
                    if let Some(decision) = dropped.get(&member.id()) {
                        return decision.clone();
                    }
                    let lead = ranking.as_ref().filter(|ranking| ranking.lead == member.id());
                    self.decide(member, lead.map(|ranking| ranking.heat), articles.len())
                })
                .collect();
            let before = dropped.len();
            let fresh = decisions.iter().filter(|decision| decision.verdict.dropped);
            dropped.extend(
                fresh.map(|decision| (decision.article, ArticleDecision { heat: None, ..decision.clone() })),
            );
            if dropped.len() == before {
                let outcome = ranking.map(|ranking| {
                    let is_lead = |decision: &&ArticleDecision| decision.article == ranking.lead;
                    let is_shown = decisions.iter().find(is_lead).is_some_and(|lead| lead.verdict.published);
                    StoryOutcome { ranking, counted: is_shown.then_some((articles, external)) }
                });
                return ScoredStory { decisions, outcome };
            }
        }
    }

    /// Scores stories that may heat each other by links. Dropped articles heat no story: if the set
    /// of dropped articles changes, all stories are scored again.
    pub(crate) fn score_together(
        &self,
        stories: &BTreeMap<StoryId, Vec<StoryMember<'_>>>,
        heat_inputs: &mut HeatInputs,
    ) -> Vec<ScoredStory> {
        let all = |heat_inputs: &HeatInputs| -> Vec<ScoredStory> {
            stories.values().map(|members| self.score(members, heat_inputs)).collect()
        };
        let scored = all(heat_inputs);
        if heat_inputs.note_dropped(scored.iter().flat_map(|story| &story.decisions)) {
            return all(heat_inputs);
        }
        scored
    }

    fn is_on_topic(&self, member: &StoryMember<'_>) -> bool {
        self.takes_every_article || self.overrides.belongs(member.id(), member.judgement)
    }

    /// The decision on a member of a story in which `story_size` articles count. `heat` is
    /// `None` unless the member leads.
    fn decide(&self, member: &StoryMember<'_>, heat: Option<Heat>, story_size: usize) -> ArticleDecision {
        let id = member.id();
        // The effects of earlier rules are not an input of the rules.
        let before = Verdict { effects: Vec::new(), ..member.verdict.clone() };
        let record = Record::of(member.article, member.judgement, heat, &before);
        let verdict = self.rules.gate.decide(&GateInput {
            record: &overrides::with_overrides(record, self.overrides.about(id)),
            signals: &member.judgement.signals,
            is_copy: member.copy_of.is_some(),
            quality: self.overrides.quality(id).unwrap_or(member.judgement.quality),
            heat,
            has_topic: self.is_on_topic(member),
            story_size,
            published: member.article.published,
            first_seen: member.first_seen,
            editor: self.overrides.published(id),
        });
        let heat = heat.map(|heat| heat.boosted(verdict.boost()));
        ArticleDecision { article: id, story: member.story, heat, verdict }
    }
}
