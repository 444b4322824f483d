//! Publish rounds: make a snapshot of the store, write the record files that changed, and commit
//! them to git.
//!
//! A full round handles all stories. In a running program the next rounds handle only what may have
//! changed since the round before; both give the same records and the same documents.

use std::{collections::HashSet, sync::Arc};

use courant_model::{Item, RecordPath, Timestamp};
use courant_render::{Publication, Snapshot, SnapshotDelta};

use super::{
    record_files::RecordFiles, records::write_records, round_state::RoundState, snapshot::StoryBatch,
    summary::PublishSummary,
};
use crate::{
    context::Context, editor::record_edits, import::collections, publish::git,
    stories::heat_inputs::HeatInputs,
};

/// Reads edits of record files back, scores all stories at the current time, writes the records
/// that changed, and returns the snapshot that they show.
pub async fn publish_records(context: &Context) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let (summary, snapshot, _) = full_round(context).await?;
    Ok((summary, snapshot))
}

/// As [`publish_records`]; also returns what the next round needs to know.
pub(crate) async fn full_round(
    context: &Context,
) -> anyhow::Result<(PublishSummary, Arc<Snapshot>, RoundState)> {
    let (mut summary, snapshot, round_state) = write_all(context).await?;
    summary.git = commit_if_visible(context, &summary).await;
    Ok((summary, snapshot, round_state))
}

/// As [`publish_records`], at the cost of what changed since `round_state` was made and `before`
/// was published. Returns what has changed.
///
/// Errors: after an error `round_state` is not valid any more, and the next round must be a full
/// one.
pub(crate) async fn next_round(
    context: &Context,
    round_state: &mut RoundState,
    before: &Publication,
) -> anyhow::Result<(PublishSummary, SnapshotDelta)> {
    let (mut summary, change) = write_changes(context, round_state, before).await?;
    summary.git = commit_if_visible(context, &summary).await;
    Ok((summary, change))
}

async fn commit_if_visible(context: &Context, summary: &PublishSummary) -> Option<Result<(), String>> {
    if context.site.config.git.commit && summary.visible > 0 {
        return Some(commit_records(context, summary.written).await);
    }
    None
}

/// Commits the record files to git. A failure does not stop publishing.
async fn commit_records(context: &Context, written: u64) -> Result<(), String> {
    let site = Arc::clone(&context.site);
    let done = tokio::task::spawn_blocking(move || {
        // Git runs in the site's folder, whose path may be relative to another folder.
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
    tracing::error!(error = failed, "records not committed");
    Err(failed)
}

async fn write_all(context: &Context) -> anyhow::Result<(PublishSummary, Arc<Snapshot>, RoundState)> {
    // No batch may be placed meanwhile: the snapshot shows one state of the store.
    let _placing = context.grouper.lock().await;
    let now = context.clock.now();
    let mut record_files = RecordFiles::default();
    let files = context.store.known_record_files().await?;
    let edits = record_edits::read_back(context, files, now, &mut record_files).await?;
    let (mut batch, mark) = StoryBatch::of_all(context, now).await?;
    batch.score(context, now).await?;
    let mut round_state = RoundState::of(&batch, &context.rules.heat, now);
    let (mut snapshot, absent) =
        batch.into_snapshot(context, now, |path| edits.known.contains_key(path)).await?;
    round_state.collections = collections::stamp(&context.site, crate::clock::file_time());
    let collections = collections::load(&context.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let mut summary =
        write_records(context, (&snapshot, absent), mark, &edits, &mut record_files, |_| true).await;
    summary.overrides = edits.overrides;
    summary.broken.extend(record_files.broken());
    round_state.unreadable.clone_from(&collections.broken);
    summary.broken.extend(collections.broken);
    summary.published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    round_state.published = summary.published;
    round_state.record_files = record_files;
    Ok((summary, Arc::new(snapshot), round_state))
}

async fn write_changes(
    context: &Context,
    round_state: &mut RoundState,
    before: &Publication,
) -> anyhow::Result<(PublishSummary, SnapshotDelta)> {
    let _placing = context.grouper.lock().await;
    let now = context.clock.now();
    let edited = round_state.record_files.possibly_edited(&context.site.records_dir());
    let files = context.store.known_record_files_of(&edited).await?;
    let mut edits = record_edits::read_back(context, files, now, &mut round_state.record_files).await?;
    let heat_inputs = HeatInputs::of_all(&context.store, &context.rules.heat, now).await?;
    let mut reading = context.store.begin_read().await?;
    let mark = reading.revision();
    let due = round_state.due(&mut reading, &heat_inputs, &edits).await?;
    let mut batch = round_state.story_batch(&mut reading, &due.stories, heat_inputs, now).await?;
    drop(reading);
    batch.score(context, now).await?;
    round_state.note(&batch, &context.rules.heat, now);
    let articles: Vec<_> = batch.rows.iter().map(|row| row.article.id).collect();
    let (part, absent) = batch.into_snapshot(context, now, |path| round_state.record_files.has(path)).await?;
    let change = before.delta_to(&part, &due.stories, articles);
    let differ = due.with_records_of(&change);
    let is_wanted = |item: &Item| differ.contains(&item.story);
    let wanted: Vec<_> = part.items.iter().filter(|item| is_wanted(item)).map(|item| item.id).collect();
    for file in context.store.known_record_files_of(&wanted).await? {
        edits.known.entry(file.path.clone()).or_insert(file);
    }
    let mut summary =
        write_records(context, (&part, absent), mark, &edits, &mut round_state.record_files, is_wanted).await;
    summary.overrides = edits.overrides;
    summary.broken.extend(round_state.record_files.broken());
    summary.broken.extend(round_state.unreadable.iter().cloned());
    summary.unchanged = (round_state.record_files.len() as u64).saturating_sub(summary.written);
    round_state.published = round_state.published + published(&change) - published_before(&change, before);
    summary.published = round_state.published;
    Ok((summary, change))
}

/// Number of published articles in the change.
fn published(change: &SnapshotDelta) -> u64 {
    change.items.iter().filter(|item| item.verdict.published).count() as u64
}

/// Number of articles in the change that were published before.
fn published_before(change: &SnapshotDelta, before: &Publication) -> u64 {
    let ids = change.items.iter().map(|item| item.id).chain(change.removed.iter().copied());
    ids.filter_map(|id| before.item(id)).filter(|item| item.verdict.published).count() as u64
}

/// The current snapshot. Only scores are stored; no record file is written.
pub(crate) async fn current_snapshot(context: &Context, now: Timestamp) -> anyhow::Result<Snapshot> {
    let _placing = context.grouper.lock().await;
    let (mut batch, _) = StoryBatch::of_all(context, now).await?;
    batch.score(context, now).await?;
    Ok(batch.into_snapshot(context, now, |_| false).await?.0)
}

/// The current snapshot with everything that a site shows, without writing anything, for commands
/// that run beside the program that works on the site. Edits of record files that this program has
/// not read yet are not included.
pub async fn snapshot_to_read(context: &Context) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let now = context.clock.now();
    let files = context.store.known_record_files().await?;
    let records: HashSet<RecordPath> = files.into_iter().map(|file| file.path).collect();
    let (mut batch, _) = StoryBatch::of_all(context, now).await?;
    batch.score_here(context, now);
    let (mut snapshot, _) = batch.into_snapshot(context, now, |path| records.contains(path)).await?;
    let collections = collections::load(&context.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    let summary = PublishSummary { broken: collections.broken, published, ..PublishSummary::default() };
    Ok((summary, Arc::new(snapshot)))
}

/// The snapshot as a publication that can be rendered.
pub fn publication(context: &Context, snapshot: Arc<Snapshot>) -> anyhow::Result<Publication> {
    Ok(Publication::new(snapshot, Arc::new(context.templates()?))?)
}
