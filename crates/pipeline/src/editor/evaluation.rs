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
    let said = Overrides::of(&stored.overrides);
    let nothing = Overrides::default();
    let by_editors = Scorer::new(context, &said, now);
    let by_machine_alone = Scorer::new(context, &nothing, now);
    let mut stories: BTreeMap<StoryId, Vec<&SnapshotRow>> = BTreeMap::new();
    for row in &stored.rows {
        stories.entry(row.member.story).or_default().push(row);
    }
    let by_machine = HeatInputs::of_all(&context.store, &context.rules.heat, now).await?;
    let heat_inputs = by_machine.clone().with_boosts_of(&stored.rows, &stored.overrides, now);
    let mut cases = Vec::new();
    for (story, rows) in &stories {
        if rows.iter().all(|row| row.first_seen < since) {
            continue;
        }
        let placed: Vec<StoryMember<'_>> = rows.iter().map(|row| StoryMember::row(row, *story)).collect();
        let alone = by_machine_alone.score(&placed, &by_machine).decisions;
        let holds = by_editors.score(&placed, &heat_inputs).decisions;
        for ((row, alone), holds) in rows.iter().zip(&alone).zip(&holds) {
            if row.first_seen >= since {
                cases.push(case(row, (alone.verdict.published, holds.verdict.published), &said));
            }
        }
    }
    Ok(evaluate(cases))
}

fn case<'a>(row: &'a SnapshotRow, (alone, holds): (bool, bool), said: &Overrides<'a>) -> Case<'a> {
    let id = row.article.id;
    let found = || row.judgement.topics.iter().map(|topic| topic.name.as_str());
    let (topics, quality) = (said.topics(id), said.quality(id));
    Case {
        machine_published: alone,
        published: holds,
        spoken: said.published(id).is_some() || topics.is_some() || quality.is_some(),
        machine_topics: found().collect(),
        topics: topics.map_or_else(|| found().collect(), |topics| topics.into_iter().collect()),
        quality: (row.judgement.quality.points(), quality.map(Quality::points)),
    }
}
