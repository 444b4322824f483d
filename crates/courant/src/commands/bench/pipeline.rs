//! `courant bench pipeline`: articles per second from a web archive to published records.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use courant_formats::warc;
use courant_model::{CaptureOrigin, NewCapture};
use courant_pipeline::{Context, process_pending, publish_records};
use courant_site::Site;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::usage::peak_memory_mb;
use crate::{
    exit::Exit,
    output::{print_json, say},
    session::Session,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    corpus: String,
    cores: usize,
    pages: u64,
    megabytes: u64,
    articles: u64,
    rejected: u64,
    seconds: f64,
    pages_per_second: f64,
    articles_per_second: f64,
    peak_memory_mb: Option<u64>,
    stages: Vec<Stage>,
}

#[derive(Serialize)]
struct Stage {
    #[serde(rename = "stage")]
    name: &'static str,
    seconds: f64,
    share: f64,
}

#[derive(Debug, Args)]
pub(crate) struct PipelineArgs {
    /// Web archive
    #[arg(long, value_name = "FILE")]
    pub(crate) warc: PathBuf,
    /// Number of times to read the archive, each time under other URLs
    #[arg(long, default_value_t = 1)]
    pub(crate) repeat: u32,
}

pub(super) async fn run(session: &Session, args: &PipelineArgs) -> anyhow::Result<Exit> {
    let figures = pipeline(session, &args.warc, args.repeat.max(1)).await?;
    if session.json {
        print_json(&figures)?;
    } else {
        print(&figures);
    }
    Ok(Exit::Done)
}

/// Processes the archive into a site in a temporary folder, on the cores that the process may use
/// (`RAYON_NUM_THREADS=1`, `taskset -c 0` for one).
async fn pipeline(session: &Session, file: &Path, repeat: u32) -> anyhow::Result<Figures> {
    let place = std::env::temp_dir().join(format!("courant-bench-{}", std::process::id()));
    courant_site::create(&place, None, &courant_formats::sealed::Key::from_bytes([0; 32]))?;
    let outcome = measured(session, &place, file, repeat).await;
    std::fs::remove_dir_all(&place).with_context(|| format!("cannot remove {}", place.display()))?;
    outcome
}

async fn measured(session: &Session, place: &Path, file: &Path, repeat: u32) -> anyhow::Result<Figures> {
    let context = Context::open(Site::open(place)?, session.clock).await?;
    let mut pages = 0;
    let mut bytes = 0;
    let mut reading = Duration::ZERO;
    let mut storing = Duration::ZERO;
    for turn in 0..repeat {
        let input = std::fs::File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
        let mut reader = warc::Reader::new(std::io::BufReader::new(input));
        let mut waiting = Vec::new();
        loop {
            let begun = Instant::now();
            let next = reader.next();
            reading += begun.elapsed();
            let Some(response) = next else { break };
            let response = response?;
            pages += 1;
            bytes += response.body.len() as u64;
            waiting.push(capture(response, turn));
            if waiting.len() == 64 {
                let begun = Instant::now();
                context.store.add_captures(&waiting, context.clock.now()).await?;
                storing += begun.elapsed();
                waiting.clear();
            }
        }
        let begun = Instant::now();
        context.store.add_captures(&waiting, context.clock.now()).await?;
        storing += begun.elapsed();
    }
    let process = process_pending(&context, &CancellationToken::new(), |_| {}).await?;
    let begun = Instant::now();
    publish_records(&context).await?;
    let publishing = begun.elapsed();
    context.store.close().await?;
    let times = process.times;
    let stages = [
        ("read archive", reading),
        ("store captures", storing),
        ("load captures", times.read),
        ("extract, identify, judge", times.parse_article),
        ("prepare for grouping", times.prepare),
        ("group, weigh", times.place),
        ("commit", times.commit),
        ("publish records", publishing),
    ];
    let total: Duration = stages.iter().map(|(_, time)| *time).sum();
    let seconds = total.as_secs_f64();
    Ok(Figures {
        corpus: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        pages,
        megabytes: bytes / 1_000_000,
        articles: process.articles,
        rejected: process.rejected,
        seconds,
        pages_per_second: pages as f64 / seconds,
        articles_per_second: process.articles as f64 / seconds,
        peak_memory_mb: peak_memory_mb(),
        stages: stages
            .into_iter()
            .map(|(name, time)| Stage {
                name,
                seconds: time.as_secs_f64(),
                share: time.as_secs_f64() / seconds,
            })
            .collect(),
    })
}

fn capture(response: warc::Response, turn: u32) -> NewCapture {
    let mut url = response.url;
    if turn > 0 {
        // Another URL makes another article of the same page, so that the store grows.
        let path = format!("{}/turn-{turn}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    NewCapture {
        final_url: url.clone(),
        url,
        status: response.status,
        headers: response.headers,
        body: response.body,
        fetched: response.date,
        source: None,
        entry: None,
        origin: CaptureOrigin::Page,
    }
}

fn print(figures: &Figures) {
    say(format_args!(
        "{}: {} pages ({} MB) on {} cores: {} articles, {} pages not articles",
        figures.corpus, figures.pages, figures.megabytes, figures.cores, figures.articles, figures.rejected
    ));
    say(format_args!(
        "{:.0} pages and {:.0} articles per second in {:.2} s of work",
        figures.pages_per_second, figures.articles_per_second, figures.seconds
    ));
    if let Some(peak) = figures.peak_memory_mb {
        say(format_args!("{peak} MB of memory at most"));
    }
    for Stage { name, seconds, share } in &figures.stages {
        say(format_args!("  {name:<26} {seconds:>8.3} s {:>5.1} %", share * 100.0));
    }
}
