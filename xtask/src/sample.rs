//! `cargo xtask sample`: a site with generated articles.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use courant_formats::sealed::Key;
use courant_pipeline::{Context, clock::Clock};
use courant_site::{Site, Subject};
use courant_store::Batch;
use courant_testkit::generated;

/// Number of articles per transaction.
const BATCH: usize = 1_000;

#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// Folder of the new site
    pub(crate) dir: PathBuf,
    /// Number of articles to generate
    #[arg(long, default_value_t = 20_000)]
    pub(crate) records: usize,
}

pub(crate) fn run(args: &SampleArgs) -> anyhow::Result<()> {
    crate::runtime()?.block_on(async {
        let context = open(&args.dir).await?;
        fill(&context, args.records).await?;
        context.store.close().await?;
        println!("{} articles in {}", args.records, args.dir.display());
        Ok(())
    })
}

/// Creates a site with topics and without keys, because sealed payloads differ from site to site.
pub(crate) async fn open(dir: &Path) -> anyhow::Result<Context> {
    courant_site::create(dir, Some(Subject::Ai), &Key::from_bytes([0; 32]))?;
    let file = dir.join("courant.toml");
    let mut config: toml_edit::DocumentMut = fs::read_to_string(&file)?.parse()?;
    config["seal"]["keys"] = toml_edit::value(toml_edit::Array::new());
    fs::write(&file, config.to_string())?;
    Context::open(Site::open(dir)?, Clock::new(None)).await
}

/// Stores this number of articles, the newest of them published now.
pub(crate) async fn fill(context: &Context, records: usize) -> anyhow::Result<()> {
    let until = context.clock.now();
    let topics = &context.site.topics;
    for start in (0..records).step_by(BATCH) {
        let numbers = start..records.min(start + BATCH);
        let articles = numbers.map(|number| generated::article(number, records - 1, until, topics)).collect();
        context.store.commit(&Batch { articles, ..Batch::default() }, until).await?;
    }
    Ok(())
}
