//! `courant store`: what the store takes, what it lets go, and what to do about damage.

use std::path::Path;

use anyhow::{Context as _, bail};
use courant_pipeline::{keep_of, size, sweep_all};
use courant_site::Site;
use courant_store::{Removed, Store, StoreError, Usage};
use serde::Serialize;

use super::{Session, close, dead_letters, store_damage};
use crate::{
    cli::StoreAction,
    output::{Exit, print_json, say},
};

pub(super) async fn run(session: &Session, action: StoreAction) -> anyhow::Result<Exit> {
    match action {
        StoreAction::Show => show(session).await,
        StoreAction::Sweep { dry_run: true } => preview(session).await,
        StoreAction::Sweep { dry_run: false } => sweep(session).await,
        StoreAction::Compact => compact(session).await,
        StoreAction::RebuildSearch => store_damage::rebuild_search(session).await,
        StoreAction::Repair => store_damage::repair(session).await,
        StoreAction::Recover => store_damage::recover(session).await,
        StoreAction::DeadLetters { retry, retry_all } => dead_letters::run(session, &retry, retry_all).await,
    }
}

/// The store for a command that only reads it, also while another process works on it.
pub(super) async fn to_read(site: &Site) -> anyhow::Result<Store> {
    let file = site.store_file();
    if !file.exists() {
        bail!("{} does not exist yet; the first run makes it", file.display());
    }
    let opened = match Store::open(&file).await {
        Err(StoreError::InUse { .. }) => Store::open_to_read(&file).await,
        opened => opened,
    };
    opened.with_context(|| format!("store {}", file.display()))
}

/// One part of the store, for programs.
#[derive(Serialize)]
struct Row<'a> {
    part: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    bytes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    bytes: u64,
    free: u64,
    /// Bytes of the folder of image copies.
    images: u64,
    /// Bytes of the record files.
    records: u64,
    parts: Vec<Row<'a>>,
    next_sweep: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sweep: Option<String>,
}

async fn show(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let store = to_read(&site).await?;
    let usage = store.usage().await?;
    let next = store.sweep_preview(&keep_of(&site), session.clock.now()).await?;
    let last = store.last_swept().await?;
    store.close().await?;
    let folders = (folder_bytes(&site.images_dir()), folder_bytes(&site.records_dir()));
    if session.json {
        let parts = usage.rows.iter();
        print_json(&Shown {
            bytes: usage.bytes,
            free: usage.free,
            images: folders.0,
            records: folders.1,
            parts: parts.map(|row| Row { part: row.what, rows: row.rows, bytes: row.bytes }).collect(),
            next_sweep: next.iter().map(row_of).collect(),
            last_sweep: last.map(|at| at.to_string()),
        })?;
        return Ok(Exit::Done);
    }
    print_usage(&usage);
    say(format_args!("{:>10}  images copied, in {}", size(folders.0), site.images_dir().display()));
    say(format_args!("{:>10}  record files, in {}", size(folders.1), site.records_dir().display()));
    print_removed("The next sweep removes", &next);
    match last {
        Some(at) => say(format_args!("Last complete sweep: {at}")),
        None => say("Last complete sweep: none yet"),
    }
    Ok(Exit::Done)
}

fn print_usage(usage: &Usage) {
    say(format_args!("{:>10}  store, of this:", size(usage.bytes)));
    for row in &usage.rows {
        match row.rows {
            Some(rows) => say(format_args!("{:>10}    {} ({rows} rows)", size(row.bytes), row.what)),
            None => say(format_args!("{:>10}    {}", size(row.bytes), row.what)),
        }
    }
    say(format_args!("{:>10}    free", size(usage.free)));
}

fn print_removed(title: &str, removed: &[Removed]) {
    if removed.is_empty() {
        say(format_args!("{title}: nothing"));
        return;
    }
    say(format_args!("{title}:"));
    for part in removed {
        say(format_args!("{:>10}    {} ({} rows)", size(part.bytes), part.part.description(), part.rows));
    }
}

fn row_of(removed: &Removed) -> Row<'static> {
    Row { part: removed.part.as_str(), rows: Some(removed.rows), bytes: removed.bytes }
}

/// Bytes of the files below a folder; what cannot be read counts nothing. Links are not followed.
fn folder_bytes(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) if data.is_file() => bytes += data.len(),
                _ => {}
            }
        }
    }
    bytes
}

async fn preview(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let store = to_read(&site).await?;
    let next = store.sweep_preview(&keep_of(&site), session.clock.now()).await?;
    store.close().await?;
    if session.json {
        print_json(&next.iter().map(row_of).collect::<Vec<_>>())?;
    } else {
        print_removed("Would be removed", &next);
    }
    Ok(Exit::Done)
}

async fn sweep(session: &Session) -> anyhow::Result<Exit> {
    let context = session.context().await?;
    let swept = sweep_all(&context).await?;
    let compaction = context.store.compaction().await?;
    close(context).await;
    if session.json {
        print_json(&swept.removed.iter().map(row_of).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    print_removed("Removed", &swept.removed);
    say(format_args!("{} given back; the store takes {}", size(swept.returned), size(compaction.bytes)));
    if !compaction.shrinks && compaction.free > 0 {
        say(format_args!(
            "{} in it are free and will be used again; to make the file smaller: courant store compact",
            size(compaction.free)
        ));
    }
    Ok(Exit::Done)
}

async fn compact(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let context = session.context().await?;
    let before = context.store.compaction().await?;
    enough_room(&site.state_dir(), before.bytes - before.free)?;
    let after = context.store.compact().await.context(
        "the store was not compacted and is as it was; it needs room for two copies of itself, one of them in the \
         folder for temporary files (TMPDIR, else /var/tmp)",
    )?;
    close(context).await;
    say(format_args!("{} before, {} now", size(before.bytes), size(after.bytes)));
    Ok(Exit::Done)
}

/// Refuses where the disk has no room for two copies of what the store holds: one in its log, one beside it where the
/// folder for temporary files is on the same disk.
fn enough_room(folder: &Path, held: u64) -> anyhow::Result<()> {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = held.saturating_mul(2);
    if free < needed {
        bail!(
            "compacting needs {} of free disk space at {}, and {} are free: make room, or leave it: free space in the \
             file is used again",
            size(needed),
            folder.display(),
            size(free)
        );
    }
    Ok(())
}
