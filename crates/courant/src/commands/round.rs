//! One round of work: poll, fetch, process, copy pictures, publish.

use std::sync::Arc;

use courant_model::Snapshot;
use courant_net::Client;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    output::{Progress, say},
    pipeline::{
        self, Desk, FetchSummary, PollSummary, ProcessSummary, PublishSummary, cache_images, fetch_pages,
        process_pending,
    },
};

/// What came of one round before anything was published.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) poll: PollSummary,
    pub(super) fetch: FetchSummary,
    pub(super) process: ProcessSummary,
    pub(super) pictures: u64,
}

/// What one round did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Round {
    pub(super) poll: PollSummary,
    pub(super) fetch: FetchSummary,
    pub(super) process: ProcessSummary,
    pub(super) pictures: u64,
    pub(super) publish: PublishSummary,
}

/// Polls what is due (with `all`: everything) and takes what comes through to the published records.
pub(super) async fn round(
    desk: &Desk,
    client: &Client,
    all: bool,
    quiet: bool,
    stop: &CancellationToken,
) -> anyhow::Result<(Round, Arc<Snapshot>)> {
    let Gathered { poll, fetch, process, pictures } = gather(desk, client, all, quiet, stop).await?;
    let (publish, snapshot) = pipeline::publish_records(desk).await?;
    Ok((Round { poll, fetch, process, pictures, publish }, snapshot))
}

/// Polls what is due (with `all`: everything) and takes what comes through to stored articles.
pub(super) async fn gather(
    desk: &Desk,
    client: &Client,
    all: bool,
    quiet: bool,
    stop: &CancellationToken,
) -> anyhow::Result<Gathered> {
    let poll = pipeline::poll(desk, client, all, stop).await?;
    let waiting = desk.store.counts().await?.pages_due;
    let mut progress = Progress::new("pages", waiting, quiet || waiting == 0);
    let fetch = fetch_pages(desk, client, stop, |summary| {
        let done = summary.done();
        progress.at(done, done);
    })
    .await;
    progress.finish();
    let fetch = fetch?;
    let process = process_pending(desk, stop, |_| {}).await?;
    let pictures = cache_images(desk, client, stop).await?;
    Ok(Gathered { poll, fetch, process, pictures })
}

impl Round {
    /// The round in a few lines for a person.
    pub(super) fn print(&self) {
        let Self { poll, fetch, process, publish, .. } = self;
        say(format_args!(
            "{} sources asked, {} unchanged, {} failed; {} new pages",
            poll.asked,
            poll.unchanged,
            poll.failed.len(),
            poll.new_pages
        ));
        say(format_args!(
            "{} pages fetched, {} taken from their entries, {} to be tried again, {} given up",
            fetch.fetched, fetch.from_entry, fetch.retried, fetch.buried
        ));
        if fetch.dropped > 0 {
            say(format_args!("{} pages of other providers are gone or may not be asked", fetch.dropped));
        }
        let waiting = poll.left_out + poll.over_limit + fetch.over_limit;
        if waiting > 0 {
            say(format_args!(
                "{waiting} entries, sources or pages wait because a limit was reached; see `courant doctor`"
            ));
        }
        print_digest(process, publish);
        for (source, error) in &poll.failed {
            say(format_args!("  {source}: {error}"));
        }
    }
}

/// What became of captures and records, for a person.
pub(super) fn print_digest(process: &ProcessSummary, publish: &PublishSummary) {
    say(format_args!(
        "{} articles, {} pages that are none, {} that failed",
        process.articles, process.rejected, process.buried
    ));
    for (what, counts) in [("not articles", &process.rejected_by), ("remarks on articles", &process.remarks)]
    {
        if !counts.is_empty() {
            let shown: Vec<String> =
                counts.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
            say(format_args!("  {what}: {}", shown.join(", ")));
        }
    }
    say(format_args!(
        "{} records written, {} unchanged; {} articles are published",
        publish.written, publish.unchanged, publish.published
    ));
    if publish.overrides > 0 {
        say(format_args!("{} fields were edited by hand and are kept", publish.overrides));
    }
    for (path, reason) in &publish.broken {
        say(format_args!("  records/{path}: {reason}"));
    }
}
