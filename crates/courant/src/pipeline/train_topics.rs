//! What a site's own articles teach about its topics.

use std::collections::BTreeSet;

use courant_analysis::judge::{
    Example, GIVEN_TOPIC_REASON, Judge, JudgeInput, LEARNED_REASON_PREFIX, Profile, Taxonomy, Trained, train,
};
use courant_store::SnapshotRow;

use super::{Desk, standing::Words};

/// How many articles are learned from, the newest first: their texts are held in memory.
const MOST: usize = 20_000;

/// So that the same store teaches the same.
const SEED: u64 = 1;

/// What was learned, and from how many articles.
pub(crate) struct Lesson {
    pub(crate) trained: Trained,
    /// Confirmed articles.
    pub(crate) articles: usize,
    /// Of these, how many have topics by an editor's word.
    pub(crate) spoken: usize,
}

/// An article whose topics are confirmed.
struct Confirmed<'a> {
    row: &'a SnapshotRow,
    text: String,
    /// What it is about.
    topics: BTreeSet<String>,
    /// What the rules alone find.
    rules: BTreeSet<String>,
}

/// Learns from the articles that an editor gave topics and from those that are published. Where no editor spoke and the
/// article did not bring its topics, they are what the rules say; where what was learned before spoke against them, nobody
/// knows, and the article is left out: what was learned teaches neither for itself nor against.
pub(crate) async fn train_topics(desk: &Desk) -> anyhow::Result<Lesson> {
    let stored = desk.store.snapshot().await?;
    let words = Words::of(&stored.overrides);
    let taxonomy = Taxonomy::new(desk.site.topics.clone())?;
    let rules = Judge::new(taxonomy.clone(), Vec::new(), Profile::default());
    let is_confirmed = |row: &&SnapshotRow| {
        words.topics(row.article.id).is_some() || row.verdict.published && !is_touched(row)
    };
    let mut confirmed = Vec::new();
    for row in stored.rows.iter().rev().filter(is_confirmed).take(MOST) {
        let (text, _) = desk.store.article_text(row.article.id).await?.unwrap_or_default();
        let found = rules
            .judge(&JudgeInput::of_article(&row.article, &text))
            .topics
            .into_iter()
            .map(|topic| topic.id);
        let found: BTreeSet<String> = found.collect();
        let topics = known_topics(row, &words, &taxonomy).unwrap_or_else(|| found.clone());
        confirmed.push(Confirmed { row, text, topics, rules: found });
    }
    let spoken = confirmed.iter().filter(|article| words.topics(article.row.article.id).is_some()).count();
    let examples: Vec<Example<'_>> = confirmed
        .iter()
        .map(|article| Example {
            input: JudgeInput::of_article(&article.row.article, &article.text),
            topics: article.topics.iter().map(String::as_str).collect(),
            rules: article.rules.iter().map(String::as_str).collect(),
        })
        .collect();
    let ids = desk.site.topics.iter().map(|topic| topic.id.as_str());
    Ok(Lesson { trained: train(ids, &examples, SEED), articles: examples.len(), spoken })
}

/// Whether what was learned has changed the topics of an article.
fn is_touched(row: &SnapshotRow) -> bool {
    let told = |because: &String| because.starts_with(LEARNED_REASON_PREFIX);
    !row.judgement.refused.is_empty()
        || row.judgement.topics.iter().any(|topic| topic.because.iter().any(told))
}

/// The topics, with all above them, that an editor gave the article or that it brought with it.
pub(super) fn known_topics(
    row: &SnapshotRow,
    words: &Words<'_>,
    taxonomy: &Taxonomy,
) -> Option<BTreeSet<String>> {
    let given = || {
        let topics = row.judgement.topics.iter();
        topics
            .map(|topic| {
                topic
                    .because
                    .iter()
                    .any(|because| because == GIVEN_TOPIC_REASON)
                    .then_some(topic.name.as_str())
            })
            .collect::<Option<Vec<&str>>>()
            .filter(|topics| !topics.is_empty())
    };
    let names = words.topics(row.article.id).or_else(given)?;
    let topics = taxonomy.topics();
    let places = topics.iter().enumerate().filter(|(_, topic)| names.contains(&topic.name.as_str()));
    let with_parents = places.flat_map(|(place, _)| std::iter::once(place).chain(taxonomy.ancestors(place)));
    Some(with_parents.map(|place| topics[place].id.clone()).collect())
}
