//! Other entries of topic files.

use std::collections::BTreeSet;

use courant_analysis::judge::{
    Judge, Taxonomy, TopicEntry, Weights,
    proposals::{EntryChange, EntryProposal, HeadExample, propose_entries},
};
use courant_model::Topic;
use serde::Serialize;

use super::{
    Sample,
    past::{Past, PastArticle, judge_with},
};
use crate::pipeline::{Desk, process::in_parallel};

/// A change must give so many more articles the topics that the editor gave them than it takes them from.
const FEWEST_MENDED: usize = 2;

/// One entry of a topic file that would come or go.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProposedEntry {
    /// Id of the topic.
    pub(crate) topic: String,
    /// What would be done: `keyword` (added), `exclude` (added), `remove` (a keyword).
    pub(crate) change: &'static str,
    pub(crate) entry: String,
    /// Articles on whose topic editor and machine would agree and do not now.
    pub(crate) mended: Sample,
    /// Articles on whose topic they agree and would not.
    pub(crate) broken: Sample,
    /// Articles about which no editor spoke that would get the topic, and that would lose it.
    pub(crate) gained: Sample,
    pub(crate) lost: Sample,
}

impl ProposedEntry {
    /// Does what is proposed.
    pub(super) fn change(&self, topic: &mut Topic) {
        match self.change {
            "keyword" => topic.keywords.push(self.entry.clone()),
            "exclude" => topic.exclude.push(self.entry.clone()),
            _ => topic.keywords.retain(|keyword| !is_entry(keyword, &self.entry)),
        }
    }
}

/// Whether a keyword of a file is this entry, conditional or not.
fn is_entry(keyword: &str, entry: &str) -> bool {
    keyword.trim().trim_start_matches('+').trim() == entry
}

/// Proposals for all topics, each tried by itself on all articles and kept where it mends more than it breaks.
pub(super) fn propose(desk: &Desk, past: &Past<'_>) -> anyhow::Result<Vec<ProposedEntry>> {
    let articles: Vec<(usize, &PastArticle<'_>)> =
        past.articles.iter().enumerate().filter(|(_, article)| !article.has_given_topics()).collect();
    if !articles.iter().any(|(_, article)| article.topics.is_some()) {
        return Ok(Vec::new());
    }
    let judge = &desk.rules.judge;
    let entries = judge.topic_entries();
    let examples = in_parallel(&articles, |(_, article)| example(article, judge, &entries));
    let mut proposed = Vec::new();
    for topic in past.taxonomy.topics() {
        for proposal in propose_entries(&topic.id, &examples) {
            let mut entry = named(proposal);
            try_entry(desk, past, &articles, &mut entry)?;
            if entry.mended.count >= entry.broken.count + FEWEST_MENDED {
                proposed.push(entry);
            }
        }
    }
    Ok(proposed)
}

fn named(proposal: EntryProposal) -> ProposedEntry {
    let (change, entry) = match proposal.change {
        EntryChange::Keyword(entry) => ("keyword", entry),
        EntryChange::Exclude(entry) => ("exclude", entry),
        EntryChange::Remove(entry) => ("remove", entry),
    };
    ProposedEntry {
        topic: proposal.topic,
        change,
        entry,
        mended: Sample::default(),
        broken: Sample::default(),
        gained: Sample::default(),
        lost: Sample::default(),
    }
}

fn example<'a>(article: &'a PastArticle<'_>, judge: &Judge, entries: &'a [TopicEntry]) -> HeadExample<'a> {
    let found: BTreeSet<&str> = article.judged.topics.iter().map(|topic| topic.id.as_str()).collect();
    let topics = match &article.topics {
        Some(topics) => topics.iter().map(String::as_str).collect(),
        None => found.clone(),
    };
    let keywords = judge.entries_found(&article.input()).in_head;
    HeadExample {
        title: &article.row.article.title,
        excerpt: &article.row.article.excerpt,
        language: article.row.article.language.as_deref(),
        topics,
        found,
        keywords: keywords
            .into_iter()
            .map(|at| &entries[at])
            .filter(|entry| entry.kind == "keyword" || entry.kind == "conditional")
            .map(|entry| (entry.topic.as_str(), entry.phrase.as_str()))
            .collect(),
        edited: article.topics.is_some(),
    }
}

/// Judges all articles with the changed topic and notes whose topic it changes.
fn try_entry(
    desk: &Desk,
    past: &Past<'_>,
    articles: &[(usize, &PastArticle<'_>)],
    entry: &mut ProposedEntry,
) -> anyhow::Result<()> {
    let mut topics = past.taxonomy.topics().to_vec();
    for topic in topics.iter_mut().filter(|topic| topic.id == entry.topic) {
        entry.change(topic);
    }
    let judge = judge_with(desk, Taxonomy::new(topics)?, Weights::default());
    let has = |topics: &[courant_model::TopicMatch]| topics.iter().any(|topic| topic.id == entry.topic);
    let now = in_parallel(articles, |(_, article)| has(&judge.judge(&article.input()).topics));
    let (mut mended, mut broken, mut gained, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((at, article), now) in articles.iter().zip(now) {
        if has(&article.judged.topics) == now {
            continue;
        }
        match article.topics.as_ref().map(|topics| topics.contains(&entry.topic) == now) {
            Some(true) => mended.push(*at),
            Some(false) => broken.push(*at),
            None if now => gained.push(*at),
            None => lost.push(*at),
        }
    }
    entry.mended = past.sample(mended);
    entry.broken = past.sample(broken);
    entry.gained = past.sample(gained);
    entry.lost = past.sample(lost);
    Ok(())
}
