//! `courant bench`: measurements.

mod pipeline;
mod usage;

use clap::{Args, Subcommand};

use crate::{exit::Exit, session::Session};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) what: BenchKind,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchKind {
    /// Measure articles per second from a web archive to published records, and the share of each
    /// stage
    Pipeline(pipeline::PipelineArgs),
}

pub(crate) async fn run(session: &Session, what: BenchKind) -> anyhow::Result<Exit> {
    match what {
        BenchKind::Pipeline(args) => pipeline::run(session, &args).await,
    }
}
