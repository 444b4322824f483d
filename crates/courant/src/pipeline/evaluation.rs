//! The machine beside the editor: what it would have decided alone, and what holds.

use std::collections::BTreeMap;

use courant_analysis::evaluate::{Case, Evaluation, evaluate};
use courant_model::{Quality, StoryId, Timestamp};
use courant_store::SnapshotRow;
use jiff::SignedDuration;

use super::{
    Desk,
    attention::Attention,
    standing::{Placed, Words, standings},
};

/// Compares the machine with the editors over the articles first seen in the last `hours`.
pub(crate) async fn evaluation(desk: &Desk, hours: i64) -> anyhow::Result<Evaluation> {
    let now = desk.clock.now();
    let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let stored = desk.store.snapshot().await?;
    let said = Words::of(&stored.overrides);
    let nothing = Words::default();
    let every = desk.site.topics.is_empty();
    let mut stories: BTreeMap<StoryId, Vec<&SnapshotRow>> = BTreeMap::new();
    for row in &stored.rows {
        stories.entry(row.member.story).or_default().push(row);
    }
    let by_machine = Attention::of_all(&desk.store, &desk.rules.heat, now).await?;
    let attention = by_machine.clone().with_boosts_of(&stored.rows, &stored.overrides, now);
    let mut cases = Vec::new();
    for (story, rows) in &stories {
        if rows.iter().all(|row| row.first_seen < since) {
            continue;
        }
        let placed: Vec<Placed<'_>> = rows.iter().map(|row| Placed::row(row, *story)).collect();
        let alone = standings(&placed, now, &desk.rules, every, &nothing, &by_machine);
        let holds = standings(&placed, now, &desk.rules, every, &said, &attention);
        for ((row, alone), holds) in rows.iter().zip(&alone).zip(&holds) {
            if row.first_seen >= since {
                cases.push(case(row, (alone.verdict.published, holds.verdict.published), &said));
            }
        }
    }
    Ok(evaluate(cases))
}

fn case<'a>(row: &'a SnapshotRow, (alone, holds): (bool, bool), said: &Words<'a>) -> Case<'a> {
    let id = row.article.id;
    let found = || row.judgement.topics.iter().map(|topic| topic.name.as_str());
    let (topics, quality) = (said.topics(id), said.quality(id));
    Case {
        machine_published: alone,
        published: holds,
        edited: said.published(id).is_some() || topics.is_some() || quality.is_some(),
        machine_topics: found().collect(),
        topics: topics.map_or_else(|| found().collect(), |topics| topics.into_iter().collect()),
        quality: (row.judgement.quality.points(), quality.map(Quality::points)),
    }
}
