//! `courant train topics`: learns the topics from the site's own articles.

use std::collections::BTreeSet;

use courant_analysis::judge::{Example, Judge, JudgeInput, Profile, Taxonomy, Trained, train};
use courant_model::TopicOrigin;
use courant_store::SnapshotRow;

use crate::{context::Context, stories::overrides::Overrides};

/// Maximum number of articles to learn from, the newest first: their texts are kept in memory.
const MAX_ARTICLES: usize = 20_000;

/// Fixed, so that the same store always gives the same result.
const SEED: u64 = 1;

/// The trained model, and the number of articles it was trained on.
pub struct Lesson {
    pub trained: Trained,
    /// Number of articles with confirmed topics.
    pub articles: usize,
    /// Number of those whose topics an editor set.
    pub spoken: usize,
}

/// An article whose topics are confirmed.
struct Confirmed<'a> {
    row: &'a SnapshotRow,
    text: String,
    /// Ids of its topics.
    topics: BTreeSet<String>,
    /// Ids of the topics that the rules alone find.
    rules: BTreeSet<String>,
}

/// Trains on the articles whose topics an editor set and on published ones. If no editor set the
/// topics and the article did not come with any, the rules decide them. Articles whose topics an
/// earlier model has changed are left out, so that a model never confirms or contradicts itself.
pub async fn train_topics(context: &Context) -> anyhow::Result<Lesson> {
    let stored = context.store.snapshot().await?;
    let overrides = Overrides::of(&stored.overrides);
    let taxonomy = Taxonomy::new(context.site.topics.clone())?;
    let rules = Judge::new(taxonomy.clone(), Vec::new(), Profile::default());
    let is_confirmed = |row: &&SnapshotRow| {
        overrides.topics(row.article.id).is_some() || row.verdict.published && !was_changed_by_model(row)
    };
    let mut confirmed = Vec::new();
    for row in stored.rows.iter().rev().filter(is_confirmed).take(MAX_ARTICLES) {
        let (text, _) = context.store.article_text(row.article.id).await?.unwrap_or_default();
        let found = rules
            .judge(&JudgeInput::of_article(&row.article, &text))
            .topics
            .into_iter()
            .map(|topic| topic.id);
        let found: BTreeSet<String> = found.collect();
        let topics = known_topics(row, &overrides, &taxonomy).unwrap_or_else(|| found.clone());
        confirmed.push(Confirmed { row, text, topics, rules: found });
    }
    let spoken =
        confirmed.iter().filter(|article| overrides.topics(article.row.article.id).is_some()).count();
    let examples: Vec<Example<'_>> = confirmed
        .iter()
        .map(|article| Example {
            input: JudgeInput::of_article(&article.row.article, &article.text),
            topics: article.topics.iter().map(String::as_str).collect(),
            rules: article.rules.iter().map(String::as_str).collect(),
        })
        .collect();
    let ids = context.site.topics.iter().map(|topic| topic.id.as_str());
    Ok(Lesson { trained: train(ids, &examples, SEED), articles: examples.len(), spoken })
}

/// Whether an earlier model has changed the topics of an article.
fn was_changed_by_model(row: &SnapshotRow) -> bool {
    row.judgement.topics_from == TopicOrigin::Learned
}

/// The ids of the topics, including ancestors, that an editor gave the article or that it came
/// with.
pub(crate) fn known_topics(
    row: &SnapshotRow,
    overrides: &Overrides<'_>,
    taxonomy: &Taxonomy,
) -> Option<BTreeSet<String>> {
    let given = || {
        let topics = row.judgement.topics.iter().map(|topic| topic.name.as_str());
        (row.judgement.topics_from == TopicOrigin::Given).then(|| topics.collect::<Vec<&str>>())
    };
    let names = overrides.topics(row.article.id).or_else(given)?;
    let topics = taxonomy.topics();
    let places = topics.iter().enumerate().filter(|(_, topic)| names.contains(&topic.name.as_str()));
    let with_parents = places.flat_map(|(place, _)| std::iter::once(place).chain(taxonomy.ancestors(place)));
    Some(with_parents.map(|place| topics[place].id.clone()).collect())
}
