//! `cargo xtask bench publish`: a generated store, a full build, the same build again, and rounds with
//! one new story each.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use courant_pipeline::{
    Context, PublishReport, Publisher, build_static, clock::Clock, publication, publish_records,
};
use courant_store::Batch;
use courant_testkit::generated;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::usage::{cpu_seconds, peak_memory_mb};
use crate::sample;

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Number of articles to generate
    #[arg(long, default_value_t = 20_000)]
    pub(crate) records: usize,
    /// Folder to keep the generated site in, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Number of rounds on the finished site, each with one new story.
const ROUNDS: usize = 50;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    records: usize,
    stages: Vec<Stage>,
    peak_memory_mb: Option<u64>,
}

/// One part of the work.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    what: &'static str,
    /// Elapsed time.
    seconds: f64,
    /// Processor time, user and system.
    cpu_seconds: f64,
}

pub(super) async fn run(args: &PublishArgs) -> anyhow::Result<()> {
    let kept = args.keep.clone();
    let place = kept.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("courant-bench-publish-{}", std::process::id()))
    });
    let outcome = measured(&place, args.records).await;
    if kept.is_none() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot remove {}", place.display()))?;
    }
    let figures = outcome?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print(&figures);
    }
    Ok(())
}

async fn measured(place: &Path, records: usize) -> anyhow::Result<Figures> {
    let mut context = sample::open(place).await?;
    let mut stages = Vec::new();
    let mut stopwatch = Stopwatch::start();
    sample::fill(&context, records).await?;
    stopwatch.lap("generate and store", &mut stages);
    let out = place.join("public");
    build_twice(&context, &out, &mut stopwatch, &mut stages).await?;
    go_on(&mut context, records, &out, &mut stopwatch, &mut stages).await?;
    context.store.close().await?;
    Ok(Figures { records, stages, peak_memory_mb: peak_memory_mb() })
}

async fn build_twice(
    context: &Context,
    out: &Path,
    stopwatch: &mut Stopwatch,
    stages: &mut Vec<Stage>,
) -> anyhow::Result<()> {
    for [records, index, files] in [
        ["first: snapshot, records", "first: publication", "first: files"],
        ["again: snapshot, records", "again: publication", "again: files"],
    ] {
        let (_, snapshot) = publish_records(context).await?;
        stopwatch.lap(records, stages);
        let publication = publication(context, snapshot)?;
        stopwatch.lap(index, stages);
        build_static(&publication, &context.site.images_dir(), out, &CancellationToken::new())?;
        stopwatch.lap(files, stages);
    }
    Ok(())
}

/// Rounds of a running program with readers: with one new story each, and without news when all
/// stories have cooled for some minutes; the median and the worst of each.
async fn go_on(
    context: &mut Context,
    records: usize,
    out: &Path,
    stopwatch: &mut Stopwatch,
    stages: &mut Vec<Stage>,
) -> anyhow::Result<()> {
    let (mut publisher, _) =
        Publisher::start(context, Some(out.to_owned()), CancellationToken::new()).await?;
    // Files written just now are read again in the next round, which is not measured here.
    std::thread::sleep(Duration::from_secs(4));
    publisher.publish(context).await?;
    let numbers = (records..).filter(|number| !generated::joins(*number)).take(ROUNDS);
    let (mut with_news, mut cooled) = (Vec::new(), Vec::new());
    for number in numbers {
        let now = context.clock.now();
        let article = generated::article(number, number, now, &context.site.topics);
        context.store.commit(&Batch { articles: vec![article], ..Batch::default() }, now).await?;
        let written = one_round(context, &mut publisher, stopwatch, &mut with_news).await?;
        anyhow::ensure!(written > 0, "a new story wrote no file");
        context.clock = Clock::new(Some(now + generated::APART));
        one_round(context, &mut publisher, stopwatch, &mut cooled).await?;
    }
    for (usual, worst, mut each) in [
        ("one new story, median", "one new story, worst", with_news),
        ("five minutes later, median", "five minutes later, worst", cooled),
    ] {
        each.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds));
        stages.push(Stage { what: usual, ..each[each.len() / 2] });
        stages.push(Stage { what: worst, ..each[each.len() - 1] });
    }
    Ok(())
}

/// A round while a reader holds the publication; gives the number of files written.
async fn one_round(
    context: &Context,
    publisher: &mut Publisher,
    stopwatch: &mut Stopwatch,
    stages: &mut Vec<Stage>,
) -> anyhow::Result<u64> {
    let readers = publisher.publication();
    stopwatch.lap("", &mut Vec::new());
    let PublishReport { files, .. } = publisher.publish(context).await?;
    let built = files?.context("no folder was written")?;
    stopwatch.lap("a round", stages);
    drop(readers);
    Ok(built.written)
}

/// Elapsed and processor time since the last lap.
struct Stopwatch {
    clock: Instant,
    cpu: f64,
}

impl Stopwatch {
    fn start() -> Self {
        Self { clock: Instant::now(), cpu: cpu_seconds() }
    }

    fn lap(&mut self, what: &'static str, stages: &mut Vec<Stage>) {
        let now = Self::start();
        stages.push(Stage {
            what,
            seconds: (now.clock - self.clock).as_secs_f64(),
            cpu_seconds: now.cpu - self.cpu,
        });
        *self = now;
    }
}

fn print(figures: &Figures) {
    println!("{} records", figures.records);
    for Stage { what, seconds, cpu_seconds } in &figures.stages {
        println!("  {what:<28} {cpu_seconds:>9.4} s of CPU, {seconds:>9.4} s");
    }
    if let Some(peak) = figures.peak_memory_mb {
        println!("{peak} MB of memory at most");
    }
}
