//! `cargo xtask`: work on Courant itself that no user needs.

#![allow(clippy::disallowed_macros, reason = "a tool for developers may end when its output is closed")]

mod bench;
mod sample;
mod screenshots;
mod train;

use clap::{Parser, Subcommand};

/// The program has the same: figures measured here must be its figures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version, about = "Work on Courant itself")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Train what comes with the program, from data outside of a site
    #[command(subcommand)]
    Train(train::Trainer),
    /// Measure what `cargo bench` does not
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Create a site with generated articles
    Sample(sample::SampleArgs),
    /// Take the screenshots of the documentation, with the release build
    Screenshots,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Train(trainer) => train::run(&trainer),
        Task::Bench(bench) => bench::run(&bench),
        Task::Sample(args) => sample::run(&args),
        Task::Screenshots => screenshots::run(),
    }
}

/// A runtime for tasks that use a store.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
