//! One round of work: poll, fetch, process, copy images, publish.

use std::{collections::BTreeMap, fmt::Display, sync::Arc};

use courant_net::Client;
use courant_pipeline::{
    Context, FetchSummary, PollSummary, ProcessSummary, PublishSummary, cache_images, fetch_pages,
    process_pending,
};
use courant_render::Snapshot;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    health::{self, Step},
    output::{Progress, counted, say},
    stop,
};

/// The result of one round before publishing.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) poll: PollSummary,
    pub(crate) fetch: FetchSummary,
    pub(crate) process: ProcessSummary,
    pub(crate) images: u64,
    /// Steps that failed; the others were done.
    pub(crate) failed: Vec<FailedStep>,
}

/// A step of a round that failed.
#[derive(Debug, Serialize)]
pub(crate) struct FailedStep {
    #[serde(skip)]
    pub(crate) step: Step,
    #[serde(rename = "step")]
    name: &'static str,
    pub(crate) reason: String,
}

/// The result of one round.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Round {
    pub(crate) poll: PollSummary,
    pub(crate) fetch: FetchSummary,
    pub(crate) process: ProcessSummary,
    /// Images copied.
    #[serde(rename = "pictures")]
    pub(crate) images: u64,
    pub(crate) publish: PublishSummary,
    /// Steps that failed; the others were done.
    pub(crate) failed: Vec<FailedStep>,
    /// The signal that ended the round early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_by: Option<&'static str>,
}

/// Polls the sources that are due (with `all`: all), processes their articles and publishes.
#[tracing::instrument(name = "round", level = "error", skip_all, fields(began = %context.clock.now()))]
pub(crate) async fn round(
    context: &Context,
    client: &Client,
    all: bool,
    quiet: bool,
    stop: &CancellationToken,
) -> anyhow::Result<(Round, Arc<Snapshot>)> {
    let Gathered { poll, fetch, process, images, failed } = gather(context, client, all, quiet, stop).await;
    let (publish, snapshot) = courant_pipeline::publish_records(context).await?;
    Ok((Round { poll, fetch, process, images, publish, failed, stopped_by: stopped_by() }, snapshot))
}

/// Polls the sources that are due (with `all`: all) and processes their articles. If a step fails,
/// the others still run: what came in before is processed.
pub(crate) async fn gather(
    context: &Context,
    client: &Client,
    all: bool,
    quiet: bool,
    stop: &CancellationToken,
) -> Gathered {
    let mut failed = Vec::new();
    health::step("polling sources");
    let poll = kept(Step::Poll, poll(context, client, all, stop).await, &mut failed);
    health::step("fetching pages");
    let fetch = kept(Step::Fetch, fetch(context, client, quiet, stop).await, &mut failed);
    health::step("processing captures");
    let process = kept(Step::Process, process_pending(context, stop, |_| {}).await, &mut failed);
    health::step("copying images");
    let images = kept(Step::Images, cache_images(context, client, stop).await, &mut failed);
    Gathered { poll, fetch, process, images, failed }
}

async fn poll(
    context: &Context,
    client: &Client,
    all: bool,
    stop: &CancellationToken,
) -> anyhow::Result<PollSummary> {
    courant_pipeline::repair_times(context).await?;
    courant_pipeline::poll(context, client, all, stop).await
}

async fn fetch(
    context: &Context,
    client: &Client,
    quiet: bool,
    stop: &CancellationToken,
) -> anyhow::Result<FetchSummary> {
    let waiting = context.store.counts().await?.pages_due;
    let mut progress = Progress::new("pages", waiting, quiet || waiting == 0);
    let fetch = fetch_pages(context, client, stop, |summary| {
        let done = summary.done();
        progress.at(done, done);
    })
    .await;
    progress.finish();
    fetch
}

/// The result of a step; the default if it failed, which is noted.
fn kept<T: Default>(step: Step, outcome: anyhow::Result<T>, failed: &mut Vec<FailedStep>) -> T {
    outcome.unwrap_or_else(|error| {
        failed.push(FailedStep { step, name: step.name(), reason: format!("{error:#}") });
        T::default()
    })
}

impl Round {
    /// Prints the round in a few lines for people.
    pub(crate) fn print(&self) {
        let Self { poll, fetch, process, publish, stopped_by, .. } = self;
        say(format_args!(
            "{} polled, {} unchanged, {} failed; {}",
            counted(poll.asked, "source"),
            poll.unchanged,
            poll.failed.len(),
            counted(poll.new_pages, "new page")
        ));
        say(format_args!(
            "{} fetched, {} read from their entries, {} to retry, {} failed for good",
            counted(fetch.fetched, "page"),
            fetch.from_entry,
            fetch.retried,
            fetch.buried
        ));
        if fetch.dropped > 0 {
            say(format_args!(
                "{} of other providers no longer exist or may not be fetched",
                counted(fetch.dropped, "page")
            ));
        }
        let waiting = poll.left_out + poll.over_limit + fetch.over_limit;
        if waiting > 0 {
            say(format_args!(
                "{waiting} sources, entries or pages wait because a limit was reached; see `courant doctor`"
            ));
        }
        print_digest(process, publish);
        for (source, error) in &poll.failed {
            say(format_args!("  {source}: {error}"));
        }
        for FailedStep { name, reason, .. } in &self.failed {
            say(format_args!("step {name} failed: {reason}"));
        }
        print_stopped(*stopped_by);
    }
}

/// The name of the signal that has asked the program to stop.
pub(crate) fn stopped_by() -> Option<&'static str> {
    stop::stopped_by().map(stop::Signal::name)
}

/// Prints that the work was stopped early.
pub(crate) fn print_stopped(by: Option<&str>) {
    if let Some(signal) = by {
        say(format_args!(
            "stopped by {signal} before the work was complete; run the command again to continue"
        ));
    }
}

/// Prints what became of captures and records.
pub(crate) fn print_digest(process: &ProcessSummary, publish: &PublishSummary) {
    say(format_args!(
        "{}, {} not articles, {} failed",
        counted(process.articles, "article"),
        counted(process.rejected, "page"),
        process.buried
    ));
    print_counts("not articles", &process.rejected_by);
    print_counts("remarks on articles", &process.remarks);
    say(format_args!(
        "{} written, {} unchanged; {} published",
        counted(publish.written, "record"),
        publish.unchanged,
        counted(publish.published, "article")
    ));
    if publish.overrides > 0 {
        say(format_args!("{} edited by hand, which are kept", counted(publish.overrides, "field")));
    }
    for (path, reason) in &publish.broken {
        say(format_args!("  records/{path}: {reason}"));
    }
    print_unwritten(publish);
}

fn print_counts(what: &str, counts: &BTreeMap<impl Display, u64>) {
    if !counts.is_empty() {
        let shown: Vec<String> = counts.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        say(format_args!("  {what}: {}", shown.join(", ")));
    }
}

/// Prints the record files that could not be written, if any.
pub(crate) fn print_unwritten(publish: &PublishSummary) {
    if !publish.unwritten.is_empty() {
        say(format_args!("not written: {}; the next round will retry", publish.unwritten));
    }
}
