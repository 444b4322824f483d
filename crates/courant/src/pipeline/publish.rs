//! Publishing: from the store to a snapshot, and from the snapshot to record files and static files.
//!
//! A round looks at everything, or, in a program that goes on running, at what changed since the round before: both
//! lead to the same records and the same documents.

mod board;
mod records;
mod snapshot;
mod unwritten;
mod watch;

use std::{collections::HashSet, sync::Arc};

use courant_model::{ArticleId, Item, RecordPath, Snapshot, Timestamp};
use courant_render::{Change, Publication, Templates};
use serde::Serialize;

pub(crate) use self::unwritten::Unwritten;
pub(super) use self::{
    board::Board,
    watch::{Look, Watch},
};
use self::{records::write_records, snapshot::Ground};
use super::{Desk, attention::Attention, collections, git, hand_edits};

/// What publishing did.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishSummary {
    /// Records that were written.
    pub(crate) written: u64,
    /// Records that stayed as they were.
    pub(crate) unchanged: u64,
    /// Fields that an editor had changed in record files.
    pub(crate) overrides: u64,
    /// Record files that were left alone because they can't be read.
    pub(crate) broken: Vec<(String, String)>,
    /// Record files that could not be written; the next round tries them again.
    pub(crate) unwritten: Unwritten,
    /// How committing them to git went; `None` where nothing was to be committed.
    #[serde(skip)]
    pub(crate) git: Option<Result<(), String>>,
    /// Articles that readers see.
    pub(crate) published: u64,
    /// Of the records that were written, those in which readers see something new.
    #[serde(skip)]
    pub(crate) visible: u64,
    /// Records that differ from what was last written or tried to be.
    #[serde(skip)]
    pub(crate) changed: u64,
}

/// What publishing did, seen from an editor whose decision it was to carry to readers.
pub(crate) trait Published {
    /// What of it failed, of what concerns these articles: each in a sentence with the reason and what becomes of it.
    fn problems(&self, articles: &[ArticleId]) -> Vec<String>;
}

impl Published for PublishSummary {
    fn problems(&self, articles: &[ArticleId]) -> Vec<String> {
        let unwritten = self.unwritten.of(articles);
        let mut problems = Vec::new();
        if !unwritten.is_empty() {
            problems.push(format!(
                "the decision holds, but could not be written to {unwritten}; the next round tries again"
            ));
        }
        if let Some(Err(error)) = &self.git {
            problems.push(format!(
                "the decision holds, but was not committed to git: {error}; the next commit takes it along"
            ));
        }
        problems
    }
}

impl PublishSummary {
    /// Whether every record file holds what it should.
    pub(crate) fn is_complete(&self) -> bool {
        self.broken.is_empty() && self.unwritten.is_empty()
    }
}

/// Reads back hand edits, weighs all stories at this moment, writes the records that changed and gives the
/// snapshot that they show.
pub(crate) async fn publish_records(desk: &Desk) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let (summary, snapshot, _) = whole_round(desk).await?;
    Ok((summary, snapshot))
}

/// As [`publish_records`], and what the next round need not look at again.
pub(super) async fn whole_round(desk: &Desk) -> anyhow::Result<(PublishSummary, Arc<Snapshot>, Board)> {
    let (mut summary, snapshot, board) = write_all(desk).await?;
    summary.git = commit_what_is_seen(desk, &summary).await;
    Ok((summary, snapshot, board))
}

/// As [`publish_records`], at the cost of what changed since `board` was written and `before` was published; gives
/// what has changed. After an error nothing is known of the board any more: a whole round must follow.
pub(super) async fn next_round(
    desk: &Desk,
    board: &mut Board,
    before: &Publication,
) -> anyhow::Result<(PublishSummary, Change)> {
    let (mut summary, change) = write_changes(desk, board, before).await?;
    summary.git = commit_what_is_seen(desk, &summary).await;
    Ok((summary, change))
}

async fn commit_what_is_seen(desk: &Desk, summary: &PublishSummary) -> Option<Result<(), String>> {
    if desk.site.config.git.commit && summary.visible > 0 {
        return Some(commit_records(desk, summary.written).await);
    }
    None
}

/// Commits the record files to git. What readers see does not wait for a failure of it.
async fn commit_records(desk: &Desk, written: u64) -> Result<(), String> {
    let site = Arc::clone(&desk.site);
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

async fn write_all(desk: &Desk) -> anyhow::Result<(PublishSummary, Arc<Snapshot>, Board)> {
    // No batch may be placed in between: the snapshot shows one state of the store.
    let _placing = desk.grouper.lock().await;
    let now = desk.clock.now();
    let mut watch = Watch::default();
    let files = desk.store.known_record_files().await?;
    let edits = hand_edits::read_back(desk, files, now, &mut watch).await?;
    let (mut ground, mark) = Ground::of_all(desk, now).await?;
    ground.weigh(desk, now).await?;
    let mut board = Board::of(&ground, &desk.rules.heat, now);
    let (mut snapshot, absent) = ground.shown(desk, now, |path| edits.known.contains_key(path)).await?;
    board.collections = collections::stamp(&desk.site, crate::clock::file_time());
    let collections = collections::load(&desk.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let mut summary = write_records(desk, (&snapshot, absent), mark, &edits, &mut watch, |_| true).await;
    summary.overrides = edits.overrides;
    summary.broken.extend(watch.broken());
    board.unread.clone_from(&collections.broken);
    summary.broken.extend(collections.broken);
    summary.published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    board.published = summary.published;
    board.watch = watch;
    Ok((summary, Arc::new(snapshot), board))
}

async fn write_changes(
    desk: &Desk,
    board: &mut Board,
    before: &Publication,
) -> anyhow::Result<(PublishSummary, Change)> {
    let _placing = desk.grouper.lock().await;
    let now = desk.clock.now();
    let suspects = board.watch.suspects(&desk.site.records_dir());
    let files = desk.store.known_record_files_of(&suspects).await?;
    let mut edits = hand_edits::read_back(desk, files, now, &mut board.watch).await?;
    let attention = Attention::of_all(&desk.store, &desk.rules.heat, now).await?;
    let mut reading = desk.store.begin_read().await?;
    let mark = reading.revision();
    let due = board.due(&mut reading, &attention, &edits).await?;
    let mut ground = board.ground(&mut reading, &due.stories, attention, now).await?;
    drop(reading);
    ground.weigh(desk, now).await?;
    board.note(&ground, &desk.rules.heat, now);
    let articles: Vec<_> = ground.rows.iter().map(|row| row.article.id).collect();
    let (part, absent) = ground.shown(desk, now, |path| board.watch.has(path)).await?;
    let change = Change::of_part(before, &part, &due.stories, articles);
    let differ = due.with_records_of(&change);
    let is_wanted = |item: &Item| differ.contains(&item.story);
    let wanted: Vec<_> = part.items.iter().filter(|item| is_wanted(item)).map(|item| item.id).collect();
    for file in desk.store.known_record_files_of(&wanted).await? {
        edits.known.entry(file.path.clone()).or_insert(file);
    }
    let mut summary = write_records(desk, (&part, absent), mark, &edits, &mut board.watch, is_wanted).await;
    summary.overrides = edits.overrides;
    summary.broken.extend(board.watch.broken());
    summary.broken.extend(board.unread.iter().cloned());
    summary.unchanged = (board.watch.len() as u64).saturating_sub(summary.written);
    board.published = board.published + published(&change) - published_before(&change, before);
    summary.published = board.published;
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
pub(super) async fn present(desk: &Desk, now: Timestamp) -> anyhow::Result<Snapshot> {
    let _placing = desk.grouper.lock().await;
    let (mut ground, _) = Ground::of_all(desk, now).await?;
    ground.weigh(desk, now).await?;
    Ok(ground.shown(desk, now, |_| false).await?.0)
}

/// The snapshot of this moment with everything that a site shows, while nothing at all is written: for commands beside
/// the program that works on the site. Edits of record files that it has not read yet are not in it.
pub(crate) async fn snapshot_to_read(desk: &Desk) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let now = desk.clock.now();
    let files = desk.store.known_record_files().await?;
    let records: HashSet<RecordPath> = files.into_iter().map(|file| file.path).collect();
    let (mut ground, _) = Ground::of_all(desk, now).await?;
    ground.reweigh(desk, now);
    let (mut snapshot, _) = ground.shown(desk, now, |path| records.contains(path)).await?;
    let collections = collections::load(&desk.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    let summary = PublishSummary { broken: collections.broken, published, ..PublishSummary::default() };
    Ok((summary, Arc::new(snapshot)))
}

/// The snapshot ready to be rendered.
pub(crate) fn publication(desk: &Desk, snapshot: Arc<Snapshot>) -> anyhow::Result<Publication> {
    Ok(Publication::new(snapshot, Arc::new(templates(desk)?))?)
}

/// The site's templates as they are now.
pub(super) fn templates(desk: &Desk) -> anyhow::Result<Templates> {
    Ok(match desk.site.templates_dir() {
        Some(dir) => Templates::with_overrides(&dir)?,
        None => Templates::bundled(),
    })
}
