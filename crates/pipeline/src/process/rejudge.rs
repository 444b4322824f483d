//! Judges stored articles by the current rules: weights, topics, providers.

use std::collections::BTreeMap;

use courant_model::{ArticleId, Judgement, Timestamp};
use courant_store::SnapshotRow;
use jiff::SignedDuration;
use serde::Serialize;

use crate::{context::Context, parallel::in_parallel, process::stored_input::judged_again};

/// Articles whose texts are in memory together.
const BATCH: usize = 1_000;

/// What changes when articles are judged again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejudged {
    /// Number of articles that were judged.
    pub articles: usize,
    /// Number of articles that were not judged, because their text is no longer kept.
    pub without_text: usize,
    /// Number of articles whose judgement changed.
    pub changed: usize,
    /// Number of articles whose quality changed.
    pub quality: usize,
    /// By topic name: the number of articles that get the topic, and of those that lose it.
    pub topics: BTreeMap<String, (usize, usize)>,
}

/// Judges the articles first seen in the last `hours`, and stores what differs unless `dry_run` is
/// set. Heat and verdicts follow in the next publish round. Overrides are not changed.
pub async fn rejudge(context: &Context, hours: i64, dry_run: bool) -> anyhow::Result<Rejudged> {
    let since = context.clock.now().checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
    let mut rows = context.store.snapshot_rows().await?;
    rows.retain(|row| row.first_seen >= since);
    let mut done = Rejudged { articles: rows.len(), ..Rejudged::default() };
    for part in rows.chunks(BATCH) {
        let mut with_texts = Vec::with_capacity(part.len());
        for row in part {
            if context.store.text_is_removed(row.article.id).await? {
                done.without_text += 1;
                continue;
            }
            let (text, _) = context.store.article_text(row.article.id).await?.unwrap_or_default();
            with_texts.push((row, text));
        }
        let judged = in_parallel(&with_texts, |(row, text)| judged_again(&context.rules.judge, row, text));
        let changed: Vec<(ArticleId, Judgement)> = with_texts
            .iter()
            .zip(judged)
            .filter(|((row, _), judged)| row.judgement != *judged)
            .inspect(|((row, _), judged)| done.count(row, judged))
            .map(|((row, _), judged)| (row.article.id, judged))
            .collect();
        if !dry_run && !changed.is_empty() {
            context.store.replace_judgements(&changed).await?;
        }
    }
    done.articles -= done.without_text;
    Ok(done)
}

impl Rejudged {
    fn count(&mut self, row: &SnapshotRow, judged: &Judgement) {
        self.changed += 1;
        self.quality += usize::from(row.judgement.quality != judged.quality);
        let has = |judgement: &Judgement, name: &str| judgement.topics.iter().any(|topic| topic.name == name);
        for topic in judged.topics.iter().filter(|topic| !has(&row.judgement, &topic.name)) {
            self.topics.entry(topic.name.clone()).or_default().0 += 1;
        }
        for topic in row.judgement.topics.iter().filter(|topic| !has(judged, &topic.name)) {
            self.topics.entry(topic.name.clone()).or_default().1 += 1;
        }
    }
}
