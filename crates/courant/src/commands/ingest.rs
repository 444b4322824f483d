//! `courant ingest`: articles in bulk.

use std::{fs, path::PathBuf};

use clap::Args;
use courant_pipeline::{
    Context, IngestSummary, ProcessSummary, PublishSummary, client_of, fetch_pages, ingest_feed,
    ingest_records, ingest_urls, ingest_warc, process_pending, publish_records, repair_times,
    sweep_after_round,
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    exit::Exit,
    output::{Progress, print_json, say},
    round::{print_digest, print_stopped, stopped_by},
    session::{Session, close},
    stop::on_signal,
};

#[derive(Debug, Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("input").required(true).multiple(false).args(["warc", "records", "feed", "urls"]))]
pub(crate) struct IngestArgs {
    /// Web archives (.warc, .warc.gz)
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(crate) warc: Vec<PathBuf>,
    /// Folder of records (Markdown with YAML front matter)
    #[arg(long, value_name = "DIR")]
    pub(crate) records: Option<PathBuf>,
    /// Feed file; its articles are read from the feed alone
    #[arg(long, value_name = "FILE")]
    pub(crate) feed: Option<PathBuf>,
    /// URL of the feed, as listed in sources.opml [default: the feed's own link]
    #[arg(long, value_name = "URL", requires = "feed")]
    pub(crate) source: Option<url::Url>,
    /// File of page URLs, one per line; the pages are fetched
    #[arg(long, value_name = "FILE")]
    pub(crate) urls: Option<PathBuf>,
}

#[derive(Serialize)]
struct Done {
    ingest: IngestSummary,
    process: ProcessSummary,
    publish: PublishSummary,
    /// The signal that ended the work early.
    #[serde(rename = "stoppedBy", skip_serializing_if = "Option::is_none")]
    stopped_by: Option<&'static str>,
}

pub(crate) async fn run(session: &Session, args: &IngestArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    session.clock.check()?;
    let context = session.context().await?;
    repair_times(&context).await?;
    let ingest = ingest(&context, args, session.json, &stop).await?;
    let waiting = context.store.counts().await?.captures_pending;
    let mut progress = Progress::new("captures processed", waiting, session.json || waiting == 0);
    let process = process_pending(&context, &stop, |summary| {
        let done = summary.articles + summary.rejected + summary.buried;
        progress.at(done, done);
    })
    .await?;
    progress.finish();
    let (publish, _) = publish_records(&context).await?;
    let done = Done { ingest, process, publish, stopped_by: stopped_by() };
    report(session, &done)?;
    sweep_after_round(&context).await;
    close(context).await;
    let all_well = done.ingest.failed.is_empty() && done.publish.is_complete();
    Ok(if all_well { Exit::Done } else { Exit::Partly }.unless_stopped())
}

async fn ingest(
    context: &Context,
    args: &IngestArgs,
    quiet: bool,
    stop: &CancellationToken,
) -> anyhow::Result<IngestSummary> {
    if let Some(folder) = &args.records {
        let mut progress = Progress::new("records read", 0, quiet);
        let summary =
            ingest_records(context, folder, stop, |done, position| progress.at(done, position)).await;
        progress.finish();
        return summary;
    }
    if let Some(file) = &args.feed {
        return ingest_feed(context, file, args.source.as_ref()).await;
    }
    if let Some(file) = &args.urls {
        let summary = ingest_urls(context, file).await?;
        let client = client_of(&context.site, context.clock, Vec::new())?;
        let mut progress = Progress::new("pages fetched", summary.read, quiet);
        let fetched = fetch_pages(context, &client, stop, |so_far| {
            let done = so_far.done();
            progress.at(done, done);
        })
        .await;
        progress.finish();
        fetched?;
        return Ok(summary);
    }
    let mut all = IngestSummary::default();
    for file in &args.warc {
        let size = fs::metadata(file).map_or(0, |data| data.len());
        let mut progress = Progress::new("pages read", size, quiet);
        let summary = ingest_warc(context, file, stop, |done, position| progress.at(done, position)).await;
        progress.finish();
        let summary = summary?;
        all.read += summary.read;
        all.new += summary.new;
        all.unreadable += summary.unreadable;
        all.failed.extend(summary.failed);
        if stop.is_cancelled() {
            break;
        }
    }
    Ok(all)
}

fn report(session: &Session, done: &Done) -> anyhow::Result<()> {
    if session.json {
        return print_json(done);
    }
    say(format_args!(
        "{} read, {} new, {} could not be read",
        done.ingest.read, done.ingest.new, done.ingest.unreadable
    ));
    print_digest(&done.process, &done.publish);
    for failure in &done.ingest.failed {
        say(format_args!("  {failure}"));
    }
    let unlisted = done.ingest.unreadable - done.ingest.failed.len() as u64;
    if unlisted > 0 {
        say(format_args!("  and {unlisted} more"));
    }
    print_stopped(done.stopped_by);
    Ok(())
}
