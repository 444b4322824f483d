//! `cargo xtask bench`: measurements of the whole program on generated data.

mod publish;
mod usage;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Measure publishing: full builds of a generated site, and rounds with one new story
    Publish(publish::PublishArgs),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Publish(args) => crate::runtime()?.block_on(publish::run(args)),
    }
}
