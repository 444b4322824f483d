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

#[cfg(test)]
mod tests {
    use courant_formats::record;
    use courant_model::{RecordPath, SignalKind, TopicOrigin};
    use courant_store::Batch;

    use super::*;
    use crate::{
        fixtures::{NOW, context, page, take_in, timestamp},
        process::record_capture,
        stories::rescore::to_stored_article,
    };

    const PAGE: &str = "<html><head><title>The old mill is kept for the town</title>\
        <script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":\"False\"}</script>\
        </head><body><article><h1>The old mill is kept for the town</h1><p>The council met on Tuesday, and after a \
        long debate it agreed that the mill shall be kept for the town and its visitors.</p></article></body></html>";
    const RECORD: &str = "---\ncategory: news\ntitle: Ferries run all night\n\
        publishedDateTime: '2026-01-13T08:00:00Z'\nwebUrl: https://harbour.example/ferries\n\
        topics:\n  - Ferries\n  - Nights\n---\n";

    /// Everything that is stored, with the reasons of each judgement as `reworded` changes them.
    async fn reword(context: &Context, reworded: impl Fn(&mut Judgement)) {
        let mut batch = Batch::default();
        for row in context.store.snapshot_rows().await.unwrap() {
            let mut stored = to_stored_article(context.store.article(row.article.id).await.unwrap().unwrap());
            reworded(&mut stored.judgement);
            batch.articles.push(stored);
        }
        context.store.commit(&batch, context.clock.now()).await.unwrap();
    }

    #[tokio::test]
    async fn a_paywall_and_given_topics_survive_whatever_the_reasons_say() {
        let folder = tempfile::tempdir().unwrap();
        let first = context(folder.path(), |_| {}).await;
        let path = RecordPath::parse("news/2026-01-13-ferries-run-all-night.md").unwrap();
        let parsed = record::read(RECORD).unwrap();
        let imported = record_capture::capture_of(RECORD.to_owned(), &parsed, &path, timestamp(NOW)).unwrap();
        let paid = page("https://paper.example/2026/01/14/the-old-mill-is-kept", PAGE.to_owned(), NOW);
        take_in(&first, &[imported, paid]).await;
        let before = first.store.snapshot_rows().await.unwrap();
        let is_paid =
            |row: &SnapshotRow| row.judgement.signals.iter().any(|one| one.kind == SignalKind::Paywall);
        assert_eq!(
            before.iter().map(|row| (row.paywalled, is_paid(row))).collect::<Vec<_>>(),
            [(true, true), (false, false)]
        );
        let origins = |rows: &[SnapshotRow]| -> Vec<TopicOrigin> {
            rows.iter().map(|row| row.judgement.topics_from).collect()
        };
        assert_eq!(origins(&before), [TopicOrigin::Rules, TopicOrigin::Given]);

        // As if another version had worded the reasons, and had other signals.
        reword(&first, |judgement| {
            judgement.signals.clear();
            for topic in &mut judgement.topics {
                topic.because = vec!["found by rules".to_owned()];
            }
        })
        .await;
        first.store.close().await.unwrap();

        let second = context(folder.path(), |_| {}).await;
        assert_eq!(origins(&second.store.snapshot_rows().await.unwrap()), origins(&before));
        let done = rejudge(&second, 24 * 365, false).await.unwrap();
        assert_eq!((done.articles, done.changed), (2, 2));
        let after = second.store.snapshot_rows().await.unwrap();
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.judgement, after.judgement);
            assert_eq!(before.paywalled, after.paywalled);
        }
    }
}
