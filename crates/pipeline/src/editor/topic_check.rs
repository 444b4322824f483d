//! Checks the topic files against the stored articles: entries that never match, match too much, or
//! belong to two topics.

use std::collections::BTreeMap;

use courant_analysis::judge::{JudgeInput, TopicEntry};
use courant_store::SnapshotRow;
use serde::Serialize;

use crate::context::Context;

/// An entry matches too much if it is in at least this number of heads (title or excerpt), …
const MIN_HEADS: u64 = 5;
/// … and at most this share of them is about its topic.
const MAX_ABOUT_SHARE: f64 = 0.25;

/// An entry of a topic file, and how often it matched.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryUse {
    pub topic: String,
    pub entry: String,
    /// `keyword`, `conditional`, `exclude` or `hashtag`.
    pub kind: &'static str,
    /// Number of articles with the entry in title, excerpt or text.
    pub articles: u64,
    /// Number of articles with the entry in title or excerpt.
    pub heads: u64,
    /// Number of those that are about the topic.
    pub about_topic: u64,
}

/// The result of the check.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicCheck {
    /// Number of articles checked.
    pub articles: u64,
    /// Number of articles of each topic, by its id.
    pub by_topic: BTreeMap<String, u64>,
    /// Entries that match no article.
    pub never: Vec<EntryUse>,
    /// Entries in title or excerpt of articles that are mostly about something else.
    pub astray: Vec<EntryUse>,
    /// Entries that belong to several topics, none of which is an ancestor of another, with the
    /// topics.
    pub overlaps: BTreeMap<String, Vec<String>>,
}

/// Checks all stored articles.
pub async fn check_topics(context: &Context) -> anyhow::Result<TopicCheck> {
    let judge = &context.rules.judge;
    let mut uses: Vec<EntryUse> = judge.topic_entries().into_iter().map(unused).collect();
    let mut check = TopicCheck { overlaps: overlaps(context, &uses), ..TopicCheck::default() };
    for topic in judge.taxonomy().topics() {
        check.by_topic.insert(topic.id.clone(), 0);
    }
    for row in context.store.snapshot_rows().await? {
        let (text, _) = context.store.article_text(row.article.id).await?.unwrap_or_default();
        count_uses(&row, &text, context, &mut uses, &mut check);
    }
    check.never = uses.iter().filter(|entry| entry.articles == 0).cloned().collect();
    check.astray = uses.into_iter().filter(matches_too_much).collect();
    check.astray.sort_by_key(|entry| std::cmp::Reverse(entry.heads - entry.about_topic));
    Ok(check)
}

fn unused(entry: TopicEntry) -> EntryUse {
    let TopicEntry { topic, phrase, kind } = entry;
    EntryUse { topic, entry: phrase, kind, articles: 0, heads: 0, about_topic: 0 }
}

/// Whether an entry matches too much. Exclusions and conditional entries are meant to match other
/// articles.
fn matches_too_much(entry: &EntryUse) -> bool {
    matches!(entry.kind, "keyword" | "hashtag")
        && entry.heads >= MIN_HEADS
        && entry.about_topic as f64 <= entry.heads as f64 * MAX_ABOUT_SHARE
}

fn count_uses(
    row: &SnapshotRow,
    text: &str,
    context: &Context,
    uses: &mut [EntryUse],
    check: &mut TopicCheck,
) {
    let input = JudgeInput::of_article(&row.article, text);
    // By the current topic files, not those at the arrival of the article.
    let topics = context.rules.judge.judge(&input).topics;
    let found = context.rules.judge.entries_found(&input);
    check.articles += 1;
    for topic in &topics {
        *check.by_topic.entry(topic.id.clone()).or_default() += 1;
    }
    for at in found.anywhere {
        uses[at].articles += 1;
    }
    for at in found.in_head {
        uses[at].heads += 1;
        uses[at].about_topic += u64::from(topics.iter().any(|topic| topic.id == uses[at].topic));
    }
}

fn overlaps(context: &Context, uses: &[EntryUse]) -> BTreeMap<String, Vec<String>> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in uses.iter().filter(|entry| entry.kind != "exclude") {
        let topics = owners.entry(entry.entry.to_lowercase()).or_default();
        if !topics.contains(&entry.topic) {
            topics.push(entry.topic.clone());
        }
    }
    let taxonomy = context.rules.judge.taxonomy();
    let place = |id: &str| taxonomy.topics().iter().position(|topic| topic.id == id);
    let above = |upper: &str, lower: &str| match (place(upper), place(lower)) {
        (Some(upper), Some(lower)) => taxonomy.ancestors(lower).any(|ancestor| ancestor == upper),
        _ => false,
    };
    owners.retain(|_, topics| {
        let pairs = topics.iter().flat_map(|one| topics.iter().map(move |other| (one, other)));
        pairs.filter(|(one, other)| one != other).any(|(one, other)| !above(one, other) && !above(other, one))
    });
    owners
}
