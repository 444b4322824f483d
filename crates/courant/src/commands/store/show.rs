//! `courant store show`: what each part of the store takes.

use std::path::Path;

use courant_pipeline::{keep_of, size};
use courant_store::{Removed, Usage};
use serde::Serialize;

use crate::{
    exit::Exit,
    output::{counted, print_json, say, time},
    session::Session,
};

/// One part of the store, for programs.
#[derive(Serialize)]
pub(super) struct Row<'a> {
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

pub(super) async fn run(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let store = session.store_to_read(&site).await?;
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
        Some(at) => say(format_args!("Last complete sweep: {}", time(at))),
        None => say("Last complete sweep: none yet"),
    }
    Ok(Exit::Done)
}

fn print_usage(usage: &Usage) {
    say(format_args!("{:>10}  store, of this:", size(usage.bytes)));
    for row in &usage.rows {
        match row.rows {
            Some(rows) => {
                say(format_args!("{:>10}    {} ({})", size(row.bytes), row.what, counted(rows, "row")));
            }
            None => say(format_args!("{:>10}    {}", size(row.bytes), row.what)),
        }
    }
    say(format_args!("{:>10}    free", size(usage.free)));
}

pub(super) fn print_removed(title: &str, removed: &[Removed]) {
    if removed.is_empty() {
        say(format_args!("{title}: nothing"));
        return;
    }
    say(format_args!("{title}:"));
    for part in removed {
        say(format_args!(
            "{:>10}    {} ({})",
            size(part.bytes),
            part.part.description(),
            counted(part.rows, "row")
        ));
    }
}

pub(super) fn row_of(removed: &Removed) -> Row<'static> {
    Row { part: removed.part.as_str(), rows: Some(removed.rows), bytes: removed.bytes }
}

/// Bytes of the files below a folder; unreadable files count as 0. Links are not followed.
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
