//! Publishing: from the store to a snapshot, and from the snapshot to record files and static files.
//!
//! A round looks at everything, or, in a program that goes on running, at what changed since the round before: both
//! lead to the same records and the same documents.

use std::{collections::HashSet, sync::Arc, time::SystemTime};

use courant_model::{Item, RecordPath, Timestamp};
use courant_render::{Change, Publication, Snapshot};

use super::{
    record_files::RecordFiles, records::write_records, round_state::RoundState, snapshot::StoryBatch,
    summary::PublishSummary,
};
use crate::{
    context::Context, editor::record_edits, import::collections, publish::git,
    stories::heat_inputs::HeatInputs,
};

/// Reads back hand edits, weighs all stories at this moment, writes the records that changed and gives the
/// snapshot that they show.
pub async fn publish_records(context: &Context) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let (summary, snapshot, _) = whole_round(context).await?;
    Ok((summary, snapshot))
}

/// As [`publish_records`], and what the next round need not look at again.
pub(crate) async fn whole_round(
    context: &Context,
) -> anyhow::Result<(PublishSummary, Arc<Snapshot>, RoundState)> {
    let (mut summary, snapshot, round_state) = write_all(context).await?;
    summary.git = commit_what_is_seen(context, &summary).await;
    Ok((summary, snapshot, round_state))
}

/// As [`publish_records`], at the cost of what changed since `round_state` was written and `before` was published; gives
/// what has changed. After an error nothing is known of the board any more: a whole round must follow.
pub(crate) async fn next_round(
    context: &Context,
    round_state: &mut RoundState,
    before: &Publication,
) -> anyhow::Result<(PublishSummary, Change)> {
    let (mut summary, change) = write_changes(context, round_state, before).await?;
    summary.git = commit_what_is_seen(context, &summary).await;
    Ok((summary, change))
}

async fn commit_what_is_seen(context: &Context, summary: &PublishSummary) -> Option<Result<(), String>> {
    if context.site.config.git.commit && summary.visible > 0 {
        return Some(commit_records(context, summary.written).await);
    }
    None
}

/// Commits the record files to git. What readers see does not wait for a failure of it.
async fn commit_records(context: &Context, written: u64) -> Result<(), String> {
    let site = Arc::clone(&context.site);
    let done = tokio::task::spawn_blocking(move || {
        // Git is started in the site's folder, which may itself be named from somewhere else.
        let records = site.records_dir();
        let below = records.strip_prefix(&site.dir).unwrap_or(&records);
        git::commit(&site.dir, &below.to_string_lossy(), written, &site.config.git)
    });
    let failed = match done.await {
        Ok(Ok(done)) => {
            tracing::info!(?done, "records committed");
            return Ok(());
        }
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!("records not committed: {failed}");
    Err(failed)
}

async fn write_all(context: &Context) -> anyhow::Result<(PublishSummary, Arc<Snapshot>, RoundState)> {
    // No batch may be placed in between: the snapshot shows one state of the store.
    let _placing = context.grouper.lock().await;
    let now = context.clock.now();
    let mut watch = RecordFiles::default();
    let files = context.store.known_record_files().await?;
    let edits = record_edits::read_back(context, files, now, &mut watch).await?;
    let (mut ground, mark) = StoryBatch::of_all(context, now).await?;
    ground.score(context, now).await?;
    let mut round_state = RoundState::of(&ground, &context.rules.heat, now);
    let (mut snapshot, absent) = ground.shown(context, now, |path| edits.known.contains_key(path)).await?;
    round_state.collections = collections::stamp(&context.site, SystemTime::now());
    let collections = collections::load(&context.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let mut summary = write_records(context, (&snapshot, absent), mark, &edits, &mut watch, |_| true).await;
    summary.overrides = edits.overrides;
    summary.broken.extend(watch.broken());
    round_state.unread.clone_from(&collections.broken);
    summary.broken.extend(collections.broken);
    summary.published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    round_state.published = summary.published;
    round_state.watch = watch;
    Ok((summary, Arc::new(snapshot), round_state))
}

async fn write_changes(
    context: &Context,
    round_state: &mut RoundState,
    before: &Publication,
) -> anyhow::Result<(PublishSummary, Change)> {
    let _placing = context.grouper.lock().await;
    let now = context.clock.now();
    let suspects = round_state.watch.suspects(&context.site.records_dir());
    let files = context.store.known_record_files_of(&suspects).await?;
    let mut edits = record_edits::read_back(context, files, now, &mut round_state.watch).await?;
    let heat_inputs = HeatInputs::of_all(&context.store, &context.rules.heat, now).await?;
    let mut reading = context.store.reading().await?;
    let mark = reading.mark();
    let due = round_state.due(&mut reading, &heat_inputs, &edits).await?;
    let mut ground = round_state.ground(&mut reading, &due.stories, heat_inputs, now).await?;
    drop(reading);
    ground.score(context, now).await?;
    round_state.note(&ground, &context.rules.heat, now);
    let articles: Vec<_> = ground.rows.iter().map(|row| row.article.id).collect();
    let (part, absent) = ground.shown(context, now, |path| round_state.watch.has(path)).await?;
    let change = Change::of_part(before, &part, &due.stories, articles);
    let differ = due.with_records_of(&change);
    let is_wanted = |item: &Item| differ.contains(&item.story);
    let wanted: Vec<_> = part.items.iter().filter(|item| is_wanted(item)).map(|item| item.id).collect();
    for file in context.store.known_record_files_of(&wanted).await? {
        edits.known.entry(file.path.clone()).or_insert(file);
    }
    let mut summary =
        write_records(context, (&part, absent), mark, &edits, &mut round_state.watch, is_wanted).await;
    summary.overrides = edits.overrides;
    summary.broken.extend(round_state.watch.broken());
    summary.broken.extend(round_state.unread.iter().cloned());
    summary.unchanged = (round_state.watch.len() as u64).saturating_sub(summary.written);
    round_state.published = round_state.published + published(&change) - published_before(&change, before);
    summary.published = round_state.published;
    Ok((summary, change))
}

/// How many articles are published that the change brings.
fn published(change: &Change) -> u64 {
    change.items.iter().filter(|item| item.verdict.published).count() as u64
}

/// How many of the articles that the change is about were published until now.
fn published_before(change: &Change, before: &Publication) -> u64 {
    let ids = change.items.iter().map(|item| item.id).chain(change.removed.iter().copied());
    ids.filter_map(|id| before.item(id)).filter(|item| item.verdict.published).count() as u64
}

/// The snapshot of this moment, while nothing is written.
pub(crate) async fn present(context: &Context, now: Timestamp) -> anyhow::Result<Snapshot> {
    let _placing = context.grouper.lock().await;
    let (mut ground, _) = StoryBatch::of_all(context, now).await?;
    ground.score(context, now).await?;
    Ok(ground.shown(context, now, |_| false).await?.0)
}

/// The snapshot of this moment with everything that a site shows, while nothing at all is written: for commands beside
/// the program that works on the site. Edits of record files that it has not read yet are not in it.
pub async fn snapshot_to_read(context: &Context) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let now = context.clock.now();
    let files = context.store.known_record_files().await?;
    let records: HashSet<RecordPath> = files.into_iter().map(|file| file.path).collect();
    let (mut ground, _) = StoryBatch::of_all(context, now).await?;
    ground.score_here(context, now);
    let (mut snapshot, _) = ground.shown(context, now, |path| records.contains(path)).await?;
    let collections = collections::load(&context.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    let summary = PublishSummary { broken: collections.broken, published, ..PublishSummary::default() };
    Ok((summary, Arc::new(snapshot)))
}

/// The snapshot ready to be rendered.
pub fn publication(context: &Context, snapshot: Arc<Snapshot>) -> anyhow::Result<Publication> {
    Ok(Publication::new(snapshot, Arc::new(context.templates()?))?)
}
