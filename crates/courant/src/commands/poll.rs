//! `courant poll`: one round of polling, processing and publishing.

use clap::Args;
use courant_pipeline::{client_of, sweep_after_round};

use crate::{
    exit::Exit,
    output::print_json,
    round::round,
    session::{Session, close},
    stop::on_signal,
};

#[derive(Debug, Args)]
pub(crate) struct PollArgs {
    /// Poll every source now, due or not; a pause that a host asked for is still kept
    #[arg(long)]
    pub(crate) all: bool,
}

pub(crate) async fn run(session: &Session, args: &PollArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    session.clock.check()?;
    let context = session.context().await?;
    let client = client_of(&context.site, context.clock, Vec::new())?;
    let (done, _) = round(&context, &client, args.all, session.json, &stop).await?;
    if session.json {
        print_json(&done)?;
    } else {
        done.print();
    }
    sweep_after_round(&context).await;
    close(context).await;
    let all_well = done.poll.failed.is_empty() && done.publish.is_complete();
    let exit = match &done.failed[..] {
        [] if all_well => Exit::Done,
        [] => Exit::Partly,
        _ => Exit::Failed,
    };
    Ok(exit.unless_stopped())
}
