//! `courant gate --dry-run`: what other gate rules would decide about past articles.

use std::collections::BTreeMap;

use courant_model::{GateRule, Heat, StoryId, Timestamp, Verdict};
use jiff::SignedDuration;
use serde::Serialize;

use crate::{
    context::Context,
    rules::Rules,
    stories::{heat_inputs::HeatInputs, member::StoryMember, overrides::Overrides, score::Scorer},
};

/// An article with a different decision under the tried rules.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GateChange {
    pub title: String,
    pub url: String,
    pub quality: i32,
    pub heat: i32,
    pub was: Verdict,
    pub now: Verdict,
}

/// The decisions of a gate about the articles of a period.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GateTrial {
    /// Number of articles.
    pub articles: usize,
    /// Number of published articles.
    pub published: usize,
    /// Number of articles that each rule decided, by its name.
    pub by_rule: BTreeMap<GateRule, usize>,
    /// Number of dropped articles.
    pub dropped: usize,
    /// Number of articles that got points or tags from each rule, by its name.
    pub given_by_rule: BTreeMap<String, usize>,
    /// Articles with a different decision, points or tags, in the order of arrival.
    pub changes: Vec<GateChange>,
}

/// Applies `rules` to the articles first seen in the last `hours`; nothing is stored.
pub async fn try_gate(context: &Context, rules: &Rules, hours: i64) -> anyhow::Result<GateTrial> {
    let now = context.clock.now();
    let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let stored = context.store.snapshot().await?;
    let overrides = Overrides::of(&stored.overrides);
    let scorer = Scorer::new(context, &overrides, now).with_rules(rules);
    let mut stories: BTreeMap<StoryId, Vec<usize>> = BTreeMap::new();
    for (at, row) in stored.rows.iter().enumerate() {
        stories.entry(row.member.story).or_default().push(at);
    }
    let heat_inputs = HeatInputs::of_all(&context.store, &rules.heat, now).await?.with_boosts_of(
        &stored.rows,
        &stored.overrides,
        now,
    );
    let mut trial = GateTrial::default();
    let mut changes: Vec<(i64, GateChange)> = Vec::new();
    for (story, members) in &stories {
        let rows = || members.iter().map(|&at| &stored.rows[at]);
        if rows().all(|row| row.first_seen < since) {
            continue;
        }
        let story_members: Vec<StoryMember<'_>> = rows().map(|row| StoryMember::row(row, *story)).collect();
        let outcome = scorer.score(&story_members, &heat_inputs);
        for (decision, row) in outcome.decisions.into_iter().zip(rows()) {
            if row.first_seen < since {
                continue;
            }
            trial.articles += 1;
            trial.published += usize::from(decision.verdict.published);
            *trial.by_rule.entry(decision.verdict.rule.clone()).or_default() += 1;
            trial.dropped += usize::from(decision.verdict.dropped);
            for effect in &decision.verdict.effects {
                *trial.given_by_rule.entry(effect.rule.clone()).or_default() += 1;
            }
            if differs(&decision.verdict, &row.verdict) {
                let change = GateChange {
                    title: row.article.title.clone(),
                    url: row.article.web_url.to_string(),
                    quality: row.judgement.quality.points(),
                    heat: Heat::published_number(decision.heat),
                    was: row.verdict.clone(),
                    now: decision.verdict,
                };
                changes.push((row.arrival, change));
            }
        }
    }
    changes.sort_by_key(|(arrival, _)| *arrival);
    trial.changes = changes.into_iter().map(|(_, change)| change).collect();
    Ok(trial)
}

/// Whether readers or editors would see a difference between the verdicts.
fn differs(now: &Verdict, was: &Verdict) -> bool {
    let effects =
        |verdict: &Verdict| verdict.effects.iter().map(|effect| effect.kind.clone()).collect::<Vec<_>>();
    now.published != was.published || now.dropped != was.dropped || effects(now) != effects(was)
}
