//! The story index: the articles that new articles may be grouped with, held in memory and rebuilt
//! from the store.

use std::{sync::Arc, time::Instant};

use anyhow::Context as _;
use courant_analysis::group::{Dictionary, GroupDoc, Grouper, Model, prepare_with};
use courant_model::{DateOrigin, Timestamp};
use courant_store::GroupRow;

use crate::{context::Context, parallel::in_parallel, stories::overrides, tasks};

/// Articles that are read and restored in one step.
const RESTORE_BATCH: usize = 2_000;

/// Rebuilds the story index if there is none yet. This happens before captures are claimed, so that
/// a program that is killed meanwhile does not count as one of their attempts.
pub(crate) async fn prepare(context: &Context) -> anyhow::Result<()> {
    let mut index = context.grouper.lock().await;
    if index.is_none() {
        *index = Some(rebuild(context).await?);
    }
    Ok(())
}

/// Rebuilds the story index from the store, step by step, so that the texts of a large window are
/// never in memory together. Articles older than the window are not read.
pub(crate) async fn rebuild(context: &Context) -> anyhow::Result<Grouper> {
    let begun = Instant::now();
    let config = context.group_config();
    let since = match context.store.newest_first_seen().await? {
        Some(newest) => window_start(newest, context.site.config.group.window_days.0),
        None => Timestamp::MIN,
    };
    let mut after = context.store.arrival_before_newest(config.max_articles).await?;
    let model = context.rules.group_model.as_ref().unwrap_or(Model::trained());
    let mut grouper = Grouper::with_model(config, model);
    grouper.forbid_merges(overrides::split_stories(&context.store).await?);
    loop {
        let rows = context.store.group_window_after(since, after, RESTORE_BATCH).await?;
        let Some(last) = rows.last() else {
            let seconds = begun.elapsed().as_secs_f64();
            tracing::info!(articles = grouper.len(), seconds, "story index rebuilt");
            return Ok(grouper);
        };
        tasks::heartbeat();
        after = last.arrival;
        let rules = Arc::clone(&context.rules);
        grouper = tokio::task::spawn_blocking(move || {
            restore(&mut grouper, &rows, &rules.dictionary);
            grouper
        })
        .await
        .context("cannot rebuild the story index")?;
    }
}

/// Restores articles to the index in their order.
fn restore(grouper: &mut Grouper, rows: &[GroupRow], dictionary: &Dictionary) {
    let prepared = in_parallel(rows, |row| {
        let doc = GroupDoc {
            id: row.id,
            title: &row.title,
            text: &row.text,
            time: (row.published_from != DateOrigin::FirstSeen).then_some(row.published),
            first_seen: Some(row.first_seen),
            url: Some(row.url.as_str()),
            source: Some(&row.provider),
            authors: &row.authors,
            language: row.language.as_deref(),
        };
        prepare_with(&doc, dictionary)
    });
    for (row, prepared) in rows.iter().zip(prepared) {
        grouper.restore(prepared, row.story, row.copy_of);
    }
}

fn window_start(newest: Timestamp, days: u32) -> Timestamp {
    newest.checked_sub(jiff::SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}
