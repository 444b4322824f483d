//! Proposals for new and removed entries of topic files.

use std::collections::BTreeSet;

use courant_analysis::judge::{
    Judge, Taxonomy, TopicEntry, Weights,
    proposals::{EntryChange, EntryProposal, HeadExample, propose_entries},
};
use courant_model::Topic;
use serde::Serialize;

use crate::{
    context::Context,
    editor::proposals::{
        Sample,
        past::{Past, PastArticle, judge_with},
    },
    parallel::in_parallel,
};

/// A change must correct at least this number of articles more than it breaks.
const MIN_NET_FIXED: usize = 2;

/// One entry to add to a topic file or remove from it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposedEntry {
    /// Id of the topic.
    pub topic: String,
    /// `keyword` (add a keyword), `exclude` (add an exclusion) or `remove` (remove a keyword).
    pub change: &'static str,
    pub entry: String,
    /// Articles whose topic would match the editor's and does not now.
    pub mended: Sample,
    /// Articles whose topic matches the editor's now and would not.
    pub broken: Sample,
    /// Articles without an editor's decision that would get the topic, and those that would lose
    /// it.
    pub gained: Sample,
    pub lost: Sample,
}

impl ProposedEntry {
    /// Applies the proposal to the topic.
    pub(crate) fn change(&self, topic: &mut Topic) {
        match self.change {
            "keyword" => topic.keywords.push(self.entry.clone()),
            "exclude" => topic.exclude.push(self.entry.clone()),
            _ => topic.keywords.retain(|keyword| !is_entry(keyword, &self.entry)),
        }
    }
}

/// Whether a keyword of a topic file is this entry, with or without the `+` of a conditional one.
fn is_entry(keyword: &str, entry: &str) -> bool {
    keyword.trim().trim_start_matches('+').trim() == entry
}

/// Proposals for all topics. Each is tried alone on all articles, and kept if it corrects more than
/// it breaks.
pub(crate) fn propose(context: &Context, past: &Past<'_>) -> anyhow::Result<Vec<ProposedEntry>> {
    let articles: Vec<(usize, &PastArticle<'_>)> =
        past.articles.iter().enumerate().filter(|(_, article)| !article.has_given_topics()).collect();
    if !articles.iter().any(|(_, article)| article.topics.is_some()) {
        return Ok(Vec::new());
    }
    let judge = &context.rules.judge;
    let entries = judge.topic_entries();
    let examples = in_parallel(&articles, |(_, article)| example(article, judge, &entries));
    let mut proposed = Vec::new();
    for topic in past.taxonomy.topics() {
        for proposal in propose_entries(&topic.id, &examples) {
            let mut entry = untried(proposal);
            try_entry(context, past, &articles, &mut entry)?;
            if entry.mended.count >= entry.broken.count + MIN_NET_FIXED {
                proposed.push(entry);
            }
        }
    }
    Ok(proposed)
}

fn untried(proposal: EntryProposal) -> ProposedEntry {
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

/// Judges all articles with the changed topic and fills in the articles whose topic changes.
fn try_entry(
    context: &Context,
    past: &Past<'_>,
    articles: &[(usize, &PastArticle<'_>)],
    entry: &mut ProposedEntry,
) -> anyhow::Result<()> {
    let mut topics = past.taxonomy.topics().to_vec();
    for topic in topics.iter_mut().filter(|topic| topic.id == entry.topic) {
        entry.change(topic);
    }
    let judge = judge_with(context, Taxonomy::new(topics)?, Weights::default());
    let has = |topics: &[courant_model::TopicMatch]| topics.iter().any(|topic| topic.id == entry.topic);
    let now = in_parallel(articles, |(_, article)| has(&judge.judge(&article.input()).topics));
    let (mut fixed, mut broken, mut gained, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((at, article), now) in articles.iter().zip(now) {
        if has(&article.judged.topics) == now {
            continue;
        }
        match article.topics.as_ref().map(|topics| topics.contains(&entry.topic) == now) {
            Some(true) => fixed.push(*at),
            Some(false) => broken.push(*at),
            None if now => gained.push(*at),
            None => lost.push(*at),
        }
    }
    entry.mended = past.sample(fixed);
    entry.broken = past.sample(broken);
    entry.gained = past.sample(gained);
    entry.lost = past.sample(lost);
    Ok(())
}
