//! `courant import`: imports the folder of an older site.

use std::path::PathBuf;

use clap::Args;
use courant_pipeline::{
    ImportSummary, KindSummary, ProcessSummary, PublishSummary, import_files, process_pending,
    publish_records, read_news, settle_news,
};
use serde::Serialize;

use crate::{
    exit::Exit,
    output::{Progress, counted, print_json, say},
    round::{print_stopped, print_unwritten, stopped_by},
    session::{Session, close},
    stop::on_signal,
};

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Folder that holds `_news`, `_learning`, `_data` …
    pub(crate) dir: PathBuf,
    /// Replace this site's version of a record with the imported one where both exist
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Maximum number of names of a kind that are printed.
const MAX_NAMED: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    #[serde(flatten)]
    import: ImportSummary,
    process: ProcessSummary,
    publish: PublishSummary,
    /// The signal that ended the work early.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by: Option<&'static str>,
}

pub(crate) async fn run(session: &Session, args: &ImportArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    session.clock.check()?;
    let mut import = import_files(&session.site()?, &args.dir, args.replace)?;
    // Topics and providers were imported, so the site is read again.
    let context = session.context().await?;
    let mut news = read_news(&context, &args.dir, &stop).await?;
    let waiting = context.store.counts().await?.captures_pending;
    let mut progress = Progress::new("records processed", waiting, session.json || waiting == 0);
    let process = process_pending(&context, &stop, |summary| {
        let done = summary.articles + summary.rejected + summary.buried;
        progress.at(done, done);
    })
    .await;
    progress.finish();
    let process = process?;
    settle_news(&context, &mut news).await?;
    import.kinds.push(news.summary);
    let (publish, _) = publish_records(&context).await?;
    let done = Done { import, process, publish, stopped_by: stopped_by() };
    if session.json {
        print_json(&done)?;
    } else {
        report(&done);
        print_stopped(done.stopped_by);
        if !context.site.config.classic.enabled {
            say("Set `enabled = true` in [classic] of courant.toml to publish the classic API as well.");
        }
    }
    close(context).await;
    let refused = done.import.kinds.iter().any(|kind| !kind.refused.is_empty());
    let all_well = !refused && done.import.unknown.is_empty() && done.publish.is_complete();
    Ok(if all_well { Exit::Done } else { Exit::Partly }.unless_stopped())
}

fn report(done: &Done) {
    for kind in &done.import.kinds {
        say(format_args!(
            "{}: {} found, {} new, {} unchanged, {} replaced, {} kept, {} refused",
            kind.kind,
            kind.found,
            kind.new,
            kind.unchanged,
            kind.replaced,
            kind.kept.len(),
            kind.refused.len()
        ));
        print_names(kind);
    }
    for folder in &done.import.unknown {
        say(format_args!("{folder}: skipped, no collection describes this folder"));
    }
    say(format_args!(
        "{} written, {} unchanged",
        counted(done.publish.written, "record"),
        done.publish.unchanged
    ));
    for (path, reason) in &done.publish.broken {
        say(format_args!("  {path}: {reason}"));
    }
    print_unwritten(&done.publish);
}

fn print_names(kind: &KindSummary) {
    let kept = kind.kept.iter().map(|path| (path.as_str(), "this site's version differs and was kept"));
    let refused = kind.refused.iter().map(|(path, reason)| (path.as_str(), reason.as_str()));
    let remarks = kind.remarks.iter().map(|(path, remark)| (path.as_str(), remark.as_str()));
    let all: Vec<_> = refused.chain(kept).chain(remarks).collect();
    for (path, what) in all.iter().take(MAX_NAMED) {
        say(format_args!("  {path}: {what}"));
    }
    if all.len() > MAX_NAMED {
        say(format_args!("  … and {} more; --json lists all", all.len() - MAX_NAMED));
    }
}
