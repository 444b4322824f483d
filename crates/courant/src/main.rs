//! Courant: a self-hosted news desk in one program.
//!
//! This file only parses the command line, runs the command and turns an error into a message and
//! an exit code. The commands are in [`commands`], the processing of articles in
//! `courant_pipeline`.

mod cli;
mod commands;
mod demo;
mod descriptors;
mod exit;
mod health;
mod output;
mod round;
mod serve;
mod session;
mod stop;

use std::process::ExitCode;

use clap::Parser;

/// Articles are many small strings: with the system's allocator a build takes a fifth longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    output::start_log(cli.verbose);
    courant_site::private::let_owner_in();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return exit::finish(Err(anyhow::Error::new(error).context("cannot start")));
        }
    };
    let outcome = runtime.block_on(cli.run());
    // Whatever still waits on the network is cancelled; everything acknowledged is already stored.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    exit::finish(outcome)
}
