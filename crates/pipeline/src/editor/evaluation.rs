//! Compares the machine's own decisions with the editors' decisions.

use std::collections::BTreeMap;

use courant_analysis::evaluate::{Case, Evaluation, evaluate};
use courant_model::{Quality, StoryId, Timestamp};
use courant_store::SnapshotRow;
use jiff::SignedDuration;

use crate::{
    context::Context,
    stories::{heat_inputs::HeatInputs, member::StoryMember, overrides::Overrides, score::Scorer},
};

/// Compares the machine with the editors over the articles first seen in the last `hours`.
pub async fn evaluation(context: &Context, hours: i64) -> anyhow::Result<Evaluation> {
    let now = context.clock.now();
    let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let stored = context.store.snapshot().await?;
    let overrides = Overrides::of(&stored.overrides);
    let no_overrides = Overrides::default();
    let editor_scorer = Scorer::new(context, &overrides, now);
    let machine_scorer = Scorer::new(context, &no_overrides, now);
    let mut stories: BTreeMap<StoryId, Vec<&SnapshotRow>> = BTreeMap::new();
    for row in &stored.rows {
        stories.entry(row.member.story).or_default().push(row);
    }
    let machine_inputs = HeatInputs::of_all(&context.store, &context.rules.heat, now).await?;
    let heat_inputs = machine_inputs.clone().with_boosts_of(&stored.rows, &stored.overrides, now);
    let mut cases = Vec::new();
    for (story, rows) in &stories {
        if rows.iter().all(|row| row.first_seen < since) {
            continue;
        }
        let members: Vec<StoryMember<'_>> = rows.iter().map(|row| StoryMember::row(row, *story)).collect();
        let alone = machine_scorer.score(&members, &machine_inputs).decisions;
        let effective = editor_scorer.score(&members, &heat_inputs).decisions;
        for ((row, alone), effective) in rows.iter().zip(&alone).zip(&effective) {
            if row.first_seen >= since {
                cases.push(case(row, (alone.verdict.published, effective.verdict.published), &overrides));
            }
        }
    }
    Ok(evaluate(cases))
}

fn case<'a>(row: &'a SnapshotRow, (alone, effective): (bool, bool), overrides: &Overrides<'a>) -> Case<'a> {
    let id = row.article.id;
    let found = || row.judgement.topics.iter().map(|topic| topic.name.as_str());
    let (topics, quality) = (overrides.topics(id), overrides.quality(id));
    Case {
        machine_published: alone,
        published: effective,
        edited: overrides.published(id).is_some() || topics.is_some() || quality.is_some(),
        machine_topics: found().collect(),
        topics: topics.map_or_else(|| found().collect(), |topics| topics.into_iter().collect()),
        quality: (row.judgement.quality.points(), quality.map(Quality::points)),
    }
}
